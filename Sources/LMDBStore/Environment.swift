import Basics
import CLMDB
import Storage
import Synchronization

/// One LMDB environment and its tables, shared by the reader and the writer.
///
/// Sendable without the compiler's proof, because: the handles are written once, in `init`, before anybody else can have
/// them; LMDB lets many threads use one environment, each with its own transaction; and the one call that needs every
/// transaction of the process to be closed, `mdb_env_set_mapsize`, is made under `mapLock`, which the reader holds while
/// its transaction is open, by the writer, outside of its own.
final class Environment: @unchecked Sendable {
    let handle: OpaquePointer
    /// By `Table.index`.
    let tables: [MDB_dbi]
    let directory: String
    /// Held while a read transaction is open, and while the map changes its size; whether there still is a map.
    let mapLock = Mutex(true)
    let health: StoreHealth
    /// Where its file was opened.
    private let place: StorePlace?
    /// The commits of the writer.
    let commits = CommitWatch()

    /// The format of keys and values that this version writes and reads.
    ///
    /// 1: values without checksums. 2: the present one.
    static let format: UInt32 = 2
    /// The size of the map until the file is known.
    private static let initialMapSize = 1 << 20
    /// The table that holds the format, beside those of the cores.
    private static let formatTable = "format"
    private static let formatKey: [UInt8] = Array("version".utf8)

    /// Opens an existing store. Throws where it is damaged in a way that LMDB would not survive.
    static func open(directory: String) throws(LMDBStoreError) -> Environment {
        let health = StoreHealth()
        do throws(StoreDamage) {
            health.recordDamage(count: try StoreCheck.damagedValues(in: directory + "/data.mdb"))
        } catch {
            throw .corrupt(directory: directory, reason: error.reason)
        }
        return try Environment(directory: directory, health: health, use: .opens)
    }

    /// Opens the store of a directory, which another process may be using, to read it.
    static func openBeside(directory: String) throws(LMDBStoreError) -> Environment {
        try Environment(directory: directory, health: StoreHealth(), use: .reads)
    }

    /// What a store is opened for.
    private enum Use {
        case creates, opens
        /// Nothing is changed: neither the file nor how large it may grow.
        case reads
    }

    /// Makes a new store, with all that belongs into an empty one, durably.
    static func create(directory: String) throws(LMDBStoreError) {
        _ = try Environment(directory: directory, health: StoreHealth(), use: .creates)
    }

    private init(directory: String, health: StoreHealth, use: Use) throws(LMDBStoreError) {
        var opened: OpaquePointer?
        try Environment.check(mdb_env_create(&opened), directory)
        guard let opened else { throw .unusable(directory: directory, reason: "out of memory") }
        do throws(LMDBStoreError) {
            try Environment.check(mdb_env_set_maxdbs(opened, MDB_dbi(Table.allCases.count + 1)), directory)
            // Without it the map is as large as the one who writes has made it.
            if use != .reads {
                try Environment.check(mdb_env_set_mapsize(opened, Environment.initialMapSize), directory)
            }
            // NOTLS ties a read transaction to nothing but its handle, so that it may be kept and renewed.
            let flags = UInt32(MDB_NOTLS) | (use == .reads ? UInt32(MDB_RDONLY) : 0)
            try Environment.check(mdb_env_open(opened, directory, flags, 0o600), directory)
            var dead: Int32 = 0
            mdb_reader_check(opened, &dead)
            tables = try Environment.openTables(opened, directory, use)
        } catch {
            mdb_env_close(opened)
            throw error
        }
        handle = opened
        self.directory = directory
        self.health = health
        place = StorePlace(directory + "/data.mdb")
    }

    /// Whether the file is still where the next start would look for it.
    var isInPlace: Bool {
        var file: mdb_filehandle_t = -1
        guard let place, mdb_env_get_fd(handle, &file) == MDB_SUCCESS else { return true }
        return place.isHeld(by: file)
    }

    /// Bytes of a page; 0 where LMDB doesn't tell.
    var pageSize: Int {
        var statistics = MDB_stat()
        return mdb_env_stat(handle, &statistics) == MDB_SUCCESS ? Int(statistics.ms_psize) : 0
    }

