import Basics

/// Writes laid over a reader that doesn't have them yet: of each key the newest, with its ticket. What reads through it finds
/// the state that comes of both.
public struct Overlay: Sendable {
    /// By table, ascending by key.
    private var pending: [[PendingWrite]] = Table.allCases.map { _ in [] }

    /// Bytes of the values.
    public private(set) var byteCount = 0

    public init() {}

    /// The newest write of each key, by table and key.
    public var writes: [StoreWrite] {
        Table.allCases.flatMap { table in pending[table.index].map { StoreWrite(table, $0.key, $0.value) } }
    }

    /// Whether no write is laid over.
    public var isEmpty: Bool { pending.allSatisfy(\.isEmpty) }

    /// Lays a write over, in place of an older one of its key.
    public mutating func put(_ write: StoreWrite, _ ticket: Ticket) {
        let newest = PendingWrite(key: write.key, value: write.value, ticket: ticket)
        let index = firstIndex(in: write.table, notBefore: write.key)
        let place = write.table.index
        if index < pending[place].count, pending[place][index].key == write.key {
            byteCount -= pending[place][index].value?.count ?? 0
            pending[place][index] = newest
        } else {
            pending[place].insert(newest, at: index)
        }
        byteCount += write.value?.count ?? 0
    }

    /// Takes away what the reader has by now.
    public mutating func remove(through ticket: Ticket) {
        for index in pending.indices where !pending[index].isEmpty {
            for write in pending[index] where write.ticket <= ticket { byteCount -= write.value?.count ?? 0 }
            pending[index].removeAll { $0.ticket <= ticket }
        }
    }

    /// Takes all away.
    public mutating func removeAll() {
        for index in pending.indices { pending[index].removeAll(keepingCapacity: true) }
        byteCount = 0
    }

    // MARK: Reading

    /// The ticket of the write of a key, or nil where the reader has the newest.
    public func ticket(_ table: Table, _ key: [UInt8]) -> Ticket? { write(table, key)?.ticket }

    /// As `StoreReader.read`, of both.
    public func read(_ table: Table, _ key: [UInt8], over base: any StoreReader, _ body: (RawSpan) -> Void) -> Bool {
        if let pending = write(table, key) {
            guard let value = pending.value else { return false }
            body(value.span.bytes)
            return true
        }
        return base.read(table, key, body)
    }

    /// As `StoreReader.scan`, of both.
    public func scan(
        _ table: Table, prefix: [UInt8], after: [UInt8]?, over base: any StoreReader,
        _ body: (_ key: RawSpan, _ value: RawSpan) -> Bool
    ) {
        var merge = Merge(pending: pending[table.index], from: firstPending(table, prefix: prefix, after: after))
        base.scan(table, prefix: prefix, after: after) { key, value in
            switch merge.visitPending(before: key, body) {
            case .goOn: merge.goesOn(body(key, value))
            case .skip: true
            case .stop: false
            }
        }
        merge.visitRest(prefix: prefix, body)
    }

    /// As `StoreReader.scanBackward`, of both.
    public func scanBackward(
        _ table: Table, prefix: [UInt8], before: [UInt8]?, over base: any StoreReader,
        _ body: (_ key: RawSpan, _ value: RawSpan) -> Bool
    ) {
        let end = KeyPrefix.end(of: prefix, before: before)
        var merge = Merge(
            pending: pending[table.index],
            before: end.map { firstIndex(in: table, notBefore: $0) } ?? pending[table.index].count)
        base.scanBackward(table, prefix: prefix, before: before) { key, value in
            switch merge.visitPending(before: key, body) {
            case .goOn: merge.goesOn(body(key, value))
            case .skip: true
            case .stop: false
            }
        }
        merge.visitRest(prefix: prefix, body)
    }

    /// As `StoreReader.scanHeads`, of both.
    public func scanHeads(
        _ table: Table, prefix: [UInt8], after: [UInt8]?, over base: any StoreReader,
        _ body: (_ key: RawSpan, _ size: Int, _ head: RawSpan) -> Bool
    ) {
        var merge = Merge(pending: pending[table.index], from: firstPending(table, prefix: prefix, after: after))
        base.scanHeads(table, prefix: prefix, after: after) { key, size, head in
            let step = merge.visitPending(before: key) {
                body($0, $1.byteCount, $1.extracting(first: StoreHead.byteCount))
            }
            switch step {
            case .goOn: return merge.goesOn(body(key, size, head))
            case .skip: return true
            case .stop: return false
            }
        }
        merge.visitRest(prefix: prefix) { body($0, $1.byteCount, $1.extracting(first: StoreHead.byteCount)) }
    }

    private func firstPending(_ table: Table, prefix: [UInt8], after: [UInt8]?) -> Int {
        var next = firstIndex(in: table, notBefore: prefix)
        if let after {
            let writes = pending[table.index]
            next = max(next, firstIndex(in: table, notBefore: after))
            if next < writes.count, writes[next].key == after { next += 1 }
        }
        return next
    }

    private func write(_ table: Table, _ key: [UInt8]) -> PendingWrite? {
        guard !pending[table.index].isEmpty else { return nil }
        let index = firstIndex(in: table, notBefore: key)
        guard index < pending[table.index].count, pending[table.index][index].key == key else { return nil }
        return pending[table.index][index]
    }

    private func firstIndex(in table: Table, notBefore key: [UInt8]) -> Int {
        var low = 0
        var high = pending[table.index].count
        while low < high {
            let middle = (low + high) / 2
            if pending[table.index][middle].compare(with: key.span.bytes) < 0 {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }
}
