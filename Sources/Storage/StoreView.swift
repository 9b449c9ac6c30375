import Basics

/// A core's view of its store: the committed data, overlaid with the core's writes that are not committed yet.
///
/// The core writes through `put` and `remove`. After every call into the core, the driver asks `hasWrites`, takes the
/// writes, commits them as one transaction and reports with `complete`. Writes made meanwhile form the next batch; a core
/// never has two batches under way. So the writes of one call into the core become durable as a whole or not at all,
/// and nothing commits that was built on a failed batch. A crash loses exactly what was not completed.
public struct StoreView {
    private let base: any StoreReader
    /// The newest uncommitted write of each key, by table, ascending by key.
    private var overlay: [[PendingWrite]] = Table.allCases.map { _ in [] }
    /// What the driver has not taken yet: for each key the newest write, at the place of the first.
    private var untaken: [StoreWrite] = []
    /// The last ticket that the driver has taken.
    private var lastTaken = Ticket(number: 0)
    /// The last ticket of the batch under way.
    private var underWay: Ticket?
    /// The ticket of the newest write.
    public private(set) var lastTicket = Ticket(number: 0)
    /// The last ticket that is known to be durable, or lost.
    private var lastCompleted = Ticket(number: 0)

    /// Bytes of memory that writes take which are not completed: their keys and values, and some for each. It grows without
    /// bound while the disk stalls, unless the core refuses new work.
    public private(set) var pendingBytes = 0

    public init(base: any StoreReader) { self.base = base }

    /// The store without the writes that are not committed yet: this stays true even if the disk fails.
    public var durable: StoreView { StoreView(base: base) }

    /// Whether a write is known to be durable or lost.
    public func isSettled(_ ticket: Ticket) -> Bool { ticket <= lastCompleted }

    /// Sets a value; the ticket settles when it is durable.
    @discardableResult
    public mutating func put(_ table: Table, _ key: [UInt8], _ value: [UInt8]) -> Ticket {
        append(StoreWrite(table, key, value))
    }

    /// Removes a value; removing what is not there is harmless.
    @discardableResult
    public mutating func remove(_ table: Table, _ key: [UInt8]) -> Ticket {
        append(StoreWrite(table, key, nil))
    }

    private mutating func append(_ write: StoreWrite) -> Ticket {
        lastTicket = Ticket(number: lastTicket.number + 1)
        let index = firstIndex(in: write.table, notBefore: write.key)
        let table = write.table.index
        pendingBytes += StoreView.memory(write.key, write.value)
        guard index < overlay[table].count, overlay[table][index].key == write.key else {
            overlay[table].insert(PendingWrite(write, lastTicket, place: untaken.count), at: index)
            untaken.append(write)
            return lastTicket
        }
        let former = overlay[table][index]
        pendingBytes -= StoreView.memory(former.key, former.value)
        // Writes of one batch become durable together, so that of those of one key only the newest matters.
        if former.ticket > lastTaken {
            overlay[table][index] = PendingWrite(write, lastTicket, place: former.place)
            untaken[former.place] = write
        } else {
            overlay[table][index] = PendingWrite(write, lastTicket, place: untaken.count)
            untaken.append(write)
        }
        return lastTicket
    }

    private static func memory(_ key: [UInt8], _ value: [UInt8]?) -> Int {
        key.count + (value?.count ?? 0) + memoryOfWrite
    }
    /// Two arrays with their headers, and places in the overlay and among what the driver hasn't taken.
    private static let memoryOfWrite = 192

    // MARK: The driver's side

    /// Whether `takeWrites` has a batch to give: never while one is under way.
    public var hasWrites: Bool { underWay == nil && !untaken.isEmpty }

    /// The next batch, each key at most once, and the ticket of its last write. The driver must commit it as one transaction and
    /// report the outcome to `complete` before it takes another. Empty while `hasWrites` is false.
    public mutating func takeWrites() -> (writes: [StoreWrite], through: Ticket) {
        guard hasWrites else { return ([], underWay ?? lastTicket) }
        underWay = lastTicket
        lastTaken = lastTicket
        defer { untaken = [] }
        return (untaken, lastTicket)
    }

    /// Ends the batch under way, and returns the last ticket whose outcome is now known.
    ///
    /// If committed, that is the batch's last ticket. Otherwise it is the last ticket given out: writes made since may
    /// build on the batch, so they are dropped as well and every ticket has failed.
    @discardableResult
    public mutating func complete(through ticket: Ticket, _ result: CommitResult) -> Ticket {
        underWay = nil
        guard result == .committed else {
            for index in overlay.indices { overlay[index].removeAll(keepingCapacity: true) }
            untaken = []
            pendingBytes = 0
            lastCompleted = lastTicket
            return lastTicket
        }
        lastCompleted = max(lastCompleted, ticket)
        for index in overlay.indices where !overlay[index].isEmpty {
            for pending in overlay[index] where pending.ticket <= ticket {
                pendingBytes -= StoreView.memory(pending.key, pending.value)
            }
            overlay[index].removeAll { $0.ticket <= ticket }
        }
        return ticket
    }

