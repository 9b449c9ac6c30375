import Basics
import CLMDB
import Storage

/// The store of a data directory: one LMDB environment, in the files `data.mdb` and `lock.mdb` of that directory.
///
/// - It reads, in whatever isolation domain owns it: it isn't Sendable, so the compiler keeps its calls apart. What
///   writes is `writer`, on any one other thread.
/// - A read never waits for a commit, but for the map to grow: microseconds, no disk.
/// - LMDB forbids to open a directory twice in one process or to go on after `fork`: the caller locks the directory.
/// - Commits are synchronous (no `MDB_NOSYNC`): a commit that returned survives a power failure.
public final class LMDBStore: StoreReader {
    let environment: Environment
    /// Commits what the cores wrote.
    public let writer: LMDBWriter
    /// Kept between reads, reset, so that it pins no old pages then.
    private var transaction: OpaquePointer?
    /// Reads under way, one inside the other: they share a transaction.
    private var depth = 0
    private var verified = VerifiedValues()

    /// The largest size to which the map grows by itself: address space, not memory. With it all that nodes keep for
    /// others (`Limits.bytesPerNode`) fits several times over.
    public static let defaultMapLimit = 64 << 30

    /// Opens the store of a directory. All of its file is read, and what is damaged in it found (`health`), before it is
    /// relied on: about a second for a gigabyte that the system has in memory.
    ///
    /// `mapLimit` bounds the file in bytes; a batch that would exceed it ends as `.full`.
    public init(directory: String, mapLimit: Int = LMDBStore.defaultMapLimit) throws(LMDBStoreError) {
        environment = try Environment.open(directory: directory)
        writer = LMDBWriter(environment: environment, space: try DiskSpace(environment, limit: mapLimit))
    }

    /// Makes an empty store in a directory that holds none. Where this is interrupted, what it leaves is no store: give a
    /// directory its final name only when this has returned.
    public static func create(directory: String) throws(LMDBStoreError) {
        try Environment.create(directory: directory)
    }

    deinit {
        if let transaction { mdb_txn_abort(transaction) }
    }

    /// What has been found wrong with the store.
    public var health: StoreHealth { environment.health }

    public func read(_ table: Table, _ key: [UInt8], _ body: (RawSpan) -> Void) -> Bool {
        // LMDB calls such keys an error; nothing is stored under them.
        guard (1...Limits.keySize).contains(key.count) else { return false }
        var isFound = false
        withTransaction { transaction in
            get(transaction, environment.tables[table.index], key) { stored in
                let seed = key.withUnsafeBytes { StoredValue.seed(table, $0) }
                guard let value = sound(stored, seed) else { return }
                isFound = true
                body(value.bytes)
            }
        }
        return isFound
    }

    public func scan(
        _ table: Table, prefix: [UInt8], after: [UInt8]?, _ body: (_ key: RawSpan, _ value: RawSpan) -> Bool
    ) {
        visit(table, prefix: prefix, after: after) { key, stored in
            guard let value = sound(stored, StoredValue.seed(table, key)) else { return true }
            return body(key.bytes, value.bytes)
        }
    }

    public func scanBackward(
        _ table: Table, prefix: [UInt8], before: [UInt8]?, _ body: (_ key: RawSpan, _ value: RawSpan) -> Bool
    ) {
        guard prefix.count <= Limits.keySize, (before?.count ?? 0) <= Limits.keySize else { return }
        withTransaction { transaction in
            environment.visitBackward(transaction, table, prefix: prefix, before: before) { key, stored in
                guard let value = sound(stored, StoredValue.seed(table, key)) else { return true }
                return body(key.bytes, value.bytes)
            }
        }
    }

    public func scanHeads(
        _ table: Table, prefix: [UInt8], after: [UInt8]?, _ body: (RawSpan, Int, RawSpan) -> Bool
    ) {
        visit(table, prefix: prefix, after: after) { key, stored in
            guard stored.count >= Checksum.size else { return true }
            let value = UnsafeRawBufferPointer(rebasing: stored.dropLast(Checksum.size))
            return body(key.bytes, value.count, value.bytes.extracting(first: StoreHead.byteCount))
        }
    }

    /// Visits what is stored under a prefix, checksums included.
    func visit(
        _ table: Table, prefix: [UInt8], after: [UInt8]?,
        _ body: (_ key: UnsafeRawBufferPointer, _ stored: UnsafeRawBufferPointer) -> Bool
    ) {
        guard prefix.count <= Limits.keySize, (after?.count ?? 0) <= Limits.keySize else { return }
        withTransaction { transaction in
            environment.visit(transaction, table, prefix: prefix, after: after, body)
        }
    }

    /// The value in what is stored; a damaged one counts as absent.
    private func sound(_ stored: UnsafeRawBufferPointer, _ seed: UInt64) -> UnsafeRawBufferPointer? {
        if verified.contains(stored, seed) { return UnsafeRawBufferPointer(rebasing: stored.dropLast(Checksum.size)) }
        let value = StoredValue.open(stored, seed: seed)
        if value == nil { health.recordDamage(count: 1) } else { verified.insert(stored, seed) }
        return value
    }

    /// Runs one read, inside the transaction of the read around it or in one of its own.
    private func withTransaction(_ body: (OpaquePointer) -> Int32) {
        depth += 1
        defer { depth -= 1 }
        if depth > 1, let transaction {
            record(body(transaction))
            return
        }
        environment.mapLock.withLock { isMapped in
            guard isMapped, let transaction = begin() else { return }
            record(body(transaction))
            mdb_txn_reset(transaction)
        }
    }

    /// Begins to read the newest state; begins again if commits came in between.
    private func begin() -> OpaquePointer? {
        for _ in 0..<LMDBStore.beginnings {
            var begun: OpaquePointer?
            let commits = environment.commits.commits { begun = beginOnce() }
            guard let begun, commits > 1 else { return begun }
            mdb_txn_reset(begun)
        }
        return beginOnce()
    }

    /// Times that a read begins again. Each time two commits must have come in between, so the reader was suspended as
    /// often, for as long as both took.
    private static let beginnings = 16

    private func beginOnce() -> OpaquePointer? {
        if let transaction {
            let code = mdb_txn_renew(transaction)
            record(code)
            return code == MDB_SUCCESS ? transaction : nil
        }
        record(mdb_txn_begin(environment.handle, nil, UInt32(MDB_RDONLY), &transaction))
        return transaction
    }

    private func record(_ code: Int32) {
        guard code != MDB_SUCCESS, code != MDB_NOTFOUND else { return }
        health.recordBroken()
    }
}
