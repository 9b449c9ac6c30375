import Storage

/// What a journal's file holds that the store doesn't have yet.
///
/// Records lie one behind another from the beginning of the file, with ascending ordinals. Once the store has them all, the next
/// is written at the beginning again, over the oldest. What follows after the newest is of an earlier round, or was being written
/// when the power went: of that nobody was told that it is durable, since the next record is written only when the one before is
/// on the disk.
package struct JournalContent {
    /// In order: each with the ordinal after the one before, the first with the one after the store's.
    package private(set) var records: [JournalRecord] = []
    /// Where the next record goes.
    package private(set) var end = 0
    /// The highest ordinal that the store or the journal has.
    package private(set) var last: UInt64

    /// Throws where records that were durable are missing.
    package init(_ bytes: [UInt8], _ mark: JournalMark?) throws(StoreDamage) {
        last = mark?.settled ?? 0
        let owner = bytes.withUnsafeBytes { JournalRecord.journal($0, at: 0) }
        guard owner == nil || owner == mark?.journal else { throw StoreDamage("its journal is of another store") }
        guard let mark else { return }
        guard bytes.count >= mark.size else { throw StoreDamage("the end of its journal is missing") }
        let isWhole = bytes.withUnsafeBytes { read($0, mark) }
        guard isWhole else { throw StoreDamage("records of its journal are damaged or missing") }
    }

    /// Whether no durable record is missing.
    private mutating func read(_ bytes: UnsafeRawBufferPointer, _ mark: JournalMark) -> Bool {
        var (offset, next): (Int, UInt64?) = (0, nil)
        while let record = JournalRecord(bytes, at: offset, journal: mark.journal) {
            guard next == nil || record.ordinal == next else { break }
            offset += record.size
            next = record.ordinal + 1
            guard record.ordinal > mark.settled else { continue }
            guard record.ordinal == last + 1 else { return false }
            last = record.ordinal
            records.append(record)
        }
        if !records.isEmpty { end = offset }
        // A newer one behind a gap was written when what is missing was durable.
        while offset < bytes.count {
            let record = JournalRecord(bytes, at: offset, journal: mark.journal)
            if let record, record.ordinal > last { return false }
            offset += JournalRecord.block
        }
        return true
    }
}