    // MARK: Reading

    /// The ticket of the unsettled write of `key`, or nil if the value that `read` finds is durable.
    public func pendingTicket(_ table: Table, _ key: [UInt8]) -> Ticket? { pending(table, key)?.ticket }

    /// As `StoreReader.read`, pending writes included.
    public func read(_ table: Table, _ key: [UInt8], _ body: (RawSpan) -> Void) -> Bool {
        if let pending = pending(table, key) {
            guard let value = pending.value else { return false }
            body(value.span.bytes)
            return true
        }
        return base.read(table, key, body)
    }

    /// Whether there is a value under `key`.
    public func contains(_ table: Table, _ key: [UInt8]) -> Bool { read(table, key) { _ in } }

    /// A copy of the value under `key`, for small and rare values.
    public func value(_ table: Table, _ key: [UInt8]) -> [UInt8]? {
        var copy: [UInt8]?
        _ = read(table, key) { span in copy = span.withUnsafeBytes { [UInt8]($0) } }
        return copy
    }

    /// As `StoreReader.scan`, pending writes included.
    public func scan(
        _ table: Table, prefix: [UInt8], after: [UInt8]? = nil, _ body: (_ key: RawSpan, _ value: RawSpan) -> Bool
    ) {
        var merge = Merge(pending: overlay[table.index], from: firstPending(table, prefix: prefix, after: after))
        base.scan(table, prefix: prefix, after: after) { key, value in
            switch merge.visitPending(before: key, body) {
            case .goOn: merge.goesOn(body(key, value))
            case .skip: true
            case .stop: false
            }
        }
        merge.visitRest(prefix: prefix, body)
    }

    /// As `StoreReader.scanBackward`, pending writes included.
    public func scanBackward(
        _ table: Table, prefix: [UInt8], before: [UInt8]? = nil, _ body: (_ key: RawSpan, _ value: RawSpan) -> Bool
    ) {
        let end = KeyPrefix.end(of: prefix, before: before)
        var merge = Merge(
            pending: overlay[table.index],
            before: end.map { firstIndex(in: table, notBefore: $0) } ?? overlay[table.index].count)
        base.scanBackward(table, prefix: prefix, before: before) { key, value in
            switch merge.visitPending(before: key, body) {
            case .goOn: merge.goesOn(body(key, value))
            case .skip: true
            case .stop: false
            }
        }
        merge.visitRest(prefix: prefix, body)
    }

    /// As `StoreReader.scanHeads`, pending writes included.
    public func scanHeads(
        _ table: Table, prefix: [UInt8], after: [UInt8]? = nil,
        _ body: (_ key: RawSpan, _ size: Int, _ head: RawSpan) -> Bool
    ) {
        var merge = Merge(pending: overlay[table.index], from: firstPending(table, prefix: prefix, after: after))
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

    /// Calls `body` with the size and the head of the value under `key`, valid only during the call, and returns true;
    /// false where there is no value. A large value costs no more than a small one.
    @discardableResult
    public func readHead(_ table: Table, _ key: [UInt8], _ body: (_ size: Int, _ head: RawSpan) -> Void) -> Bool {
        var isFound = false
        scanHeads(table, prefix: key) { found, size, head in
            if found.byteCount == key.count {
                isFound = true
                body(size, head)
            }
            return false
        }
        return isFound
    }

    private func firstPending(_ table: Table, prefix: [UInt8], after: [UInt8]?) -> Int {
        var next = firstIndex(in: table, notBefore: prefix)
        if let after {
            let pending = overlay[table.index]
            next = max(next, firstIndex(in: table, notBefore: after))
            if next < pending.count, pending[next].key == after { next += 1 }
        }
        return next
    }

    // MARK: The overlay

    private func pending(_ table: Table, _ key: [UInt8]) -> PendingWrite? {
        guard !overlay[table.index].isEmpty else { return nil }
        let index = firstIndex(in: table, notBefore: key)
        guard index < overlay[table.index].count, overlay[table.index][index].key == key else { return nil }
        return overlay[table.index][index]
    }

    private func firstIndex(in table: Table, notBefore key: [UInt8]) -> Int {
        var low = 0
        var high = overlay[table.index].count
        while low < high {
            let middle = (low + high) / 2
            if overlay[table.index][middle].compare(with: key.span.bytes) < 0 {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }
}
