import Basics
import Cryptography
import Foundation
import Sessions
import Testing

/// One entry of the published vectors of cacophony and snow.
struct NoiseVector: Decodable, CustomTestStringConvertible {
    struct Message: Decodable {
        let payload: String
        let ciphertext: String
    }
    let protocolName: String
    let initPrologue: String
    let initPsks: [String]?
    let initStatic: String?
    let initEphemeral: String
    let initRemoteStatic: String?
    let respPrologue: String
    let respStatic: String?
    let respEphemeral: String?
    let handshakeHash: String?
    let messages: [Message]

    var testDescription: String { "\(protocolName), \(messages.count) messages" }

    /// All whose pattern is IK, with or without a pre-shared key.
    static let all: [NoiseVector] = {
        struct File: Decodable { let vectors: [NoiseVector] }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/noise.json")
        guard let data = try? Data(contentsOf: url), let file = try? decoder.decode(File.self, from: data)
        else { return [] }
        return file.vectors.filter { $0.protocolName.hasPrefix("Noise_IK") }
    }()
}

/// The messages as arrays: the macros of tests can't take spans apart.
extension Handshake {
    func initiate(
        from local: KeyPair, to remote: PublicKey, ephemeral: KeyPair, payload: [UInt8]
    ) -> (InitiatorHandshake, message: [UInt8])? {
        InitiatorHandshake.createInitiation(
            self, local: local, remote: remote, ephemeral: ephemeral, payload: payload.span.bytes)
    }

    func consume(_ initiation: [UInt8], local: KeyPair) -> (ResponderHandshake, payload: [UInt8])? {
        ResponderHandshake.consumeInitiation(self, local: local, message: initiation.span.bytes)
    }
}

extension InitiatorHandshake {
    func consume(_ response: [UInt8]) -> (payload: [UInt8], keys: TransportKeys)? {
        consumeResponse(response.span.bytes)
    }
}

extension ResponderHandshake {
    func respond(ephemeral: KeyPair, payload: [UInt8]) -> (message: [UInt8], keys: TransportKeys)? {
        createResponse(ephemeral: ephemeral, payload: payload.span.bytes)
    }
}

@Suite struct HandshakeTests {
    @Test func vectorsAreThere() {
        #expect(NoiseVector.all.count == 3)
        #expect(NoiseVector.all.contains { $0.protocolName.contains("IKpsk2") })
    }

