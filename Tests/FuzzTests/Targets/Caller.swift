import Basics
import Cryptography
import Sessions
import Wire

/// Somebody who talks to the node over real sessions, and says what a script makes them say.
struct Caller {
    let key: PublicKey
    let endpoint: Endpoint
    /// Whether they answer what they are asked, as a node would. Otherwise the script does.
    var isHonest = true
    /// What the node asked and was not answered.
    private(set) var questions: [(carrier: ReplyCarrier, header: RPCHeader, request: Request?)] = []
    /// The handshake hash of their newest session with the node.
    private(set) var binding: Digest512?

    private let secret: SecretKey
    private let mode: NodeMode
    private var table: SessionTable
    private var queue = DatagramQueue(capacity: 2)
    private var plaintext = ByteWriter(capacity: Limits.datagramSize)

    init(number: Int) {
        secret = SecretKey(Bytes32(words: (UInt64(number) + 100, 2, 3, 4)))
        mode = number == 4 ? .client : .server
        key = NodeWorld.suite.publicKey(of: secret)
        endpoint =
            number == 5
            ? Endpoint(high: 0x2a01_0000_0000_0000, low: 1, port: 7_337)
            : Endpoint(ipv4: 0x2d00_0001 + UInt32(number) << 16, port: 7_337)
        table = Caller.table(secret, mode, seed: UInt64(number))
    }

    private static func table(_ secret: SecretKey, _ mode: NodeMode, seed: UInt64) -> SessionTable {
        SessionTable(
            node: secret, mode: mode, network: NodeWorld.configuration.network, suite: NodeWorld.suite,
            seed: Bytes32(words: (seed, 9, 9, 9)))
    }

    /// Forgets all sessions and keeps the key, as a process does that starts again.
    mutating func restart(seed: UInt64) {
        table = Caller.table(secret, mode, seed: seed)
        questions.removeAll()
        binding = nil
    }

    var contact: Contact { Contact(key: key, endpoint: endpoint) }

    mutating func send(_ body: [UInt8], requestID: UInt32, to node: PublicKey, now: Instant) {
        guard body.count <= Limits.bodySize else { return }
        _ = table.sendRequest(
            body.span.bytes, kind: .request(.ping), requestID: requestID, as: .node, to: node, id: node.nodeID,
            over: .direct(NodeWorld.endpoint), now: now, into: &queue)
    }

    /// Answers one of the node's questions; `body` makes the answer for its header.
    mutating func answer(_ number: Int, now: Instant, _ body: (RPCHeader, Request?) -> [UInt8]) {
        guard !questions.isEmpty else { return }
        let question = questions.remove(at: number % questions.count)
        _ = table.reply(
            body(question.header, question.request).span.bytes, as: .other, over: question.carrier, now: now,
            into: &queue)
    }

    mutating func receive(_ bytes: [UInt8], known: [Contact], now: Now) {
        let received = table.receive(
            bytes.span.bytes, over: .direct(NodeWorld.endpoint), now: now.monotonic, plaintext: &plaintext,
            into: &queue)
        switch received {
        case .request(let session, let carrier, _): answer(session, carrier, known, now)
        case .established(let session, _), .proven(let session), .response(let session, _):
            binding = table.info(session)?.channelBinding
        case .challengeAnswered, .lost, .hello, .helloAnswer, .nothing: break
        }
    }

    private mutating func answer(_ session: SessionID, _ carrier: ReplyCarrier, _ known: [Contact], _ now: Now) {
        guard let header = plaintext.withSpan({ try? RPCHeader(decoding: $0) }) else { return }
        let request = plaintext.withSpan { try? Request.decode($0).request }
        if isHonest {
            var body = Caller.honestAnswer(to: header, request, known, now.utc)
            if let challenge = plaintext.withSpan({ PathChallenge.read(from: $0) }) {
                var field = ByteWriter(capacity: PathChallenge.byteCount)
                field.challenge(challenge)
                body += field.bytes
            }
            _ = table.reply(body.span.bytes, as: .other, over: carrier, now: now.monotonic, into: &queue)
        } else {
            if case .handshake = carrier {
                _ = table.reply(RawSpan(), as: .other, over: carrier, now: now.monotonic, into: &queue)
            }
            if questions.count < 64 { questions.append((table.laterCarrier(of: carrier), header, request)) }
        }
    }

    /// What a node answers that keeps, in every mailbox, the same envelopes.
    static func honestAnswer(
        to header: RPCHeader, _ request: Request?, _ known: [Contact], _ time: UnixTime
    ) -> [UInt8] {
        var payload = ByteWriter(capacity: Limits.bodySize)
        var response = Response.refused(.notFound, retryAfterSeconds: 0)
        switch request {
        case .ping: response = .pong(observed: NodeWorld.endpoint, time: time)
        case .findNode:
            for contact in known { payload.contact(contact) }
            response = .contacts(payload.range)
        case .authorize: response = .granted
        case .subscribe(_, let seconds): response = .subscribed(seconds: seconds)
        case .list:
            for envelope in NodeSample.envelopes { payload.mailboxEntry(envelope.entry) }
            response = .page(entries: payload.range, more: false)
        case .fetch(_, let id, let index):
            guard let envelope = NodeSample.envelopes.first(where: { $0.entry.envelope == id }) else { break }
            response = .chunk(NodeSample.chunk(index, of: envelope.bytes, into: &payload))
        case .getRecord(_, let index):
            response = .chunk(NodeSample.chunk(index, of: Sample.record, into: &payload))
        case .deposit, .putRecord: response = .kept
        case .deliver: response = .accepted
        case .discard: response = .discarded(count: 1)
        case .confirm: response = .reached
        case .announce, .announceCollected: response = .noticed
        // Whoever it is, they answer with what they are offered.
        case .punch:
            payload.array([7, 7, 7])
            response = .passed(answer: payload.range, answerer: NodeWorld.endpoint)
        case .has(_, let id, let nonce):
            guard let envelope = NodeSample.envelopes.first(where: { $0.entry.envelope == id }) else { break }
            response = .proof(AuditProof.make(nonce: nonce, by: NodeID(.zero), of: envelope.bytes.span.bytes))
        // All is equal that was asked about.
        case .reconcile:
            var writer = RangeWriter()
            _ = writer.equal(upTo: .end)
            payload.array(writer.finish())
            response = .reconciled(ranges: payload.range, depth: nil)
        case nil: break
        }
        return Caller.encode(response, to: header, payload)
    }

    static func encode(_ response: Response, to header: RPCHeader, _ payload: ByteWriter) -> [UInt8] {
        var body = ByteWriter(capacity: Limits.bodySize)
        payload.withSpan { response.encode(answering: header, payload: $0, into: &body) }
        return body.overflowed ? [] : body.bytes
    }

    /// What is to be sent, which is then gone from the queue.
    mutating func drain() -> [[UInt8]] {
        var datagrams: [[UInt8]] = []
        func take(_: Path, _ bytes: UnsafeRawBufferPointer) { datagrams.append([UInt8](bytes)) }
        queue.forEach(take)
        queue.removeAll()
        return datagrams
    }
}
