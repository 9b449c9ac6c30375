import CLMDB
import Storage

/// The space that the disk has allocated for a store's file, and how much of it may be used.
///
/// LMDB writes changes to new pages, so on a full disk not even a removal is possible. Therefore it must never fill the
/// disk: space is allocated first, by `fallocate`, and LMDB's map ends before the end of that space. The difference is
/// a reserve that only batches which free something may use.
struct DiskSpace {
    /// Bytes that the disk has set aside, from the file's beginning.
    private(set) var allocated = 0
    /// The largest size of the file.
    let limit: Int
    /// Whether the map reaches into the reserve.
    private(set) var usesReserve = false

    /// Allocated at once, so that a new store takes little and a large one doesn't grow all the time.
    private static let smallestStep = 256 << 10
    private static let largestStep = 64 << 20
    /// The last step tried on a disk that is nearly full.
    private static let lastStep = 32 << 10
    /// A sweep changes some hundred pages: of a small store, fewer than it has.
    private static let smallestReserve = 128 << 10
    private static let largestReserve = 4 << 20
    /// Bytes of values in a batch that may use the reserve: what is written beside what is removed.
    private static let smallBatch = 64 << 10
    /// What is kept for others leaves so much of the disk to the person, but at most a quarter of a small one.
    private static let largestPersonsShare = 64 << 20
    /// The map's size is a multiple of every system's page.
    private static let grain = 64 << 10

    /// Takes over a file and gives the map its size.
    init(_ environment: Environment, limit: Int) throws(LMDBStoreError) {
        self.limit = limit / DiskSpace.grain * DiskSpace.grain
        var file: mdb_filehandle_t = -1
        _ = mdb_env_get_fd(environment.handle, &file)
        // Space that was allocated earlier, unless the file was copied without it.
        let size = clmdb_file_size(file)
        allocated = DiskSpace.used(environment)
        if size > allocated, clmdb_reserve(file, size) == 0 { allocated = Int(size) }
        _ = grow(environment, by: 0)
        guard setMap(environment) else {
            throw .unusable(directory: environment.directory, reason: "its map can't be made")
        }
    }

    /// Bytes that the store's pages take, free ones included.
    private static func used(_ environment: Environment) -> Int {
        var info = MDB_envinfo()
        guard mdb_env_info(environment.handle, &info) == MDB_SUCCESS else { return 0 }
        return (Int(info.me_last_pgno) + 1) * environment.pageSize
    }

    private static func reserve(_ used: Int) -> Int { min(max(used / 8, smallestReserve), largestReserve) }

    /// Makes room for `bytes` more; returns whether there is more than before. No transaction of the writer's is open.
    mutating func grow(_ environment: Environment, by bytes: Int) -> Bool {
        var file: mdb_filehandle_t = -1
        guard mdb_env_get_fd(environment.handle, &file) == MDB_SUCCESS else { return false }
        let used = DiskSpace.used(environment)
        var step = max(min(max(used / 8, DiskSpace.smallestStep), DiskSpace.largestStep), bytes)
        step += max(0, used + DiskSpace.reserve(used) - allocated)
        while step >= DiskSpace.lastStep {
            let wanted = min((allocated + step + DiskSpace.grain - 1) / DiskSpace.grain * DiskSpace.grain, limit)
            guard wanted > allocated else { return false }
            if clmdb_reserve(file, Int64(wanted)) == 0 {
                allocated = wanted
                return setMap(environment)
            }
            step /= 2
        }
        return false
    }

    /// Whether a batch leaves the person's share of the disk free. Only what it keeps for others counts: mail for others,
    /// which comes in without anybody's doing, would otherwise take the room that the person's own mail needs.
    func leavesPersonsShare(_ environment: Environment, after writes: [StoreWrite]) -> Bool {
        let added = writes.reduce(0) { $0 + ($1.table.growsByOthers ? $1.value?.count ?? 0 : 0) }
        guard added > 0, let disk = DiskSpace.disk(environment) else { return true }
        let share = DiskSpace.personsShare(of: min(disk.size, limit))
        let used = DiskSpace.used(environment)
        let room = min(disk.free, limit - allocated) + allocated - used - DiskSpace.reserve(used)
        // The free pages within the file take longer to count, and matter on a small or nearly full disk only.
        return room - added >= share || room + environment.freePages * environment.pageSize - added >= share
    }

    private static func personsShare(of size: Int) -> Int { min(largestPersonsShare, size / 4) }

    /// What a store takes of its disk.
    static func report(_ environment: Environment) -> LMDBStore.Space {
        let disk = disk(environment)
        return LMDBStore.Space(
            used: used(environment), diskFree: disk?.free, personsShare: disk.map { personsShare(of: $0.size) } ?? 0)
    }

    /// The bytes of the disk that holds the store, and those that are free; nil where the system doesn't tell.
    private static func disk(_ environment: Environment) -> (size: Int, free: Int)? {
        var file: mdb_filehandle_t = -1
        var (size, free) = (Int64(0), Int64(0))
        guard mdb_env_get_fd(environment.handle, &file) == MDB_SUCCESS, clmdb_disk(file, &size, &free) == 0 else {
            return nil
        }
        return (Int(clamping: size), Int(clamping: free))
    }

    /// Lets the batch at hand use the reserve if it frees something; returns false where it doesn't, or has already.
    mutating func openReserve(_ environment: Environment, for writes: [StoreWrite]) -> Bool {
        guard !usesReserve, writes.contains(where: { $0.value == nil }),
            writes.reduce(0, { $0 + ($1.value?.count ?? 0) }) <= DiskSpace.smallBatch
        else { return false }
        usesReserve = true
        return setMap(environment)
    }

    /// Ends what `openReserve` has begun.
    mutating func closeReserve(_ environment: Environment) {
        guard usesReserve else { return }
        usesReserve = false
        _ = setMap(environment)
    }

    /// If the map would end before the last page, LMDB makes it end there. The lock keeps the reader's transaction
    /// closed.
    private func setMap(_ environment: Environment) -> Bool {
        environment.mapLock.withLock { isMapped in
            // What is used stands in the map.
            guard isMapped else { return false }
            let end = usesReserve ? allocated : allocated - DiskSpace.reserve(DiskSpace.used(environment))
            let size = max(DiskSpace.grain, end / DiskSpace.grain * DiskSpace.grain)
            if mdb_env_set_mapsize(environment.handle, size) != MDB_SUCCESS {
                isMapped = false
                environment.health.recordBroken()
            }
            return isMapped
        }
    }

    /// What a batch takes at most, but for what LMDB's tree takes: a page each is more than that for all but the smallest.
    static func size(of writes: [StoreWrite]) -> Int {
        writes.reduce(0) { $0 + ($1.value?.count ?? 0) + $1.key.count + 4_096 }
    }
}
