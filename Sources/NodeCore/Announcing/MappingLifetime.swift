import Basics

/// How long the NATs in front of this node let answers in while nothing is sent, as far as that is known.
///
/// It is measured: a buddy that announces mail is asked to announce nothing after some time, and nothing is sent to it or comes from it
/// meanwhile. What has come through twice is known, and a fifth less is the pause between two renewals. Each network has its own.
package struct MappingLifetime {
    /// A network, by the address block that others see this node in; nil while they haven't said.
    private struct Network {
        var block: Account?
        /// So many steps are known to be let through.
        var known = 0
        /// How often the step that is tried has come through, and has not, since it is tried.
        var arrivals = 0
        var misses = 0
        /// Whether the longest known step is tried once more, and not the next.
        var isChecking = false
        /// Nothing is tried before this.
        var restsUntil = Instant.origin
    }

    /// The present one last.
    private var networks = [Network()]

    /// What is tried, one after the other, in seconds. NATs at home forget after 30 s at least (Hätönen et al., IMC 2010), most of them and
    /// Linux after 120 or more. The last makes a pause of a little less than a minute: so long what was missed in a short outage waits, as
    /// it is announced again when the buddy is asked to go on.
    private static let steps: [UInt32] = [40, 60, 72]
    /// How long what was found is relied on before it is tried again.
    private static let rest = Duration.seconds(3_600)
    /// So many tries are needed to believe that something comes through, or that it doesn't: one may be lost, or a buddy lie.
    private static let tries = 2
    /// Networks that are remembered: home, work, the mobile ones, and some on the way.
    private static let networks = 8

    package init() {}

    private var present: Network {
        get { networks[networks.count - 1] }
        set { networks[networks.count - 1] = newValue }
    }

    /// How long nothing need be sent for the way back to stay open.
    package var interval: Duration { MappingLifetime.interval(known: present.known) }

    private static func interval(known: Int) -> Duration {
        known == 0 ? Limits.keepaliveInterval : .milliseconds(Int64(steps[known - 1]) * 800)
    }

    /// The seconds of silence that are to be tried now; nil: none.
    package func nextTry(now: Instant) -> UInt32? {
        guard present.restsUntil <= now else { return nil }
        let step = present.isChecking ? present.known - 1 : present.known
        return MappingLifetime.steps.indices.contains(step) ? MappingLifetime.steps[step] : nil
    }

    /// What was tried has come through, or hasn't.
    package mutating func observe(hasArrived: Bool, now: Instant) {
        if hasArrived {
            present.arrivals += 1
            guard present.arrivals >= MappingLifetime.tries || present.isChecking else { return }
            if !present.isChecking { present.known += 1 }
            let isLast = present.known == MappingLifetime.steps.count
            begin(checking: isLast, after: isLast ? MappingLifetime.rest : .zero, now: now)
        } else {
            present.misses += 1
            guard present.misses >= MappingLifetime.tries else { return }
            if present.isChecking { halve() }
            begin(checking: present.known > 0, after: MappingLifetime.rest, now: now)
        }
    }

    private mutating func begin(checking: Bool, after rest: Duration, now: Instant) {
        (present.arrivals, present.misses) = (0, 0)
        present.isChecking = checking
        present.restsUntil = now + rest
    }

    /// What was known doesn't hold: half of it may.
    private mutating func halve() {
        let half = interval / 2
        while present.known > 0, interval > half { present.known -= 1 }
    }

    // MARK: Networks

    /// Others see this node in this address block.
    package mutating func enter(_ block: Account) {
        guard present.block != block else { return }
        if let index = networks.firstIndex(where: { $0.block == block }) {
            networks.append(networks.remove(at: index))
        } else if present.block == nil {
            // What was found before anybody said so was found here.
            present.block = block
        } else {
            begin(Network(block: block))
        }
        networks.removeAll { $0.block == nil }
    }

    /// The network may be another, and nobody has said yet which.
    package mutating func leave() { if present.block != nil { begin(Network()) } }

    private mutating func begin(_ network: Network) {
        if networks.count >= MappingLifetime.networks { networks.removeFirst() }
        networks.append(network)
    }
}
