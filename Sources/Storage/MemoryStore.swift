import Basics

/// A store in memory with the semantics of a disk: what is committed stays, what is not is lost with its `StoreView`.
///
/// For tests and simulation. Each table is a sorted array: plain, and fast at the sizes that occur there.
public final class MemoryStore: StoreReader {
    private var tables: [Table: [(key: [UInt8], value: [UInt8])]] = [:]

    /// Keys of values that are damaged: each counts as absent, until it is written again.
    private var damaged: [Table: Set<[UInt8]>] = [:]

    public init() {}

    /// A store with the same content, damage included.
    public func copy() -> MemoryStore {
        let copy = MemoryStore()
        (copy.tables, copy.damaged) = (tables, damaged)
        return copy
    }

    /// How many values a table has.
    public func count(of table: Table) -> Int { tables[table]?.count ?? 0 }

    /// Damages a value of a table, by its place in the order of keys, as a disk may: reads and scans don't find it any
    /// more, and `scanHeads`, which looks at no checksum, still does. Where there is none, nothing happens.
    public func damage(_ table: Table, at place: Int) {
        guard let entries = tables[table], entries.indices.contains(place) else { return }
        damaged[table, default: []].insert(entries[place].key)
    }

    private func isDamaged(_ table: Table, _ key: [UInt8]) -> Bool {
        !damaged.isEmpty && damaged[table]?.contains(key) == true
    }

    /// Bytes of the keys and values of a table.
    public func byteCount(of table: Table) -> Int {
        (tables[table] ?? []).reduce(0) { $0 + $1.key.count + $1.value.count }
    }

    /// Makes a batch of writes durable, in order.
    public func commit(_ writes: [StoreWrite]) {
        for write in writes {
            if !damaged.isEmpty { damaged[write.table]?.remove(write.key) }
            var entries = tables.removeValue(forKey: write.table) ?? []
            let index = MemoryStore.firstIndex(in: entries, notBefore: write.key)
            let exists = index < entries.count && entries[index].key == write.key
            switch (write.value, exists) {
            case (let value?, true): entries[index].value = value
            case (let value?, false): entries.insert((write.key, value), at: index)
            case (nil, true): entries.remove(at: index)
            case (nil, false): break
            }
            tables[write.table] = entries
        }
    }

    public func read(_ table: Table, _ key: [UInt8], _ body: (RawSpan) -> Void) -> Bool {
        guard let entries = tables[table] else { return false }
        let index = MemoryStore.firstIndex(in: entries, notBefore: key)
        guard index < entries.count, entries[index].key == key, !isDamaged(table, key) else { return false }
        let value = entries[index].value
        body(value.span.bytes)
        return true
    }

    public func scan(
        _ table: Table, prefix: [UInt8], after: [UInt8]?, _ body: (_ key: RawSpan, _ value: RawSpan) -> Bool
    ) {
        visit(table, prefix: prefix, after: after) { key, value in
            isDamaged(table, key) || body(key.span.bytes, value.span.bytes)
        }
    }

    public func scanBackward(
        _ table: Table, prefix: [UInt8], before: [UInt8]?, _ body: (_ key: RawSpan, _ value: RawSpan) -> Bool
    ) {
        guard let entries = tables[table] else { return }
        let end = KeyPrefix.end(of: prefix, before: before)
        var index = end.map { MemoryStore.firstIndex(in: entries, notBefore: $0) } ?? entries.count
        while index > 0, entries[index - 1].key.starts(with: prefix) {
            index -= 1
            let entry = entries[index]
            guard isDamaged(table, entry.key) || body(entry.key.span.bytes, entry.value.span.bytes) else { return }
        }
    }

    private func visit(
        _ table: Table, prefix: [UInt8], after: [UInt8]?, _ body: (_ key: [UInt8], _ value: [UInt8]) -> Bool
    ) {
        guard let entries = tables[table] else { return }
        var index = MemoryStore.firstIndex(in: entries, notBefore: prefix)
        if let after {
            let afterIndex = MemoryStore.firstIndex(in: entries, notBefore: after)
            let skipsEqual = afterIndex < entries.count && entries[afterIndex].key == after
            index = max(index, afterIndex + (skipsEqual ? 1 : 0))
        }
        while index < entries.count, entries[index].key.starts(with: prefix) {
            let entry = entries[index]
            guard body(entry.key, entry.value) else { return }
            index += 1
        }
    }

    public func scanHeads(
        _ table: Table, prefix: [UInt8], after: [UInt8]?, _ body: (RawSpan, Int, RawSpan) -> Bool
    ) {
        visit(table, prefix: prefix, after: after) { key, value in
            body(key.span.bytes, value.count, value.span.bytes.extracting(first: StoreHead.byteCount))
        }
    }

    private static func firstIndex(in entries: [(key: [UInt8], value: [UInt8])], notBefore key: [UInt8]) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].key.lexicographicallyPrecedes(key) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
