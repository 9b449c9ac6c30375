import Basics

/// A core's view of its store: what was committed, overlaid with what it wrote and is not committed yet.
///
/// The core writes through `put` and `remove`; the driver drains `takeWrites()` after every call into the core, commits
/// them in order, and reports with `settle`. A crash loses exactly what was not settled.
public struct StoreView {
    private let base: any StoreReader
    /// Unsettled writes in the order of their tickets: few, as a commit takes milliseconds.
    private var pending: [(ticket: Ticket, write: StoreWrite)] = []
    /// How many of `pending`, from the end, the driver has not taken yet.
    private var untaken = 0
    private var lastTicket = Ticket(number: 0)

    public init(base: any StoreReader) { self.base = base }

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
        pending.append((lastTicket, write))
        untaken += 1
        return lastTicket
    }

    /// Whether `takeWrites` has anything to give.
    public var hasWrites: Bool { untaken > 0 }

    /// The writes since the last call, and the ticket of the last of them. Called by the driver.
    public mutating func takeWrites() -> (writes: [StoreWrite], through: Ticket) {
        defer { untaken = 0 }
        return (pending.suffix(untaken).map(\.write), lastTicket)
    }

    /// Forgets the overlay up to and including `ticket`: its writes are on disk, or (after a failure) are not and won't be.
    public mutating func settle(through ticket: Ticket) {
        let settled = pending.prefix { $0.ticket <= ticket }.count
        pending.removeFirst(settled)
    }

    /// As `StoreReader.read`, pending writes included.
    public func read(_ table: Table, _ key: [UInt8], _ body: (RawSpan) -> Void) -> Bool {
        if let write = pending.last(where: { $0.write.table == table && $0.write.key == key })?.write {
            guard let value = write.value else { return false }
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
        var overlay: [(key: [UInt8], value: [UInt8]?)] = []
        for (_, write) in pending
        where write.table == table && write.key.starts(with: prefix)
            && after.map({ $0.lexicographicallyPrecedes(write.key) }) ?? true
        {
            if let index = overlay.firstIndex(where: { $0.key == write.key }) {
                overlay[index].value = write.value
            } else {
                overlay.append((write.key, write.value))
            }
        }
        overlay.sort { $0.key.lexicographicallyPrecedes($1.key) }
        var next = 0
        var stopped = false
        base.scan(table, prefix: prefix, after: after) { key, value in
            while next < overlay.count, precedes(overlay[next].key, key) {
                let entry = overlay[next]
                next += 1
                if let value = entry.value, !body(entry.key.span.bytes, value.span.bytes) {
                    stopped = true
                    return false
                }
            }
            if next < overlay.count, equals(overlay[next].key, key) {
                let entry = overlay[next]
                next += 1
                guard let value = entry.value else { return true }
                stopped = !body(key, value.span.bytes)
            } else {
                stopped = !body(key, value)
            }
            return !stopped
        }
        while !stopped, next < overlay.count {
            let entry = overlay[next]
            next += 1
            if let value = entry.value { stopped = !body(entry.key.span.bytes, value.span.bytes) }
        }
    }

    private func precedes(_ key: [UInt8], _ span: RawSpan) -> Bool {
        span.withUnsafeBytes { key.lexicographicallyPrecedes($0) }
    }

    private func equals(_ key: [UInt8], _ span: RawSpan) -> Bool {
        span.withUnsafeBytes { key.elementsEqual($0) }
    }
}
