import Basics
import Cryptography
import Sessions
import Wire

/// Requests over one session with a node, each answer opened, read and compared with what was asked for.
struct SessionLoad: Load {
    let sockets: [BatchSocket]
    private let kind: Options.Kind
    private let target: Endpoint
    private var table: SessionTable
    private var remote: (key: PublicKey, id: NodeID)?
    private var plaintext = ByteWriter(capacity: Limits.datagramSize)
    private var body = ByteWriter(capacity: Limits.bodySize)
    /// What is asked again and again, and the body that goes with it.
    private var request = Request.ping
    private var payload: [UInt8] = []
    private var mailbox: Mailbox

    init(_ options: Options) throws(LoadError) {
        kind = options.kind
        target = options.target
        sockets = [try BatchSocket(at: options.target.isLoopback ? options.target.with(port: 0) : .any(options.target))]
        var system = SystemRandomNumberGenerator()
        table = SessionTable(
            node: SecretKey(system.bytes32()), mode: .client, network: "main", suite: .sodium,
            seed: system.bytes32())
        mailbox = Mailbox(at: UnixTime.now)
    }

    // MARK: Requests

    mutating func ask(_ number: UInt32, now: Instant, into queue: inout DatagramQueue) {
        guard let remote else { return }
        var body = ByteWriter(capacity: 0)
        swap(&body, &self.body)
        body.reset()
        request.encode(requestID: number, payload: payload.span.bytes, into: &body)
        body.withSpan {
            _ = table.sendRequest(
                $0, kind: .request(request.kind), requestID: number, as: .node, to: remote.key, id: remote.id,
                over: .direct(target), now: now, into: &queue)
        }
        swap(&body, &self.body)
    }

    mutating func take(
        _ bytes: UnsafeRawBufferPointer, from endpoint: Endpoint, at socket: Int, now: Instant,
        into queue: inout DatagramQueue
    ) -> Taken {
        let received = table.receive(
            bytes.bytes, over: .direct(endpoint), now: now, plaintext: &plaintext, into: &queue)
        switch received {
        case .response(_, let header), .established(_, response: let header?):
            return plaintext.withSpan { read($0, header) }
        case .helloAnswer(let answer):
            remote = (answer.key, answer.key.nodeID)
            return .nothing
        // The node asks who it takes for a contact: this one keeps and answers nothing.
        case .request, .proven, .challengeAnswered, .hello, .established(_, response: nil): return .nothing
        case .lost, .nothing: return .wrong
        }
    }

    private func read(_ body: RawSpan, _ header: RPCHeader) -> Taken {
        guard header.kind == request.kind, let response = try? Response.decode(body, after: header) else {
            return .wrong
        }
        if case .refused = response { return .refused(header.requestID) }
        return isRight(response, body) ? .answered(header.requestID) : .wrong
    }

    private func isRight(_ response: Response, _ body: RawSpan) -> Bool {
        switch (request, response) {
        case (.ping, .pong), (.authorize, .granted), (.deposit, .partial), (.deposit, .kept), (.putRecord, .kept):
            return true
        case (.findNode, .contacts(let range)):
            var (reader, count) = (ContactReader(range), 0)
            // Without the hashes of their keys, which would cost more than all the rest here.
            while let contact = reader.next(in: body, knownID: { NodeID($0.bytes) }) {
                guard contact.ipv4?.isUsable ?? contact.ipv6?.isUsable == true else { return false }
                count += 1
            }
            return count > 0
        case (.list, .page(let range, _)):
            var (reader, count) = (EntryReader(range), 0)
            while reader.next(in: body) != nil { count += 1 }
            return count == Limits.entriesPerPage
        case (.getRecord, .chunk(let chunk)): return mailbox.record.starts(with: body, chunk.bytes)
        case (.fetch, .chunk(let chunk)): return mailbox.fetched.starts(with: body, chunk.bytes)
        default: return false
        }
    }

    // MARK: What comes before

