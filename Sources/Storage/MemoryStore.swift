import Basics

/// A store in memory with the semantics of a disk: what is committed stays, what is not is lost with its `StoreView`.
///
/// For tests and simulation. Each table is a sorted array: plain, and fast at the sizes that occur there.
public final class MemoryStore: StoreReader {
    private var tables: [Table: [(key: [UInt8], value: [UInt8])]] = [:]

    public init() {}

    /// Bytes of the keys and values of a table.
    public func byteCount(of table: Table) -> Int {
        (tables[table] ?? []).reduce(0) { $0 + $1.key.count + $1.value.count }
    }

    /// Makes a batch of writes durable, in order.
    public func commit(_ writes: [StoreWrite]) {
        for write in writes {
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
        guard index < entries.count, entries[index].key == key else { return false }
        let value = entries[index].value
        body(value.span.bytes)
        return true
    }

    public func scan(
        _ table: Table, prefix: [UInt8], after: [UInt8]?, _ body: (_ key: RawSpan, _ value: RawSpan) -> Bool
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
            guard body(entry.key.span.bytes, entry.value.span.bytes) else { return }
            index += 1
        }
    }

    public func scanHeads(
        _ table: Table, prefix: [UInt8], after: [UInt8]?, _ body: (RawSpan, Int, RawSpan) -> Bool
    ) {
        scan(table, prefix: prefix, after: after) { key, value in
            body(key, value.byteCount, value.extracting(first: StoreHead.byteCount))
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