    /// How many pages of the file are free for new values. LMDB lists them in a table of its own, by the transactions that
    /// freed them; each value there begins with its count of pages. To be called by the writer, outside of its transaction.
    var freePages: Int {
        let tableOfFreePages: MDB_dbi = 0
        var begun: OpaquePointer?
        guard mdb_txn_begin(handle, nil, UInt32(MDB_RDONLY), &begun) == MDB_SUCCESS, let transaction = begun else {
            return 0
        }
        defer { mdb_txn_abort(transaction) }
        var opened: OpaquePointer?
        guard mdb_cursor_open(transaction, tableOfFreePages, &opened) == MDB_SUCCESS, let cursor = opened else {
            return 0
        }
        defer { mdb_cursor_close(cursor) }
        var (key, value, count) = (MDB_val(), MDB_val(), 0)
        while mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == MDB_SUCCESS {
            let list = UnsafeRawBufferPointer(value)
            if list.count >= MemoryLayout<Int>.size { count += max(0, list.loadUnaligned(as: Int.self)) }
        }
        return count
    }

    deinit { mdb_env_close(handle) }

    /// Opens every table in one transaction, after it has checked the format, or stated it in a new store.
    private static func openTables(
        _ handle: OpaquePointer, _ directory: String, _ use: Use
    ) throws(LMDBStoreError) -> [MDB_dbi] {
        var begun: OpaquePointer?
        try check(mdb_txn_begin(handle, nil, use == .reads ? UInt32(MDB_RDONLY) : 0, &begun), directory)
        guard let transaction = begun else { throw .unusable(directory: directory, reason: "no transaction") }
        do throws(LMDBStoreError) {
            if use == .creates {
                try writeFormat(transaction, directory)
            } else {
                try checkFormat(transaction, directory)
            }
            var tables: [MDB_dbi] = []
            for table in Table.allCases {
                var opened: MDB_dbi = 0
                let flags = use == .reads ? 0 : UInt32(MDB_CREATE)
                try check(mdb_dbi_open(transaction, table.rawValue, flags, &opened), directory)
                tables.append(opened)
            }
            begun = nil
            try check(mdb_txn_commit(transaction), directory)
            return tables
        } catch {
            // A commit frees its transaction even when it fails.
            if begun != nil { mdb_txn_abort(transaction) }
            throw error
        }
    }

    private static func writeFormat(_ transaction: OpaquePointer, _ directory: String) throws(LMDBStoreError) {
        var table: MDB_dbi = 0
        try check(mdb_dbi_open(transaction, formatTable, UInt32(MDB_CREATE), &table), directory)
        let code = withValue(formatKey) { key in
            withValue(format.bigEndianBytes) { value in mdb_put(transaction, table, &key, &value, 0) }
        }
        try check(code, directory)
    }

    private static func checkFormat(_ transaction: OpaquePointer, _ directory: String) throws(LMDBStoreError) {
        var table: MDB_dbi = 0
        let code = mdb_dbi_open(transaction, formatTable, 0, &table)
        // Tables without a format are not ours.
        if code == MDB_NOTFOUND || code == MDB_INCOMPATIBLE {
            throw .corrupt(directory: directory, reason: "its format is missing")
        }
        try check(code, directory)
        var found: UInt32?
        let read = get(transaction, table, formatKey) { value in
            found = value.count == 4 ? UInt32(bigEndianBytes: value.bytes) : nil
        }
        guard read == MDB_SUCCESS, let found, found > 0 else {
            throw .corrupt(directory: directory, reason: "its format is missing")
        }
        guard found == format else { throw .otherFormat(directory: directory, found: found, supported: format) }
    }

    private static func check(_ code: Int32, _ directory: String) throws(LMDBStoreError) {
        guard code != MDB_SUCCESS else { return }
        let reason = String(cString: mdb_strerror(code))
        if clmdb_is_corrupt(code) != 0 { throw .corrupt(directory: directory, reason: reason) }
        if clmdb_is_disk_full(code, directory) != 0 || code == MDB_MAP_FULL { throw .full(directory: directory) }
        throw .unusable(directory: directory, reason: reason)
    }
}

/// Calls `body` with what lies under `key`, valid only during the call, and returns LMDB's code.
func get(
    _ transaction: OpaquePointer, _ table: MDB_dbi, _ key: [UInt8], _ body: (UnsafeRawBufferPointer) -> Void
) -> Int32 {
    var value = MDB_val()
    let code = withValue(key) { key in mdb_get(transaction, table, &key, &value) }
    if code == MDB_SUCCESS { body(UnsafeRawBufferPointer(value)) }
    return code
}

/// LMDB takes pointers to mutable memory and changes none of it here.
func withValue<Result>(_ bytes: [UInt8], _ body: (inout MDB_val) -> Result) -> Result {
    bytes.withUnsafeBytes { bytes in
        var value = MDB_val(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
        return body(&value)
    }
}

extension UnsafeRawBufferPointer {
    init(_ value: MDB_val) { self.init(start: value.mv_data, count: value.mv_size) }
}
