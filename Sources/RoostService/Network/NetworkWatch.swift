import Basics

/// Decides when to look at this machine's network, and whether what is seen is a change.
///
/// Changes come in bursts: an interface goes, its addresses and routes with it, others come. One look after the burst
/// sees all of it. If a burst doesn't end, the network is looked at anyway.
package struct NetworkWatch: Sendable {
    /// A burst is over when nothing was noticed for so long…
    package static let quiet = Duration.milliseconds(150)
    /// …or when it has lasted so long.
    package static let longest = Duration.milliseconds(500)
    /// Where the system doesn't tell the network's state, every sign of a change is believed, but not more often than
    /// this.
    package static let blindPause = Duration.seconds(5)

    private let listening: [Endpoint]
    private var known: NetworkSnapshot?
    private var firstNoticed: Instant?
    private var changedAt: Instant?

    /// - Parameters:
    ///   - endpoints: where the node listens.
    ///   - snapshot: the network as it is; nil where the system doesn't say.
    package init(listening endpoints: [Endpoint], snapshot: NetworkSnapshot?) {
        listening = endpoints
        known = snapshot
    }

    /// Something about the network may have changed. Returns when to look, unless something is noticed again before.
    package mutating func notice(now: Instant) -> Instant {
        let first = firstNoticed ?? now
        firstNoticed = first
        return min(now + NetworkWatch.quiet, first + NetworkWatch.longest)
    }

    /// Looks; returns whether what matters has changed.
    package mutating func look(_ snapshot: NetworkSnapshot?, now: Instant) -> Bool {
        firstNoticed = nil
        guard let snapshot else {
            known = nil
            if let changedAt, now - changedAt < NetworkWatch.blindPause { return false }
            changedAt = now
            return true
        }
        let hasChanged = known.map { snapshot.differs(from: $0, listening: listening) } ?? true
        known = snapshot
        return hasChanged
    }

    /// The network as it was looked at last; nil where the system doesn't say.
    package var snapshot: NetworkSnapshot? { known }

    /// The families in which there is a way out; all that the node listens in where the system doesn't say.
    package var families: AddressFamilies {
        known?.families(listening: listening) ?? listening.reduce(into: []) { $0.formUnion($1.family) }
    }

    /// At what endpoints of this machine's own others may reach the node; nil where the system doesn't say.
    package var ownEndpoints: [Endpoint]? { known?.ownEndpoints(ofSocketsAt: listening) }

    /// The first endpoint that the node listens at, if this machine has none of the addresses any more that it listens
    /// at.
    package var lostEndpoint: Endpoint? {
        guard let missing = known?.missing(listening), missing.count == listening.count else { return nil }
        return missing.first
    }
}
