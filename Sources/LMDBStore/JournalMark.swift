import Basics
import CLMDB

/// What the store says of its journal, in the transaction that took over what the journal held.
package struct JournalMark: Hashable {
    /// The journal's number: drawn when it was made, and in each of its records.
    let journal: UInt64
    /// The ordinal of the last record that the store has.
    let settled: UInt64
    /// Bytes of the journal's file.
    let size: Int
    /// Whether records may follow. The store's format says so: it is a newer one then.
    let isUsed: Bool

    package init(journal: UInt64, settled: UInt64, size: Int, isUsed: Bool = true) {
        (self.journal, self.settled, self.size, self.isUsed) = (journal, settled, size, isUsed)
    }

    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 24, let journal = UInt64(bigEndianBytes: bytes.bytes),
            let settled = UInt64(bigEndianBytes: bytes.bytes, at: 8),
            let size = UInt64(bigEndianBytes: bytes.bytes, at: 16)
        else { return nil }
        self.init(journal: journal, settled: settled, size: Int(clamping: size), isUsed: true)
    }

    var bytes: [UInt8] { journal.bigEndianBytes + settled.bigEndianBytes + UInt64(size).bigEndianBytes }
}

extension Environment {
    private static let markKey = Array("journal".utf8)

    /// The store's mark, as a transaction sees it; nil where it has never had a journal.
    func mark(_ transaction: OpaquePointer) throws(StoreDamage) -> JournalMark? {
        var (mark, isThere): (JournalMark?, Bool) = (nil, false)
        let code = get(transaction, formatTable, Environment.markKey) { bytes in
            isThere = true
            mark = JournalMark(bytes)
        }
        guard code == MDB_SUCCESS || code == MDB_NOTFOUND, isThere == (mark != nil) else {
            throw StoreDamage("what it says of its journal can't be read")
        }
        return mark
    }

    /// Sets the mark and the format that goes with it, as part of a transaction.
    func setMark(_ mark: JournalMark, _ transaction: OpaquePointer) -> Int32 {
        let code = withValue(Environment.markKey) { key in
            withValue(mark.bytes) { value in mdb_put(transaction, formatTable, &key, &value, 0) }
        }
        guard code == MDB_SUCCESS else { return code }
        return setFormat(mark.isUsed ? Environment.format : Environment.formatWithoutJournal, transaction)
    }
}
