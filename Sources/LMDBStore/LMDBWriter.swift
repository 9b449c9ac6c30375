import CLMDB
import Storage
import Synchronization

/// Commits batches of writes to a store: each becomes durable as a whole or not at all, and is so when the call returns.
///
/// A batch is written to the journal, and laid over LMDB's tables for readers. When the journal is full, LMDB takes over what
/// it holds, in one transaction. A batch that is too large for the journal, or for which the disk may soon lack room, goes to LMDB
/// at once: so what is in the journal alone can be taken over.
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
        /// Nil until the first batch that fits into one, and where the disk takes none.
        var journal: Journal?
        /// Whether a journal could not be made; the next start tries again.
        var lacksJournal = false
        /// What the batches that are in the journal alone take of LMDB's file at most.
        var unsettledSize: Int
    }

    init(environment: Environment, space: DiskSpace, journal: Journal?) {
        self.environment = environment
        let pending = environment.shared.withLock { $0.pending.writes }
        disk = Mutex(Disk(space: space, journal: journal, unsettledSize: DiskSpace.largestSize(of: pending)))
    }

    /// Bytes of the journal; 0 where there is none.
    var journalSize: Int { disk.withLock { $0.journal?.size ?? 0 } }

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
            let result = journal(writes, &disk) ?? commitAtOnce(writes, &disk)
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

    /// Has LMDB take over what only the journal has. To be called from time to time, so that LMDB's file is seldom old, and before
    /// that file is looked at by itself. Where the disk is full nothing changes: the batches stay in the journal.
    @discardableResult
    public func settle() -> CommitResult {
        guard !environment.health.isBroken else { return .failed }
        let result = disk.withLock { disk in
            defer { disk.space.closeReserve(environment) }
            return settle(&disk)
        }
        if result == .failed { environment.health.recordBroken() }
        return result
    }

    /// Has LMDB take over everything, and removes the journal: what is left is a store as older versions read it, all of it in one
    /// file. Nothing is to be committed afterwards. Where the disk is full or fails, the journal stays as it is.
    func close() {
        guard !environment.health.isBroken else { return }
        disk.withLock { disk in
            defer { disk.space.closeReserve(environment) }
            guard disk.journal != nil, settle(&disk, isLast: true) == .committed else { return }
            disk.journal?.remove()
            (disk.journal, disk.lacksJournal) = (nil, true)
        }
    }

    /// Whether the store's files are still where they were opened; if not, nothing is committed any more, as after a failure
    /// of the disk. To be called from time to time while nothing is committed. Takes some microseconds, unless the disk
    /// hangs.
    @discardableResult
    public func checkPlace() -> Bool {
        let isInPlace = environment.isInPlace && disk.withLock { $0.journal?.isInPlace ?? true }
        if !isInPlace { environment.health.recordGone() }
        return isInPlace
    }

    // MARK: The journal

    /// Makes a batch durable in the journal; nil where it can't be, or LMDB might not be able to take it over.
    private func journal(_ writes: [StoreWrite], _ disk: inout Disk) -> CommitResult? {
        let (size, added) = (JournalRecord.size(of: writes), DiskSpace.largestSize(of: writes))
        guard size <= disk.journal?.size ?? Journal.initialSize, !writes.isEmpty,
            disk.space.holds(disk.unsettledSize + added, environment)
        else { return nil }
        if disk.journal == nil { beginJournal(&disk) }
        if disk.journal?.holds(size) == false {
            let result = settle(&disk)
            guard result == .committed else { return result }
        }
        switch disk.journal?.append(writes) {
        case nil, .full: return nil
        case .failed: return .failed
        case .durable: break
        }
        let ticket = Ticket(number: disk.journal?.last ?? 0)
        disk.unsettledSize += added
        environment.shared.withLock { shared in
            for write in writes { shared.pending.put(write, ticket) }
        }
        return .committed
    }

    /// Makes a journal, and has LMDB know it before it is used.
    private func beginJournal(_ disk: inout Disk) {
        guard !disk.lacksJournal else { return }
        disk.lacksJournal = true
        guard disk.space.sparesJournal(environment), let journal = Journal(in: environment.directory) else { return }
        guard commit([], journal.mark(isUsed: true), &disk.space) == .committed else { return journal.remove() }
        disk.journal = journal
    }

    private func settle(_ disk: inout Disk, isLast: Bool = false) -> CommitResult {
        guard let mark = disk.journal?.mark(isUsed: !isLast), isLast || disk.journal?.isSettled == false else {
            return .committed
        }
        let pending = environment.shared.withLock { $0.pending }.writes
        let result = commit(pending, mark, &disk.space)
        guard result == .committed else { return result }
        // What is taken away ends when the lock is open again: readers needn't wait for that.
        _ = environment.shared.withLock { shared in
            defer { shared.pending = Overlay() }
            return shared.pending
        }
        disk.unsettledSize = 0
        disk.journal?.rewind()
        return .committed
    }

    // MARK: LMDB

    /// Commits a batch without the journal, after what the journal has.
    private func commitAtOnce(_ writes: [StoreWrite], _ disk: inout Disk) -> CommitResult {
        let result = settle(&disk)
        return result == .committed ? commit(writes, nil, &disk.space) : result
    }

    /// Commits writes in one transaction of LMDB, and with them what is said of the journal from then on.
    private func commit(_ writes: [StoreWrite], _ mark: JournalMark?, _ space: inout DiskSpace) -> CommitResult {
        while true {
            let code = attempt(writes, mark)
            if code == MDB_SUCCESS { return .committed }
            if clmdb_is_disk_full(code, environment.directory) != 0 { return .full }
            guard code == MDB_MAP_FULL else { return .failed }
            guard
                space.grow(environment, by: DiskSpace.size(of: writes))
                    || space.openReserve(environment, for: writes, areDurable: mark != nil)
            else { return .full }
        }
    }

    private func attempt(_ writes: [StoreWrite], _ mark: JournalMark?) -> Int32 {
        var begun: OpaquePointer?
        let code = mdb_txn_begin(environment.handle, nil, 0, &begun)
        guard code == MDB_SUCCESS, let transaction = begun else { return code }
        var written = mark.map { environment.setMark($0, transaction) } ?? MDB_SUCCESS
        for write in writes where written == MDB_SUCCESS {
            written =
                if let value = write.value {
                    put(transaction, write.table, write.key, value)
                } else {
                    remove(transaction, write.table, write.key)
                }
        }
        guard written == MDB_SUCCESS else {
            mdb_txn_abort(transaction)
            return written
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
