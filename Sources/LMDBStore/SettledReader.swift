import Basics
import CLMDB
import Storage

/// Reads what LMDB has, in one transaction after the other; `LMDBStore` lays over it what only the journal has.
final class SettledReader: StoreReader {
    private let environment: Environment
    /// Kept between reads, reset, so that it pins no old pages then.
    private var transaction: OpaquePointer?
    private var verified = VerifiedValues()

    init(_ environment: Environment) { self.environment = environment }

    deinit {
        if let transaction { mdb_txn_abort(transaction) }
    }

    /// Runs reads in the newest state. The lock of `Environment.shared` is held meanwhile.
    func withTransaction(_ body: () -> Void) {
        guard let transaction = begin() else { return }
        body()
        mdb_txn_reset(transaction)
    }

    func read(_ table: Table, _ key: [UInt8], _ body: (RawSpan) -> Void) -> Bool {
        // LMDB calls such keys an error; nothing is stored under them.
        guard (1...Limits.keySize).contains(key.count), let transaction else { return false }
        var isFound = false
        record(
            get(transaction, environment.tables[table.index], key) { stored in
                let seed = key.withUnsafeBytes { StoredValue.seed(table, $0) }
                guard let value = sound(stored, seed) else { return }
                isFound = true
                body(value.bytes)
            })
        return isFound
    }

    func scan(
        _ table: Table, prefix: [UInt8], after: [UInt8]?, _ body: (_ key: RawSpan, _ value: RawSpan) -> Bool
    ) {
        visit(table, prefix: prefix, after: after) { key, stored in
            guard let value = sound(stored, StoredValue.seed(table, key)) else { return true }
            return body(key.bytes, value.bytes)
        }
    }

    func scanBackward(
        _ table: Table, prefix: [UInt8], before: [UInt8]?, _ body: (_ key: RawSpan, _ value: RawSpan) -> Bool
    ) {
        guard prefix.count <= Limits.keySize, (before?.count ?? 0) <= Limits.keySize, let transaction else { return }
        record(
            environment.visitBackward(transaction, table, prefix: prefix, before: before) { key, stored in
                guard let value = sound(stored, StoredValue.seed(table, key)) else { return true }
                return body(key.bytes, value.bytes)
            })
    }

    func scanHeads(
        _ table: Table, prefix: [UInt8], after: [UInt8]?, _ body: (RawSpan, Int, RawSpan) -> Bool
    ) {
        visit(table, prefix: prefix, after: after) { key, stored in
            guard stored.count >= Checksum.size else { return true }
            let value = UnsafeRawBufferPointer(rebasing: stored.dropLast(Checksum.size))
            return body(key.bytes, value.count, value.bytes.extracting(first: StoreHead.byteCount))
        }
    }

    /// Visits what is stored under a prefix, checksums included.
    func visit(_ table: Table, prefix: [UInt8], after: [UInt8]?, _ body: Environment.Visitor) {
        guard prefix.count <= Limits.keySize, (after?.count ?? 0) <= Limits.keySize, let transaction else { return }
        record(environment.visit(transaction, table, prefix: prefix, after: after, body))
    }

    private var health: StoreHealth { environment.health }

    /// The value in what is stored; a damaged one counts as absent.
    private func sound(_ stored: UnsafeRawBufferPointer, _ seed: UInt64) -> UnsafeRawBufferPointer? {
        if verified.contains(stored, seed) { return UnsafeRawBufferPointer(rebasing: stored.dropLast(Checksum.size)) }
        let value = StoredValue.open(stored, seed: seed)
        if value == nil { health.recordDamage(count: 1) } else { verified.insert(stored, seed) }
        return value
    }

    /// Begins to read the newest state; begins again if commits came in between.
    private func begin() -> OpaquePointer? {
        for _ in 0..<SettledReader.beginnings {
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