    @Test(arguments: NoiseVector.all)
    func agreesWithVector(_ vector: NoiseVector) throws {
        func pair(_ hex: String?) throws -> KeyPair {
            KeyPair(secret: try #require(SecretKey(try bytes(hex))), suite: .sodium)
        }
        func bytes(_ hex: String?) throws -> [UInt8] { try #require(hex.flatMap { Hexadecimal.decode($0) }) }
        let psk = try vector.initPsks?.first.map { try #require(SecretKey(try bytes($0))) }
        let ours = Handshake(prologue: try bytes(vector.initPrologue), preSharedKey: psk)
        let theirs = Handshake(prologue: try bytes(vector.respPrologue), preSharedKey: psk)
        let responder = try pair(vector.respStatic)
        #expect(responder.publicKey.hex == vector.initRemoteStatic)

        let first = vector.messages[0]
        let opener = try pair(vector.initStatic)
        let (initiator, initiation) = try #require(
            ours.initiate(
                from: opener, to: responder.publicKey, ephemeral: pair(vector.initEphemeral),
                payload: bytes(first.payload)))
        #expect(Hexadecimal.encode(initiation) == first.ciphertext)
        let (answering, firstPayload) = try #require(theirs.consume(initiation, local: responder))
        #expect(Hexadecimal.encode(firstPayload) == first.payload)
        #expect(answering.remote == opener.publicKey)

        let second = vector.messages[1]
        let (response, answererKeys) = try #require(
            answering.respond(ephemeral: pair(vector.respEphemeral), payload: bytes(second.payload)))
        #expect(Hexadecimal.encode(response) == second.ciphertext)
        let (secondPayload, openerKeys) = try #require(initiator.consume(response))
        #expect(Hexadecimal.encode(secondPayload) == second.payload)
        #expect(openerKeys.handshakeHash == answererKeys.handshakeHash)
        if let hash = vector.handshakeHash { #expect(Hexadecimal.encode(openerKeys.handshakeHash.array) == hash) }

        // Transport messages take turns, the initiator's first.
        for (index, message) in vector.messages.dropFirst(2).enumerated() {
            let sender = index % 2 == 0 ? openerKeys : answererKeys
            let receiver = index % 2 == 0 ? answererKeys : openerKeys
            let payload = try bytes(message.payload)
            var sealed = [UInt8](repeating: 0, count: payload.count + ChaChaPoly.tagSize)
            sealed.withUnsafeMutableBytes {
                ChaChaPoly.seal(
                    payload.span.bytes, nonce: UInt64(index / 2), key: sender.send, authenticating: RawSpan(), into: $0)
            }
            #expect(Hexadecimal.encode(sealed) == message.ciphertext)
            var opened = [UInt8](repeating: 0, count: payload.count)
            let isAuthentic = opened.withUnsafeMutableBytes {
                ChaChaPoly.open(
                    sealed.span.bytes, nonce: UInt64(index / 2), key: receiver.receive, authenticating: RawSpan(),
                    into: $0)
            }
            #expect(isAuthentic && opened == payload)
        }
    }

    /// A handshake of the cheap suite, which has every step of the real one.
    struct Exchange {
        let handshake = Handshake(prologue: [1, 2, 3], suite: .cheap)
        let opener: KeyPair
        let answerer: KeyPair
        let initiator: InitiatorHandshake
        let initiation: [UInt8]
        var random: SecureGenerator

        init() throws {
            random = SecureGenerator(seed: .zero)
            opener = KeyPair(secret: random.secretKey(), suite: .cheap)
            answerer = KeyPair(secret: random.secretKey(), suite: .cheap)
            let ephemeral = KeyPair(secret: random.secretKey(), suite: .cheap)
            (initiator, initiation) = try #require(
                handshake.initiate(from: opener, to: answerer.publicKey, ephemeral: ephemeral, payload: [7, 8, 9]))
        }

        mutating func respond() throws -> [UInt8] {
            let (responder, _) = try #require(handshake.consume(initiation, local: answerer))
            let ephemeral = KeyPair(secret: random.secretKey(), suite: .cheap)
            return try #require(responder.respond(ephemeral: ephemeral, payload: [])).message
        }
    }

    @Test func everyByteOfBothMessagesCounts() throws {
        var exchange = try Exchange()
        let response = try exchange.respond()
        for position in exchange.initiation.indices {
            var changed = exchange.initiation
            changed[position] ^= 1
            #expect(exchange.handshake.consume(changed, local: exchange.answerer) == nil)
        }
        for position in response.indices {
            var changed = response
            changed[position] ^= 1
            #expect(exchange.initiator.consume(changed) == nil)
        }
        #expect(exchange.initiator.consume(response) != nil)
    }

    @Test func truncatedMessagesFail() throws {
        var exchange = try Exchange()
        let response = try exchange.respond()
        for count in exchange.initiation.indices {
            let part = Array(exchange.initiation[..<count])
            #expect(exchange.handshake.consume(part, local: exchange.answerer) == nil)
        }
        for count in response.indices { #expect(exchange.initiator.consume(Array(response[..<count])) == nil) }
    }

    @Test func anotherPrologueOrKeyFails() throws {
        let exchange = try Exchange()
        let message = exchange.initiation
        let other = Handshake(prologue: [1, 2, 4], suite: .cheap)
        #expect(other.consume(message, local: exchange.answerer) == nil)
        #expect(exchange.handshake.consume(message, local: exchange.opener) == nil)
        let shared = Handshake(prologue: [1, 2, 3], preSharedKey: exchange.opener.secret, suite: .cheap)
        #expect(shared.consume(message, local: exchange.answerer) == nil)
    }

    @Test func aRemoteKeyOfLowOrderIsRefused() {
        var random = SecureGenerator(seed: .zero)
        let local = KeyPair(secret: random.secretKey(), suite: .sodium)
        let ephemeral = KeyPair(secret: random.secretKey(), suite: .sodium)
        let handshake = Handshake(prologue: [])
        #expect(handshake.initiate(from: local, to: PublicKey(.zero), ephemeral: ephemeral, payload: []) == nil)
    }
}
