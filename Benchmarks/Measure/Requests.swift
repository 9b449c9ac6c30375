import Basics
import Cryptography
import NodeCore
import Sessions
import Storage
import Wire

/// What a request costs a whole node: decrypted, served and answered, with real cryptography and without the kernel.
final class Requests {
    enum Kind: String, CaseIterable {
        case ping, findNode, getRecord, deposit, list, fetch
    }

    static func measure(count: Int) {
        let bench = Requests()
        print("request".column(16), "in the node", "with the asking side")
        for kind in Kind.allCases {
            bench.run(kind, count: count)
            let runs = (0..<5).map { _ in bench.run(kind, count: count) }
            let node = runs.map(\.node).min() ?? 0
            let both = runs.map { $0.node + $0.client }.min() ?? 0
            print(kind.rawValue.column(16), "\(Int(node)) ns".column(11), "\(Int(both)) ns")
        }
        precondition(bench.unexpected == 0, "\(bench.unexpected) answers were not as they should be")
    }

    /// Each kind of request twice so many times, in the order of `Kind`, the second half in `counted`: Scripts/test-costs.sh
    /// has valgrind write down what it has counted whenever that returns.
    static func count(_ count: Int) {
        let bench = Requests()
        for kind in Kind.allCases {
            bench.run(kind, count: count)
            bench.counted(kind, count)
        }
        precondition(bench.unexpected == 0, "\(bench.unexpected) answers were not as they should be")
    }

    /// Known to valgrind by its name.
    @inline(never)
    @_optimize(none)
    private func counted(_ kind: Kind, _ count: Int) { run(kind, count: count) }

    /// Somebody else's end: a session table with its address and its queue.
    private struct End {
        var table: SessionTable
        let endpoint: Endpoint
        var queue = DatagramQueue()

        init(_ number: UInt64, mode: NodeMode) {
            table = SessionTable(
                node: SecretKey(Bytes32(words: (number, 8, 8, 8))), mode: mode, network: "main", suite: .sodium,
                seed: Bytes32(words: (number, 9, 9, 9)))
            endpoint = Endpoint(ipv4: 0x2d00_0001 + UInt32(number) << 8, port: 7_337)
        }
    }

    private static let nodeEndpoint = Endpoint(ipv4: 0x2e00_0001, port: 7_337)

    private let disk = MemoryStore()
    private var node: Node
    private static let endpoint = Endpoint(ipv4: 0x2d80_0001, port: 7_337)
    private var table = End(1_000, mode: .client).table
    private var queue = DatagramQueue()
    private var outbox = Outbox()
    private var plaintext = ByteWriter(capacity: Limits.datagramSize)
    private var body = ByteWriter(capacity: Limits.bodySize)
    private var now = Now(monotonic: .origin, utc: Figures.now)
    private let owner = ProfileKey(seed: SecretKey(Bytes32(words: (4, 4, 4, 4)))).blinded(
        for: .mailbox, epoch: Figures.now.epoch)
    private var lastRequestID: UInt32 = 0
    /// Answers that were none to what was asked.
    private var unexpected = 0

    /// A node that knows a hundred others, and keeps a record and a page of envelopes.
    init() {
        node = Node(
            secret: SecretKey(Bytes32(words: (1, 2, 3, 4))), configuration: NodeConfiguration(families: .ipv4),
            suite: .sodium, store: disk, seed: Bytes32(words: (5, 6, 7, 8)), now: now)
        node.start(bootstrap: [], now: now, into: &outbox)
        for number in 0..<100 { meet(End(UInt64(number), mode: .server)) }
        ask(.ping)
        let record = SignedRecord.encode(
            sequence: 1, validUntil: Figures.now.advanced(bySeconds: 86_400), sealed: [UInt8](repeating: 7, count: 700),
            signer: owner)
        ask(.putRecord(Figures.chunk(of: record, at: owner.location.bytes)), record)
        for number in 0..<Limits.entriesPerPage {
            let envelope = Figures.envelope(sizeClass: 0, number: number)
            for index in 0..<Chunks.count(of: envelope.count) {
                ask(.deposit(Figures.chunk(index, of: envelope, at: owner.location.bytes)), envelope)
            }
            commit()
        }
        let session = table.established(as: .node, with: node.id).flatMap { table.info($0) }
        if let binding = session?.channelBinding {
            let signed = SignedBytes.authorize(owner.location, channelBinding: binding, responder: node.id)
            ask(.authorize(owner.location, key: owner.key, owner.sign(signed)))
        }
        unexpected = 0
    }

