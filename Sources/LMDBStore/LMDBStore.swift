import Basics
import CLMDB
import Storage

/// The store of a data directory: an LMDB environment, in the files `data.mdb` and `lock.mdb` of that directory, and the journal
/// before it, in `journal`.
///
/// - It reads, in whatever isolation domain owns it: it isn't Sendable, so the compiler keeps its calls apart. What
///   writes is `writer`, on any one other thread.
/// - A read never waits for a commit, but for the map to grow: microseconds, no disk.
/// - LMDB forbids to open a directory twice in one process or to go on after `fork`: the caller locks the directory.
/// - Commits are synchronous: a commit that returned survives a power failure.
/// - While it is open, the newest batches may be in the journal alone. Once it is closed, LMDB has them, and the journal is gone.
public final class LMDBStore: StoreReader {
    let environment: Environment
    /// Commits what the cores wrote.
    public let writer: LMDBWriter
    let settled: SettledReader
    /// Reads under way, one inside the other: they share a transaction and what is laid over it.
    private var depth = 0
    private var pending = Overlay()

    /// The largest size to which the map grows by itself: address space, not memory. With it all that nodes keep for
    /// others (`Limits.bytesPerNode`) fits several times over.
    public static let defaultMapLimit = 64 << 30

    /// Opens the store of a directory. All of its file is read, and what is damaged in it found (`health`), before it is
    /// relied on: about a second for a gigabyte that the system has in memory.
    ///
    /// `mapLimit` bounds the file in bytes; a batch that would exceed it ends as `.full`.
    public init(directory: String, mapLimit: Int = LMDBStore.defaultMapLimit) throws(LMDBStoreError) {
        environment = try Environment.open(directory: directory)
        let journal = try environment.openJournal()
        writer = LMDBWriter(
            environment: environment, space: try DiskSpace(environment, limit: mapLimit), journal: journal)
        settled = SettledReader(environment)
    }

    /// Makes an empty store in a directory that holds none. Where this is interrupted, what it leaves is no store: give a
    /// directory its final name only when this has returned.
    public static func create(directory: String) throws(LMDBStoreError) {
        try Environment.create(directory: directory)
    }

    deinit { writer.close() }

    /// What has been found wrong with the store.
    public var health: StoreHealth { environment.health }

    public func read(_ table: Table, _ key: [UInt8], _ body: (RawSpan) -> Void) -> Bool {
        var isFound = false
        reading { pending in isFound = pending.read(table, key, over: settled, body) }
        return isFound
    }

    public func scan(
        _ table: Table, prefix: [UInt8], after: [UInt8]?, _ body: (_ key: RawSpan, _ value: RawSpan) -> Bool
    ) {
        reading { $0.scan(table, prefix: prefix, after: after, over: settled, body) }
    }

    public func scanBackward(
        _ table: Table, prefix: [UInt8], before: [UInt8]?, _ body: (_ key: RawSpan, _ value: RawSpan) -> Bool
    ) {
        reading { $0.scanBackward(table, prefix: prefix, before: before, over: settled, body) }
    }

    public func scanHeads(
        _ table: Table, prefix: [UInt8], after: [UInt8]?, _ body: (RawSpan, Int, RawSpan) -> Bool
    ) {
        reading { $0.scanHeads(table, prefix: prefix, after: after, over: settled, body) }
    }

    /// Runs one read, in the state of the read around it or in the newest.
    func reading(_ body: (Overlay) -> Void) {
        depth += 1
        defer { depth -= 1 }
        guard depth == 1 else { return body(pending) }
        environment.shared.withLock { shared in
            guard shared.isMapped else { return }
            // A copy of references; none is left when the lock opens, so that the writer needn't copy what they refer to.
            pending = shared.pending
            settled.withTransaction { body(pending) }
            pending = Overlay()
        }
    }
}
