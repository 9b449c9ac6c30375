import CLMDB
import Exchange
import Synchronization

/// Commits batches of writes to a store's environment: each in one transaction, durable when the call returns.
///
/// A commit waits for the disk, some milliseconds: call it on a thread that may block. Calls take turns, and each begins
/// and ends its transaction on the thread that made it, as LMDB demands.
public final class LMDBWriter: Sendable {
    private let environment: Environment
    private let turn = Mutex(())

    init(environment: Environment) { self.environment = environment }

    /// Commits all of the batch, in order, or nothing of it. The map grows up to its limit.
    public func commit(_ writes: [StoreWrite]) -> CommitResult {
        turn.withLock { _ in
            while true {
                guard !environment.isBroken.load(ordering: .relaxed) else { return .failed }
                let code = attempt(writes)
                if code == MDB_SUCCESS { return .committed }
                if clmdb_is_disk_full(code, environment.directory) != 0 { return .full }
                guard code == MDB_MAP_FULL else { return .failed }
                guard growMap() else { return .full }
            }
        }
    }

    private func attempt(_ writes: [StoreWrite]) -> Int32 {
        var begun: OpaquePointer?
        let code = mdb_txn_begin(environment.handle, nil, 0, &begun)
        guard code == MDB_SUCCESS, let transaction = begun else { return code }
        for write in writes {
            let table = environment.tables[write.table.index]
            let code =
                if let value = write.value {
                    put(transaction, table, write.key, value)
                } else {
                    remove(transaction, table, write.key)
                }
            guard code == MDB_SUCCESS else {
                mdb_txn_abort(transaction)
                return code
            }
        }
        return mdb_txn_commit(transaction)
    }

    /// Doubles the map, or returns false where it has reached its limit. No write transaction is open, and the lock
    /// keeps the reader's closed.
    private func growMap() -> Bool {
        environment.mapLock.withLock { _ in
            var info = MDB_envinfo()
            guard mdb_env_info(environment.handle, &info) == MDB_SUCCESS else { return false }
            let (doubled, overflow) = info.me_mapsize.multipliedReportingOverflow(by: 2)
            let size = min(overflow ? Int.max : Int(doubled), environment.mapLimit)
            guard size > info.me_mapsize else { return false }
            return mdb_env_set_mapsize(environment.handle, size) == MDB_SUCCESS
        }
    }
}
