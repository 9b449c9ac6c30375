import Basics
import Storage

/// Writes of one core that become durable together or not at all.
public struct WriteBatch: Sendable {
    /// Whose writes they are: each core counts tickets of its own.
    public enum Owner: Hashable, Sendable {
        /// The node.
        case node
        /// The agent of the person.
        case person
    }

    /// Whose they are.
    public let owner: Owner
    /// The writes, in order.
    public let writes: [StoreWrite]
    /// The ticket of the last of them.
    public let through: Ticket

    public init(owner: Owner, writes: [StoreWrite], through: Ticket) {
        self.owner = owner
        self.writes = writes
        self.through = through
    }
}

/// How the commit of a batch ended.
public struct CommitReport: Hashable, Sendable {
    /// Whose batch it was.
    public let owner: WriteBatch.Owner
    /// The ticket of its last write.
    public let through: Ticket
    /// How it ended.
    public let result: CommitResult

    public init(owner: WriteBatch.Owner, through: Ticket, result: CommitResult) {
        self.owner = owner
        self.through = through
        self.result = result
    }
}

/// The batches that wait for a disk, and how they are grouped (group commit): while one group is being committed, what
/// is submitted collects, and becomes the next. The slower the disk, the larger the groups.
///
/// It commits nothing itself. The driver that has a disk calls `submit` whenever a station has writes. If that returns
/// true, it takes one group after the other with `nextGroup` and commits each, until there is none.
public struct CommitQueue: Sendable {
    /// Writes after which a group takes no further batch: enough that each costs little, few enough that the next group
    /// needn't wait for long.
    public static let groupSize = 1_024

    private var waiting: [WriteBatch] = []
    /// Whether the groups are being taken at present.
    public private(set) var isBusy = false

    /// An empty one.
    public init() {}

    /// Queues batches. True if the groups aren't being taken at present, so that the caller must begin to.
    public mutating func submit(_ batches: [WriteBatch]) -> Bool {
        guard !batches.isEmpty else { return false }
        waiting += batches
        defer { isBusy = true }
        return !isBusy
    }

    /// The batches to commit next, as one transaction; empty if none is waiting, and then the caller stops asking until
    /// `submit` has it begin again.
    public mutating func nextGroup() -> [WriteBatch] {
        guard !waiting.isEmpty else {
            isBusy = false
            return []
        }
        var (count, writes) = (0, 0)
        while count < waiting.count, writes < CommitQueue.groupSize {
            writes += waiting[count].writes.count
            count += 1
        }
        guard count < waiting.count else {
            defer { waiting = [] }
            return waiting
        }
        let group = Array(waiting[..<count])
        waiting.removeFirst(count)
        return group
    }

    /// Commits a group by `commit`, which makes a list of writes durable in one transaction; how each batch ended, in
    /// order.
    public static func commit(
        _ group: [WriteBatch], by commit: ([StoreWrite]) -> CommitResult
    ) -> [CommitReport] {
        let together = commit(group.count == 1 ? group[0].writes : group.flatMap(\.writes))
        return group.map { batch in
            // Where the group is too large for what is left of the disk, one of its batches may still fit.
            let result = together == .full && group.count > 1 ? commit(batch.writes) : together
            return CommitReport(owner: batch.owner, through: batch.through, result: result)
        }
    }
}
