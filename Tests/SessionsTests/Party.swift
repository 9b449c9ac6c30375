import Basics
import Cryptography
import Sessions
import Wire

/// One side of the tests: a table with its address, and the buffers that a driver would own. A class, because the macros of
/// tests can't call what mutates a value.
final class Party {
    static let suite = CipherSuite.cheap

    var table: SessionTable
    let key: PublicKey
    /// Where it is, until it moves.
    var endpoint: Endpoint
    private let secret: SecretKey
    private var queue = DatagramQueue(capacity: 4)
    private var plaintext = ByteWriter(capacity: Limits.datagramSize)

    init(_ number: UInt32, network: String = "test", mode: NodeMode = .server, seed: UInt64 = 0) {
        var random = SeededGenerator(seed: seed << 32 | UInt64(number))
        secret = SecretKey(random.bytes32())
        key = Party.suite.publicKey(of: secret)
        endpoint = Endpoint(ipv4: 0x0a00_0000 + number, port: 7337)
        table = SessionTable(
            node: secret, mode: mode, network: network, suite: Party.suite, seed: random.bytes32())
    }

    var id: NodeID { key.nodeID }

    /// What `receive` left in the buffer.
    var received: [UInt8] { plaintext.bytes }

    /// Forgets all sessions and keeps the key, as a process does that starts again.
    func restart(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        table = SessionTable(
            node: secret, mode: table.mode, network: "test", suite: Party.suite, seed: random.bytes32())
    }

    func request(
        _ requestID: UInt32, to other: Party, as identity: IdentityID = .node, at endpoint: Endpoint? = nil,
        padding: Int = 0, now: Instant
    ) -> SendOutcome {
        table.sendRequest(
            Party.request(requestID, padding: padding).span.bytes, kind: .request(.ping), requestID: requestID,
            as: identity, to: other.key,
            id: other.id, over: .direct(endpoint ?? other.endpoint), now: now, into: &queue)
    }

    func receive(_ datagram: [UInt8], from endpoint: Endpoint, now: Instant) -> Received {
        table.receive(datagram.span.bytes, over: .direct(endpoint), now: now, plaintext: &plaintext, into: &queue)
    }

    func reply(_ body: [UInt8], over carrier: ReplyCarrier, now: Instant) -> Bool {
        table.reply(body.span.bytes, as: .other, over: carrier, now: now, into: &queue)
    }

    @discardableResult
    func hello(nonce: UInt64, to other: Party, now: Instant = at(0)) -> Bool {
        table.sendHello(nonce: nonce, to: other.endpoint, now: now, into: &queue)
    }

    /// Answers the challenge that `receive` left in the buffer, as a node does: its number is repeated only where it came over the session's own
    /// path. False where there is none. `knows`: whether it is of a version that knows them.
    @discardableResult
    func answerChallenge(
        in session: SessionID, over carrier: ReplyCarrier, from endpoint: Endpoint, knows: Bool = true, now: Instant
    ) -> Bool {
        let (header, challenge) = plaintext.withSpan { (try? RPCHeader(decoding: $0), PathChallenge.read(from: $0)) }
        guard let header, let challenge else { return false }
        var body = ByteWriter(capacity: Limits.bodySize)
        Response.pong(observed: endpoint, time: UnixTime(seconds: 1_795_222_800)).encode(answering: header, into: &body)
        if knows, table.info(session)?.endpoint == endpoint { body.challenge(challenge) }
        _ = reply(body.bytes, over: carrier, now: now)
        return true
    }

    /// What a node does when it is woken.
    func handleDeadline(now: Instant) {
        table.handleDeadline(now: now)
        table.repeatChallenges(now: now, into: &queue)
    }

    func takeEnded() -> [SessionID] { table.takeEnded() }

    /// What is to be sent, which is then gone from the queue.
    func drain() -> [(to: Endpoint, bytes: [UInt8])] {
        var datagrams: [(Endpoint, [UInt8])] = []
        func take(_ path: Path, _ bytes: UnsafeRawBufferPointer) {
            datagrams.append((path.endpoint, [UInt8](bytes)))
        }
        queue.forEach(take)
        queue.removeAll()
        return datagrams
    }

    /// The only datagram there is to send.
    func drainOne() -> [UInt8]? {
        let datagrams = drain()
        return datagrams.count == 1 ? datagrams[0].bytes : nil
    }

    /// Opens a session with another party, whose answer to the request comes inside the handshake. The session's two names.
    func open(
        to other: Party, requestID: UInt32 = 1, as identity: IdentityID = .node, now: Instant
    ) -> (here: SessionID, there: SessionID)? {
        guard request(requestID, to: other, as: identity, now: now) == .carried, let initiation = drainOne(),
            case .request(let there, let carrier, _) = other.receive(initiation, from: endpoint, now: now),
            other.reply(Party.response(requestID), over: carrier, now: now), let response = other.drainOne(),
            case .established(let here, response: _?) = receive(response, from: other.endpoint, now: now),
            let confirmation = drainOne(),
            other.receive(confirmation, from: endpoint, now: now) == .proven(there)
        else { return nil }
        return (here, there)
    }

    /// Sends a request over an established session and gets its answer.
    func exchange(_ requestID: UInt32, with other: Party, now: Instant) -> Bool {
        guard request(requestID, to: other, now: now) == .sent, let request = drainOne(),
            case .request(_, let carrier, _) = other.receive(request, from: endpoint, now: now),
            other.received == Party.request(requestID),
            other.reply(Party.response(requestID), over: carrier, now: now), let response = other.drainOne(),
            case .response = receive(response, from: other.endpoint, now: now)
        else { return false }
        return received == Party.response(requestID)
    }

    static func request(_ requestID: UInt32, padding: Int = 0) -> [UInt8] {
        body(header(requestID), padding: padding)
    }

    static func response(_ requestID: UInt32, padding: Int = 0) -> [UInt8] {
        body(header(requestID, isResponse: true), padding: padding)
    }

    /// The header of these.
    static func header(_ requestID: UInt32, isResponse: Bool = false) -> RPCHeader {
        RPCHeader(.ping, isResponse: isResponse, requestID: requestID)
    }

    /// The request ID in an RPC body.
    static func requestID(of body: [UInt8]) -> UInt32? { (try? RPCHeader(decoding: body.span.bytes))?.requestID }

    private static func body(_ header: RPCHeader, padding: Int) -> [UInt8] {
        var writer = ByteWriter(capacity: Limits.bodySize)
        header.encode(into: &writer)
        writer.zeros(padding)
        return writer.bytes
    }
}

/// A time on the tests' clock, to the microsecond.
func at(_ seconds: Double) -> Instant { Instant(sinceOrigin: .microseconds(Int((seconds * 1_000_000).rounded()))) }
