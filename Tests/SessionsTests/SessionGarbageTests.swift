import Basics
import Cryptography
import Sessions
import Testing
import Wire

/// Datagrams that nobody meant: none traps, and none changes anything.
@Suite struct SessionGarbageTests {
    let alice = Party(1)
    let bob = Party(2)

    /// One authentic datagram of each kind that changes something, to be taken once `prepare` has run: Alice's first
    /// initiation, Bob's response to her second handshake, and a transport datagram of hers.
    private struct Samples {
        var initiation: [UInt8]
        var transport: [UInt8]
        var response: [UInt8]
        var all: [[UInt8]] { [initiation, transport, response] }
    }

    /// Alice and Bob have a session, and Alice's client key has a handshake under way.
    private func prepare() throws -> Samples {
        _ = try #require(alice.open(to: bob, now: at(0)))
        _ = alice.request(2, to: bob, now: at(1))
        let transport = try #require(alice.drainOne())
        let identity = alice.table.addClientIdentity(SecretKey(Bytes32(words: (1, 2, 3, 4))))
        _ = alice.request(3, to: bob, as: identity, now: at(1))
        let initiation = try #require(alice.drainOne())
        let untouched = bob.table
        guard case .request(_, let carrier, _) = bob.receive(initiation, from: alice.endpoint, now: at(1)) else {
            throw Failure()
        }
        _ = bob.reply(Party.response(3), over: carrier, now: at(1))
        let response = try #require(bob.drainOne())
        bob.table = untouched
        return Samples(initiation: initiation, transport: transport, response: response)
    }

    private struct Failure: Error {}

    /// Feeds a datagram to both, which must learn nothing from it.
    private func feed(_ datagram: [UInt8], _ samples: Samples) {
        for party in [alice, bob] {
            let before = party.table.counts
            let sender = party === alice ? bob : alice
            let received = party.receive(datagram, from: sender.endpoint, now: at(1))
            switch received {
            case .nothing, .hello, .helloAnswer: break
            default: Issue.record("\(received) from \(datagram.count) bytes \(Hexadecimal.encode(datagram.prefix(60)))")
            }
            #expect(party.table.counts == before)
            for answer in party.drain() { #expect(answer.bytes.count <= datagram.count) }
        }
    }

    /// The authentic datagrams still do what they would have done.
    private func finish(_ samples: Samples) {
        guard case .request = bob.receive(samples.transport, from: alice.endpoint, now: at(2)) else {
            Issue.record("the transport datagram was forgotten")
            return
        }
        guard case .established(_, response: _?) = alice.receive(samples.response, from: bob.endpoint, now: at(2))
        else {
            Issue.record("the handshake was forgotten")
            return
        }
        _ = alice.drain()
        guard case .request = bob.receive(samples.initiation, from: alice.endpoint, now: at(2)) else {
            Issue.record("the initiation is not read")
            return
        }
    }

    @Test func randomBytesLeadToNothing() throws {
        let samples = try prepare()
        var random = SeededGenerator(seed: 1)
        for _ in 0..<6_000 {
            let count =
                Bool.random(using: &random)
                ? Int.random(in: 0...64, using: &random) : Int.random(in: 0...1_300, using: &random)
            var datagram = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            if count > 0, Bool.random(using: &random) { datagram[0] = UInt8.random(in: 0...8, using: &random) }
            feed(datagram, samples)
        }
        finish(samples)
    }

    @Test func truncatedDatagramsLeadToNothing() throws {
        let samples = try prepare()
        for sample in samples.all {
            for count in sample.indices { feed(Array(sample[..<count]), samples) }
            feed(sample + [0], samples)
        }
        finish(samples)
    }

    /// The initiation's cookie and sender index stand outside the handshake: changing them misleads nobody but its sender.
    @Test func changedDatagramsLeadToNothing() throws {
        let samples = try prepare()
        for sample in samples.all {
            for position in sample.indices {
                if sample == samples.initiation, (1..<InitiationLayout.noise).contains(position) { continue }
                if sample == samples.response, (1..<ResponseLayout.receiverIndex).contains(position) { continue }
                var changed = sample
                changed[position] ^= 1 << UInt8(position % 8)
                feed(changed, samples)
            }
        }
        finish(samples)
    }

    @Test func unusableAddressesAreIgnored() throws {
        let samples = try prepare()
        for address in [Endpoint(ipv4: 0, port: 1), Endpoint(ipv4: 0x0a00_0001, port: 0)] {
            for sample in samples.all {
                #expect(bob.receive(sample, from: address, now: at(1)) == .nothing(.malformed))
            }
        }
        finish(samples)
    }
}
