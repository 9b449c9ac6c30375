import Basics

/// How often a client sees to its routing table.
///
/// Nobody is told of clients, and they keep nothing. So a client needs some contacts that live, to begin a search with, and no more.
struct UpkeepPace {
    private var first: Instant?
    private var last: Instant?

    /// For so long a table is kept up as that of a server, as it is new.
    private static let settling = Duration.seconds(600)

    /// It is seen to now.
    mutating func observeUpkeep(now: Instant) {
        first = first ?? now
        last = now
    }

    /// When a client sees to what is due then.
    func nextOfClient(due: Instant) -> Instant {
        guard let first, let last, last - first >= UpkeepPace.settling else { return due }
        return max(due, last + Limits.upkeepOfClient)
    }
}
