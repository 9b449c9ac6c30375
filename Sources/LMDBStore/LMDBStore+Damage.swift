import CLMDB
import Storage

extension LMDBStore {
    /// How many values of each table are damaged: their checksums are wrong, so that they count as absent.
    public func damagedValues() -> [Table: Int] {
        var counts: [Table: Int] = [:]
        for table in Table.allCases {
            let count = damagedKeys(table).count
            if count > 0 { counts[table] = count }
        }
        return counts
    }

    /// Removes the damaged values, so that they are reported no more, and says how many of each table there were. Nothing is
    /// lost by it that was not lost already. Returns nil where the disk doesn't take the change; then nothing is removed.
    public func removeDamagedValues() -> [Table: Int]? {
        var counts: [Table: Int] = [:]
        var removals: [StoreWrite] = []
        for table in Table.allCases {
            let keys = damagedKeys(table)
            if !keys.isEmpty { counts[table] = keys.count }
            removals += keys.map { StoreWrite(table, $0, nil) }
        }
        guard removals.isEmpty || writer.commit(removals) == .committed else { return nil }
        return counts
    }

    private func damagedKeys(_ table: Table) -> [[UInt8]] {
        var keys: [[UInt8]] = []
        visit(table, prefix: [], after: nil) { key, stored in
            if StoredValue.open(stored, seed: StoredValue.seed(table, key)) == nil { keys.append(Array(key)) }
            return true
        }
        return keys
    }

    /// What the store takes of the disk.
    public struct Space: Hashable, Sendable {
        /// Bytes of the store's pages, with those that are free for new values.
        public let used: Int
        /// Bytes of the disk that are free; nil where the system doesn't tell.
        public let diskFree: Int?
        /// Bytes that what is kept for others leaves to the person, of all that is free.
        public let personsShare: Int
    }

    /// What the store takes of the disk at present.
    public var space: Space { DiskSpace.report(environment) }
}
