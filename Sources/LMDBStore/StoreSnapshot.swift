import Basics
import CLMDB
import Storage

/// What a store holds at one moment, read while another process goes on writing to it.
///
/// The process that runs the node has checked the whole file when it opened the store, and LMDB lets others read beside it. As
/// long as the snapshot lasts, the file can't use the room of what was removed since again, and grows by as much. LMDB forbids
/// to open a directory twice in one process: the store must not be open in this one.
public final class StoreSnapshot: StoreReader {
    private let environment: Environment
    private let transaction: OpaquePointer
    /// Values met that were damaged; they count as absent.
    public private(set) var damagedReads = 0

    /// The map may have to be adopted anew as often, while the other process makes it larger.
    private static let attempts = 16

    /// Takes a snapshot of the store of a directory.
    public init(directory: String) throws(LMDBStoreError) {
        let environment = try Environment.openBeside(directory: directory)
        var begun: OpaquePointer?
        var code = mdb_txn_begin(environment.handle, nil, UInt32(MDB_RDONLY), &begun)
        for _ in 0..<StoreSnapshot.attempts where code == MDB_MAP_RESIZED {
            mdb_env_set_mapsize(environment.handle, 0)
            code = mdb_txn_begin(environment.handle, nil, UInt32(MDB_RDONLY), &begun)
        }
        guard code == MDB_SUCCESS, let begun else {
            throw .unusable(directory: directory, reason: String(cString: mdb_strerror(code)))
        }
        self.environment = environment
        transaction = begun
    }

    deinit { mdb_txn_abort(transaction) }

    public func read(_ table: Table, _ key: [UInt8], _ body: (RawSpan) -> Void) -> Bool {
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

    public func scan(
        _ table: Table, prefix: [UInt8], after: [UInt8]?, _ body: (_ key: RawSpan, _ value: RawSpan) -> Bool
    ) {
        guard prefix.count <= Limits.keySize, (after?.count ?? 0) <= Limits.keySize else { return }
        _ = environment.visit(transaction, table, prefix: prefix, after: after) { key, stored in
            guard let value = sound(stored, StoredValue.seed(table, key)) else { return true }
            return body(key.bytes, value.bytes)
        }
    }

    public func scanBackward(
        _ table: Table, prefix: [UInt8], before: [UInt8]?, _ body: (_ key: RawSpan, _ value: RawSpan) -> Bool
    ) {
        guard prefix.count <= Limits.keySize, (before?.count ?? 0) <= Limits.keySize else { return }
        _ = environment.visitBackward(transaction, table, prefix: prefix, before: before) { key, stored in
            guard let value = sound(stored, StoredValue.seed(table, key)) else { return true }
            return body(key.bytes, value.bytes)
        }
    }

    public func scanHeads(
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
