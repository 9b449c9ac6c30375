import CLMDB
import Storage
import Synchronization

/// Commits batches of writes to a store's environment: each in one transaction, durable when the call returns.
///
/// A commit waits for the disk, some milliseconds: call it on a thread that may block. Calls take turns, and each begins
/// and ends its transaction on the thread that made it, as LMDB demands.
public final class LMDBWriter: Sendable {
    private let environment: Environment
    /// Held during a commit.
    private let disk: Mutex<Disk>

    private struct Disk {
        var space: DiskSpace
        var shortage = Shortage()
    }

    init(environment: Environment, space: DiskSpace) {
        self.environment = environment
        disk = Mutex(Disk(space: space))
    }

    /// Commits all of the batch, in order, or nothing of it.
    public func commit(_ writes: [StoreWrite]) -> CommitResult {
        let health = environment.health
        guard !health.isBroken else { return .failed }
        let result = disk.withLock { disk in
            defer { disk.space.closeReserve(environment) }
            guard disk.space.leavesPersonsShare(environment, after: writes) else {
                health.record(isNearlyFull: true)
                return CommitResult.full
            }
            let result = commit(writes, &disk.space)
            switch result {
            case .committed: disk.shortage.observeCommit(of: writes, usedReserve: disk.space.usesReserve)
            case .full: disk.shortage.observeRefusal(of: writes)
            case .failed: break
            }
            if health.isFull != disk.shortage.isFull { health.record(isFull: disk.shortage.isFull) }
            if result == .committed, writes.contains(where: { $0.table.growsByOthers && $0.value != nil }) {
                health.record(isNearlyFull: false)
            }
            return result
        }
        // Data written to a file that the next start won't find is not stored.
        guard result != .committed || checkPlace() else { return .failed }
        if result == .failed { health.recordBroken() }
        return result
    }

    /// Whether the store's file is still where it was opened; if not, nothing is committed any more, as after a failure
    /// of the disk. To be called from time to time while nothing is committed. Takes some microseconds, unless the disk
    /// hangs.
    @discardableResult
    public func checkPlace() -> Bool {
        let isInPlace = environment.isInPlace
        if !isInPlace { environment.health.recordGone() }
        return isInPlace
    }

    private func commit(_ writes: [StoreWrite], _ space: inout DiskSpace) -> CommitResult {
        while true {
            let code = attempt(writes)
            if code == MDB_SUCCESS { return .committed }
            if clmdb_is_disk_full(code, environment.directory) != 0 { return .full }
            guard code == MDB_MAP_FULL else { return .failed }
            guard
                space.grow(environment, by: DiskSpace.size(of: writes)) || space.openReserve(environment, for: writes)
            else { return .full }
        }
    }

    private func attempt(_ writes: [StoreWrite]) -> Int32 {
        var begun: OpaquePointer?
        let code = mdb_txn_begin(environment.handle, nil, 0, &begun)
        guard code == MDB_SUCCESS, let transaction = begun else { return code }
        for write in writes {
            let code =
                if let value = write.value {
                    put(transaction, write.table, write.key, value)
                } else {
                    remove(transaction, write.table, write.key)
                }
            guard code == MDB_SUCCESS else {
                mdb_txn_abort(transaction)
                return code
            }
        }
        return environment.commits.commit { mdb_txn_commit(transaction) }
    }

    private func put(_ transaction: OpaquePointer, _ table: Table, _ key: [UInt8], _ value: [UInt8]) -> Int32 {
        withValue(key) { key in
            let seed = StoredValue.seed(table, UnsafeRawBufferPointer(key))
            var place = MDB_val(mv_size: StoredValue.size(of: value.count), mv_data: nil)
            let code = mdb_put(transaction, environment.tables[table.index], &key, &place, UInt32(MDB_RESERVE))
            guard code == MDB_SUCCESS else { return code }
            StoredValue.fill(
                UnsafeMutableRawBufferPointer(start: place.mv_data, count: place.mv_size), with: value, seed: seed)
            return code
        }
    }

    /// Removing an absent value is a success.
    private func remove(_ transaction: OpaquePointer, _ table: Table, _ key: [UInt8]) -> Int32 {
        let code = withValue(key) { key in mdb_del(transaction, environment.tables[table.index], &key, nil) }
        return code == MDB_NOTFOUND ? MDB_SUCCESS : code
    }
}
