import Basics
import CLMDB
import Storage

/// What LMDB's tables hold at one moment, read in one transaction beside the process that writes to them.
final class TableSnapshot: StoreReader {
    private let environment: Environment
    private let transaction: OpaquePointer
    /// Values met that were damaged; they count as absent.
    private(set) var damagedReads = 0

    /// The map may have to be adopted anew as often, while the other process makes it larger.
    private static let attempts = 16

    init(directory: String) throws(LMDBStoreError) {
        let environment = try Environment.openBeside(directory: directory)
        var begun: OpaquePointer?
        var code = mdb_txn_begin(environment.handle, nil, UInt32(MDB_RDONLY), &begun)
        for _ in 0..<TableSnapshot.attempts where code == MDB_MAP_RESIZED {
            mdb_env_set_mapsize(environment.handle, 0)
            code = mdb_txn_begin(environment.handle, nil, UInt32(MDB_RDONLY), &begun)
        }
        guard code == MDB_SUCCESS, let begun else {
            throw .unusable(directory: directory, reason: String(cString: mdb_strerror(code)))
        }
        self.environment = environment
        transaction = begun
    }

    /// Goes on to the newest state.
    func renew() throws(LMDBStoreError) {
        mdb_txn_reset(transaction)
        var code = mdb_txn_renew(transaction)
        for _ in 0..<TableSnapshot.attempts where code == MDB_MAP_RESIZED {
            mdb_env_set_mapsize(environment.handle, 0)
            code = mdb_txn_renew(transaction)
        }
        guard code != MDB_SUCCESS else { return }
        throw .unusable(directory: environment.directory, reason: String(cString: mdb_strerror(code)))
    }

    /// What the journal has and the tables, as they are in this state, don't. Throws where it does not follow on them.
    func pending() throws(StoreDamage) -> Overlay {
        let mark = try environment.mark(transaction)
        guard let file = try JournalFile.open(in: environment.directory, forWriting: false) else { return Overlay() }
        return try JournalContent(file.read(), mark).overlay
    }

    deinit { mdb_txn_abort(transaction) }

    func read(_ table: Table, _ key: [UInt8], _ body: (RawSpan) -> Void) -> Bool {
        guard (1...Limits.keySize).contains(key.count) else { return false }
        var isFound = false
        _ = get(transaction, environment.tables[table.index], key) { stored in
            let seed = key.withUnsafeBytes { StoredValue.seed(table, $0) }
            guard let value = sound(stored, seed) else { return }
            isFound = true
            body(value.bytes)
        }
        return isFound
    }

    func scan(
        _ table: Table, prefix: [UInt8], after: [UInt8]?, _ body: (_ key: RawSpan, _ value: RawSpan) -> Bool
    ) {
        guard prefix.count <= Limits.keySize, (after?.count ?? 0) <= Limits.keySize else { return }
        _ = environment.visit(transaction, table, prefix: prefix, after: after) { key, stored in
            guard let value = sound(stored, StoredValue.seed(table, key)) else { return true }
            return body(key.bytes, value.bytes)
        }
    }

    func scanBackward(
        _ table: Table, prefix: [UInt8], before: [UInt8]?, _ body: (_ key: RawSpan, _ value: RawSpan) -> Bool
    ) {
        guard prefix.count <= Limits.keySize, (before?.count ?? 0) <= Limits.keySize else { return }
        _ = environment.visitBackward(transaction, table, prefix: prefix, before: before) { key, stored in
            guard let value = sound(stored, StoredValue.seed(table, key)) else { return true }
            return body(key.bytes, value.bytes)
        }
    }

    func scanHeads(
        _ table: Table, prefix: [UInt8], after: [UInt8]?, _ body: (RawSpan, Int, RawSpan) -> Bool
    ) {
        scan(table, prefix: prefix, after: after) { key, value in
            body(key, value.byteCount, value.extracting(first: StoreHead.byteCount))
        }
    }

    private func sound(_ stored: UnsafeRawBufferPointer, _ seed: UInt64) -> UnsafeRawBufferPointer? {
        let value = StoredValue.open(stored, seed: seed)
        if value == nil { damagedReads += 1 }
        return value
    }
}