    mutating func prepare() throws(LoadError) {
        try findKey()
        try ask(.ping)
        switch kind {
        case .findNode:
            request = .findNode(target: Bytes32(words: (7, 7, 7, 7)), count: 20, families: .both)
        case .getRecord, .list, .fetch, .deposit: try fill()
        default: request = .ping
        }
    }

    /// Asks who answers at the target.
    private mutating func findKey() throws(LoadError) {
        for nonce: UInt64 in 1...5 {
            var queue = DatagramQueue()
            _ = table.sendHello(nonce: nonce, to: target, now: monotonic(), into: &queue)
            sockets[0].send(&queue)
            let end = monotonic() + .milliseconds(300)
            while remote == nil, monotonic() < end { _ = exchange() }
            if remote != nil { return }
        }
        throw LoadError("No node of this network answers at \(target): start one, and give its address.")
    }

    /// What comes within some time.
    private mutating func exchange() -> [Taken] {
        var (taken, queue) = ([Taken](), DatagramQueue())
        BatchSocket.wait(for: sockets, milliseconds: 20)
        _ = sockets[0].receive { bytes, endpoint in
            taken.append(take(bytes, from: endpoint, at: 0, now: monotonic(), into: &queue))
        }
        sockets[0].send(&queue)
        return taken
    }

    /// Asks once, up to five times; false where it is refused.
    @discardableResult
    private mutating func ask(_ request: Request, _ payload: [UInt8] = []) throws(LoadError) -> Bool {
        (self.request, self.payload) = (request, payload)
        for number: UInt32 in 1...5 {
            var queue = DatagramQueue()
            ask(number, now: monotonic(), into: &queue)
            sockets[0].send(&queue)
            let end = monotonic() + .milliseconds(500)
            while monotonic() < end {
                for taken in exchange() {
                    switch taken {
                    case .answered: return true
                    case .refused: return false
                    case .wrong, .nothing: break
                    }
                }
            }
        }
        throw LoadError("\(target) doesn't answer \(request.kind): look at its log.")
    }

    /// Brings what is asked for afterwards. A node keeps only what lies near it: other mailboxes are tried until one does.
    private mutating func fill() throws(LoadError) {
        for _ in 0..<256 {
            if try ask(mailbox.record(chunk: 0), mailbox.record) { return try fillMailbox() }
            mailbox = Mailbox(at: UnixTime.now)
        }
        throw LoadError("\(target) keeps none of 256 mailboxes: ask a node of a network of some 40 at most.")
    }

    private mutating func fillMailbox() throws(LoadError) {
        for envelope in mailbox.envelopes {
            for index in 0..<Chunks.count(of: envelope.count) {
                guard try ask(mailbox.deposit(envelope, chunk: index), envelope) else {
                    throw LoadError("\(target) refuses an envelope: it is full, or busy.")
                }
            }
        }
        guard let remote, let session = table.established(as: .node, with: remote.id),
            let binding = table.info(session)?.channelBinding,
            try ask(mailbox.authorization(for: remote.id, binding))
        else { throw LoadError("\(target) doesn't let the mailbox be read: look at its log.") }
        payload = []
        switch kind {
        case .getRecord: request = .getRecord(mailbox.location, chunk: 0)
        case .list: request = .list(mailbox.location, after: nil)
        case .fetch: request = .fetch(mailbox.location, EnvelopeID(hashing: mailbox.fetched.span.bytes), chunk: 0)
        // The first chunk of something larger, of which the rest never comes.
        default: (request, payload) = (mailbox.deposit(mailbox.large, chunk: 0), mailbox.large)
        }
    }
}

extension [UInt8] {
    /// Whether it begins with a part of `body`.
    fileprivate func starts(with body: RawSpan, _ range: ByteRange) -> Bool {
        body.extracting(range.bounds).withUnsafeBytes { part in
            part.count > 0 && part.count <= count && withUnsafeBytes { $0.prefix(part.count).elementsEqual(part) }
        }
    }
}

extension Endpoint {
    /// Any address of this machine of the same family.
    static func any(_ endpoint: Endpoint) -> Endpoint {
        endpoint.isIPv4 ? Endpoint(ipv4: 0, port: 0) : Endpoint(high: 0, low: 0, port: 0)
    }
}
