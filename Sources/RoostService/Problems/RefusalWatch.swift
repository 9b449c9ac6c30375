import Basics

/// Notices that the system refuses everything that the node sends, not only datagrams to a few addresses that this
/// machine has no route to.
package struct RefusalWatch: Sendable {
    /// So many refusals in a row with nothing sent between them: one contact of a family that this machine lacks is
    /// sent four hellos.
    package static let fewest = 5

    /// Since when nothing has left, and how many had been refused before.
    private var outage: (since: Instant, before: Int)?
    /// How many had been refused at the last observation.
    private var seen = 0

    package init() {}

    /// Why everything is refused and for how long, as sending stands; nil while something leaves.
    package mutating func observe(_ health: SendHealth, now: Instant) -> (reason: String, since: Duration)? {
        defer { seen = health.refusedDatagrams }
        guard let since = health.failingSince, let reason = health.lastRefusal else {
            outage = nil
            return nil
        }
        if outage?.since != since { outage = (since, seen) }
        guard let outage, health.refusedDatagrams - outage.before >= RefusalWatch.fewest else { return nil }
        return (reason.clause, now - since)
    }
}

extension SendRefusal {
    /// As a clause for people.
    fileprivate var clause: String {
        switch self {
        case .noRoute: "there is no route"
        case .addressGone: "its address is gone"
        case .forbidden: "a firewall forbids it"
        case .tooLong: "the way out carries nothing so long"
        case .full: "its queue is full"
        case .other: "for a reason of its own"
        }
    }
}
