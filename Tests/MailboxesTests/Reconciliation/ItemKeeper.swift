import Basics
import Mailboxes
import Storage
import Wire

/// A node that keeps things, as far as a comparison sees it: a set of keys, and the same in a store.
struct ItemKeeper {
    let id: NodeID
    private(set) var keys: Set<ItemKey> = []
    private let disk = MemoryStore()

    init(_ id: NodeID, _ keys: some Sequence<ItemKey> = []) {
        self.id = id
        self.keys = Set(keys)
        disk.commit(self.keys.sorted().map { ItemKeeper.write($0) })
    }

    func items(in scope: ItemScope) -> KeptItems {
        KeptItems(in: scope, isIndexSound: true, store: StoreView(base: disk))
    }

    /// Keeps a thing as long as its key says, or else to these times.
    mutating func keep(_ key: ItemKey, lastDay: Day = lastDay, validUntil: UnixTime = validUntil) {
        keys.insert(key)
        disk.commit([ItemKeeper.write(key, lastDay: lastDay, validUntil: validUntil)])
    }

    mutating func remove(_ key: ItemKey) {
        guard keys.remove(key) != nil else { return }
        let write = ItemKeeper.write(key)
        disk.commit([StoreWrite(write.table, write.key, nil)])
    }

    /// What a node does to which this is brought: a discarded envelope stays away, and a newer record replaces an older.
    mutating func bring(_ key: ItemKey) {
        switch key.itemKind {
        case .tombstone: remove(.envelope(key.envelope, in: key.location))
        case .envelope: if keys.contains(.tombstone(of: key.envelope, in: key.location)) { return }
        case .record:
            for held in keys where held.itemKind == .record && held.location == key.location {
                if held.sequence >= key.sequence { return }
                remove(held)
            }
        case nil: return
        }
        keep(key)
    }

    static let lastDay = today.advanced(by: 10)
    static let validUntil = today.advanced(by: 14).start

    private static func write(
        _ key: ItemKey, lastDay: Day = lastDay, validUntil: UnixTime = validUntil
    ) -> StoreWrite {
        let item = key.location.bytes.array + key.id.array
        switch key.itemKind {
        case .tombstone:
            return StoreWrite(.tombstones, item, lastDay.number.bigEndianBytes + [UInt8](repeating: 0, count: 96))
        case .envelope:
            return StoreWrite(.mailboxes, item, UInt32(2_048).bigEndianBytes + lastDay.number.bigEndianBytes)
        default:
            let head = [1] + [UInt8](repeating: 0, count: 32) + key.sequence.bigEndianBytes
            return StoreWrite(
                .records, key.location.bytes.array, head + UInt64(validUntil.seconds).bigEndianBytes + [0, 0])
        }
    }
}

/// What happens to datagrams on their way, in percent.
struct Weather {
    var lost = 0
    var repeated = 0
    var late = 0
}

/// One comparison, over the bytes of real requests and answers.
struct Comparison {
    var reconciliation: Reconciliation
    private(set) var wanted: [ItemKey] = []
    private(set) var offered: [ItemKey] = []
    /// Bytes of all bodies, of requests and of answers.
    private(set) var sent = 0
    private(set) var received = 0
    /// How many differences were given out at once, at most.
    private(set) var largestBatch = 0
    private var now = Instant.origin
    private var delayed: [(body: [UInt8], number: Int)] = []

    init(
        _ own: NodeID, _ peer: NodeID, depth: Int = 0, nonce: UInt128 = 1, from start: ItemKey = .first,
        now: UnixTime = Now.noon(today).utc
    ) {
        reconciliation = Reconciliation(own: own, peer: peer, depth: depth, nonce: nonce, from: start, now: now)
    }

    /// Runs to its end. `answer` makes the body of the answer to the body of a request; `differ` is told of what differs.
    mutating func run(
        _ weather: Weather = Weather(), _ generator: inout SeededGenerator, _ items: (ItemScope) -> KeptItems,
        answer: ([UInt8]) -> [UInt8], differ: (Differences) -> Void = { _ in }
    ) -> Reconciliation.End {
        while true {
            switch reconciliation.next(items(reconciliation.scope), now: now) {
            case .ask(let request, let ranges, let number):
                var writer = ByteWriter(capacity: Limits.bodySize)
                Request.reconcile(request).encode(
                    requestID: UInt32(number), payload: ranges.span.bytes, into: &writer)
                precondition(!writer.overflowed, "a request fits into a body")
                sent += writer.count
                deliver(number, writer.bytes, weather, &generator, answer)
            case .found(let differences):
                wanted += differences.wanted
                offered += differences.offered
                largestBatch = max(largestBatch, differences.wanted.count + differences.offered.count)
                differ(differences)
            case .wait(let until?): now = until
            case .wait(nil): preconditionFailure("it waits for an answer that came")
            case .finished(let end): return end
            }
        }
    }

    private mutating func deliver(
        _ number: Int, _ request: [UInt8], _ weather: Weather, _ generator: inout SeededGenerator,
        _ answer: ([UInt8]) -> [UInt8]
    ) {
        // As the layer below repeats a request.
        for _ in 0..<4 {
            if generator.chance(weather.lost) { continue }
            let body = answer(request)
            received += body.count
            let isReadable = (try? Response.decode(body.span.bytes)) != nil
            if !isReadable || generator.chance(weather.lost) { continue }
            if generator.chance(weather.late) {
                delayed.append((body, number))
                continue
            }
            for (body, number) in delayed where generator.chance(50) { observe(body, number) }
            for _ in 0..<(generator.chance(weather.repeated) ? 2 : 1) { observe(body, number) }
            return
        }
        reconciliation.observeSilence(of: number)
    }

    private mutating func observe(_ body: [UInt8], _ number: Int) {
        guard let (header, response) = try? Response.decode(body.span.bytes), header.kind == .reconcile else { return }
        reconciliation.observe(response, in: body.span.bytes, to: number, now: now)
    }
}

extension ItemKeeper {
    /// The honest answer of this node to another's request.
    func answer(_ body: [UInt8], from asker: NodeID) -> [UInt8] {
        guard let (header, request) = try? Request.decode(body.span.bytes), case .reconcile(let request) = request
        else {
            preconditionFailure("a request can be read")
        }
        let scope = ItemScope(around: id, depth: request.depth, firstDay: request.firstDay)
        let key = FingerprintKey(initiator: asker, responder: id, nonce: request.nonce)
        let ranges = ReconciliationAnswer.ranges(to: request, in: body.span.bytes, items(in: scope), under: key)
        return ItemKeeper.encode(ranges, to: header)
    }

    static func encode(_ ranges: [UInt8], to header: RPCHeader) -> [UInt8] {
        var writer = ByteWriter(capacity: Limits.bodySize)
        Response.reconciled(ranges: ByteRange(offset: 0, count: ranges.count), depth: nil)
            .encode(answering: header, payload: ranges.span.bytes, into: &writer)
        precondition(!writer.overflowed, "an answer fits into a body")
        return writer.bytes
    }
}