    /// Asks so many times, in groups of 64; nanoseconds each, on both sides.
    @discardableResult
    func run(_ kind: Kind, count: Int) -> (node: Double, client: Double) {
        let (request, payload) = request(kind)
        var (inNode, inClient) = (0.0, 0.0)
        for _ in 0..<count / 64 {
            let begun = processorTime()
            for _ in 0..<64 { send(request, payload) }
            let sent = processorTime()
            serve()
            let served = processorTime()
            receive()
            inClient += sent - begun + processorTime() - served
            inNode += served - sent
        }
        let asked = Double(count / 64 * 64)
        return (inNode / asked, inClient / asked)
    }

    private func request(_ kind: Kind) -> (Request, [UInt8]) {
        let location = owner.location
        let fetched = Figures.envelope(sizeClass: 0, number: 1)
        let id = EnvelopeID(hashing: fetched.span.bytes)
        return switch kind {
        case .ping: (.ping, [])
        case .findNode: (.findNode(target: Bytes32(words: (7, 7, 7, 7)), count: 20, families: .ipv4), [])
        case .getRecord: (.getRecord(location, chunk: 0), [])
        case .deposit: (.deposit(Figures.chunk(at: location.bytes)), Figures.envelope)
        case .list: (.list(location, after: nil), [])
        case .fetch: (.fetch(location, id, chunk: 0), [])
        }
    }

    // MARK: One exchange

    private func ask(_ request: Request, _ payload: [UInt8] = []) {
        send(request, payload)
        for _ in 0..<3 {
            serve()
            receive()
        }
    }

    private func send(_ request: Request, _ payload: [UInt8]) {
        lastRequestID &+= 1
        // No faster than a node lets one block of addresses make work for it.
        now.monotonic = now.monotonic + .microseconds(300)
        body.reset()
        request.encode(requestID: lastRequestID, payload: payload.span.bytes, into: &body)
        body.withSpan {
            _ = table.sendRequest(
                $0, kind: .request(.ping), requestID: lastRequestID, as: .node, to: node.key, id: node.id,
                over: .direct(Requests.nodeEndpoint), now: now.monotonic, into: &queue)
        }
    }

    /// The node takes what the client has sent.
    private func serve() {
        func serve(_: Path, _ bytes: UnsafeRawBufferPointer) {
            node.handleDatagram(bytes.bytes, from: Requests.endpoint, now: now, into: &outbox)
        }
        queue.forEach(serve)
        queue.removeAll()
    }

    /// The client takes what the node has answered.
    private func receive() {
        func receive(_: Path, _ bytes: UnsafeRawBufferPointer) {
            let received = table.receive(
                bytes.bytes, over: .direct(Requests.nodeEndpoint), now: now.monotonic, plaintext: &plaintext,
                into: &queue)
            let isDone = plaintext.withSpan { Requests.isDone($0) }
            guard case .response = received, isDone else {
                unexpected += 1
                return
            }
        }
        outbox.datagrams.forEach(receive)
        outbox.datagrams.removeAll()
        outbox.events.removeAll(keepingCapacity: true)
    }

    private static func isDone(_ body: RawSpan) -> Bool {
        switch try? Response.decode(body).response {
        case .refused, nil: false
        default: true
        }
    }

    private func commit() {
        let (writes, through) = node.takeWrites()
        disk.commit(writes)
        node.handleCommit(through: through, .committed, now: now, into: &outbox)
        receive()
    }

    /// Lets another node show itself, so that it enters the routing table.
    private func meet(_ other: End) {
        let endpoint = other.endpoint
        var end = other
        body.reset()
        Request.ping.encode(requestID: 1, into: &body)
        body.withSpan {
            _ = end.table.sendRequest(
                $0, kind: .request(.ping), requestID: 1, as: .node, to: node.key, id: node.id,
                over: .direct(Requests.nodeEndpoint),
                now: now.monotonic, into: &end.queue)
        }
        for _ in 0..<6 {
            func serve(_: Path, _ bytes: UnsafeRawBufferPointer) {
                node.handleDatagram(bytes.bytes, from: endpoint, now: now, into: &outbox)
            }
            end.queue.forEach(serve)
            end.queue.removeAll()
            func receive(_: Path, _ bytes: UnsafeRawBufferPointer) { answer(bytes.bytes, &end) }
            outbox.datagrams.forEach(receive)
            outbox.datagrams.removeAll()
        }
        outbox.events.removeAll()
    }

    private func answer(_ bytes: RawSpan, _ end: inout End) {
        let received = end.table.receive(
            bytes, over: .direct(Requests.nodeEndpoint), now: now.monotonic, plaintext: &plaintext,
            into: &end.queue)
        guard case .request(_, let carrier, _) = received,
            let header = plaintext.withSpan({ try? RPCHeader(decoding: $0) })
        else { return }
        body.reset()
        Response.pong(observed: Requests.nodeEndpoint, time: Figures.now).encode(answering: header, into: &body)
        body.withSpan {
            _ = end.table.reply($0, as: .answer(.ping), over: carrier, now: now.monotonic, into: &end.queue)
        }
    }
}
