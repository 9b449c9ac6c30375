import CLMDB
import Storage

extension Environment {
    /// Opens the journal of a store that is being opened, and lays over the tables what only the journal has. Nil where there is no
    /// journal. A store whose journal has gone, as after LMDB's own program copied it, is as old as its tables.
    func openJournal() throws(LMDBStoreError) -> Journal? {
        var begun: OpaquePointer?
        guard mdb_txn_begin(handle, nil, UInt32(MDB_RDONLY), &begun) == MDB_SUCCESS, let transaction = begun else {
            throw .unusable(directory: directory, reason: "no transaction")
        }
        defer { mdb_txn_abort(transaction) }
        do throws(StoreDamage) {
            let mark = try mark(transaction)
            guard let file = try JournalFile.open(in: directory, forWriting: true) else { return nil }
            let content = try JournalContent(file.read(), mark)
            shared.withLock { $0.pending = content.overlay }
            // One of which nothing is lacking may have been left by a store that was being closed.
            guard let mark, !content.records.isEmpty else { return nil }
            return Journal(file, in: directory, mark, content)
        } catch {
            throw .corrupt(directory: directory, reason: error.reason)
        }
    }
}

extension JournalContent {
    /// What is to be laid over the store's tables.
    var overlay: Overlay {
        var overlay = Overlay()
        for record in records {
            for write in record.writes { overlay.put(write, Ticket(number: record.ordinal)) }
        }
        return overlay
    }
}
