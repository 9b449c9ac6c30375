import Basics

/// When the node looks for its own ID again, to learn of new neighbours: soon after joining, then ever less often.
///
/// Which nodes are responsible for a mailbox is decided among neighbours, so they must know each other (libp2p and BEP
/// 5 implementations refresh their own ID for the same reason).
struct Neighbourhood: Sendable {
    private static let firstInterval = Duration.seconds(10)
    private static let longestInterval = Duration.seconds(1_800)
    /// After how long the table is written down after joining, then after that, and then each time, so that a restart needs no bootstrap:
    /// at first it grows by the second.
    private static let snapshotIntervals: [Duration] = [.seconds(1), .seconds(9), .seconds(120)]

    private var interval = Neighbourhood.firstInterval
    /// Searches for the own ID since joining.
    private var searches = 0
    /// How often the table was written down since joining.
    private var snapshots = 0
    /// When each is due; nil before the node has joined. A snapshot can wait a little.
    private(set) var nextSearch: Instant?
    private(set) var nextSnapshot: Instant?

    /// The node has just joined.
    mutating func begin(now: Instant) {
        nextSearch = now + interval
        nextSnapshot = now + Neighbourhood.snapshotIntervals[0]
    }

    /// The node joined hours ago: what comes at long intervals by now is next due within one of them, as `randomness` has it.
    mutating func establish(now: Instant, randomness: UInt64) {
        (interval, searches, snapshots) = (Neighbourhood.longestInterval, 2, 2)
        nextSearch = now + interval * Int(randomness % 1_000) / 1_000
        nextSnapshot = now + Neighbourhood.snapshotIntervals[2] * Int(randomness >> 32 % 1_000) / 1_000
    }

    /// Whether the search for the own ID is due; the next is then set, jittered by `randomness`.
    mutating func takeSearch(now: Instant, randomness: UInt64) -> Bool {
        guard let due = nextSearch, due <= now else { return false }
        searches += 1
        interval = min(interval * 2, Neighbourhood.longestInterval)
        nextSearch = now + interval * (75 + Int(randomness % 50)) / 100
        return true
    }

    /// Whether the search is the first since joining. It finds nodes that joined at the same time as this one. Nodes that join
    /// later look for themselves and ask this one: later searches only make up for lost datagrams.
    var isNew: Bool { searches <= 1 }

    /// Whether the snapshot is due; the next is then set.
    mutating func takeSnapshot(now: Instant) -> Bool {
        guard let due = nextSnapshot, due <= now else { return false }
        snapshots = min(snapshots + 1, Neighbourhood.snapshotIntervals.count - 1)
        nextSnapshot = now + Neighbourhood.snapshotIntervals[snapshots]
        return true
    }
}
