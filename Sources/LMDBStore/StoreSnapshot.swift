import Basics
import CLMDB
import Storage

/// What a store holds at one moment, read while another process goes on writing to it.
///
/// The process that runs the node has checked the whole file when it opened the store, and LMDB lets others read beside it. As
/// long as the snapshot lasts, the file can't use the room of what was removed since again, and grows by as much. LMDB forbids
/// to open a directory twice in one process: the store must not be open in this one.
public final class StoreSnapshot: StoreReader {
    private let tables: TableSnapshot
    /// What only the journal had.
    private let pending: Overlay

    /// Between two reads of the one and the other, LMDB may take over what the journal holds; then both are read again, so often.
    private static let attempts = 16

    /// Values met that were damaged; they count as absent.
    public var damagedReads: Int { tables.damagedReads }

    /// Takes a snapshot of the store of a directory.
    public init(directory: String) throws(LMDBStoreError) {
        let tables = try TableSnapshot(directory: directory)
        var pending: Overlay?
        var reason = ""
        for _ in 0..<StoreSnapshot.attempts where pending == nil {
            do throws(StoreDamage) { pending = try tables.pending() } catch {
                reason = error.reason
                try tables.renew()
            }
        }
        guard let pending else { throw .corrupt(directory: directory, reason: reason) }
        (self.tables, self.pending) = (tables, pending)
    }

    public func read(_ table: Table, _ key: [UInt8], _ body: (RawSpan) -> Void) -> Bool {
        pending.read(table, key, over: tables, body)
    }

    public func scan(
        _ table: Table, prefix: [UInt8], after: [UInt8]?, _ body: (_ key: RawSpan, _ value: RawSpan) -> Bool
    ) {
        pending.scan(table, prefix: prefix, after: after, over: tables, body)
    }

    public func scanBackward(
        _ table: Table, prefix: [UInt8], before: [UInt8]?, _ body: (_ key: RawSpan, _ value: RawSpan) -> Bool
    ) {
        pending.scanBackward(table, prefix: prefix, before: before, over: tables, body)
    }

    public func scanHeads(
        _ table: Table, prefix: [UInt8], after: [UInt8]?,
        _ body: (_ key: RawSpan, _ size: Int, _ head: RawSpan) -> Bool
    ) {
        pending.scanHeads(table, prefix: prefix, after: after, over: tables, body)
    }
}
