import Basics
import ControlAPI
import Simulation

/// The truth about lookups: what was found, against the closest of all nodes that are up.
package struct LookupBook {
    /// A relaying node that is up, and since when.
    package struct Living {
        let id: Bytes32
        let since: Duration

        package init(id: Bytes32, since: Duration) {
            self.id = id
            self.since = since
        }
    }

    /// Nodes that came this short a time before a lookup began need not be found, and may be: they are still joining.
    package static let grace = Duration.seconds(15)

    package private(set) var figures = LookupFigures()
    private var roundTrips: [Double] = []

    package init() {}

    /// Lookups without a result: the node that looked went away.
    package private(set) var abandoned = 0

    /// The closest of those who have been up for a while, closest first.
    package static func closest(to target: Bytes32, among living: [Living], at time: Duration) -> [Bytes32] {
        living.filter { time - $0.since >= grace }.map(\.id).sorted { $0 ^ target < $1 ^ target }
            .prefix(Limits.bucketSize).map(\.self)
    }

    package mutating func abandon() { abandoned += 1 }

    /// `rounds` is what was known after each round, the last included.
    package mutating func finish(
        _ result: LookupResult, after rounds: [LookupResult], target: Bytes32, expected: [Bytes32]?
    ) {
        let found = result.closest.compactMap { Bytes32(hex: $0.node) }
        let farthest = found.map { $0 ^ target }.max()
        figures.count += 1
        figures.rounds.append(result.rounds)
        figures.requests.append(result.rpcs)
        roundTrips += result.closest.map(\.rttMilliseconds)
        if let expected {
            let known = Set(found)
            let common = expected.count { known.contains($0) }
            if 2 * common >= expected.count { figures.succeeded += 1 }
            let isExact = expected.allSatisfy { node in
                known.contains(node)
                    || (found.count >= Limits.bucketSize && farthest.map { node ^ target > $0 } ?? false)
            }
            if isExact { figures.exact += 1 }
        } else if !found.isEmpty {
            figures.succeeded += 1
        }
        let times = result.closest.map { entry in
            let round = rounds.first { $0.closest.contains { $0.node == entry.node } } ?? result
            return Duration.nanoseconds(Int64(round.milliseconds * 1_000_000))
        }
        .sorted()
        if let first = times.first { figures.first.append(first) }
        if times.count > Limits.bucketSize / 2 - 1 { figures.quorum.append(times[Limits.bucketSize / 2 - 1]) }
        if let last = times.last { figures.all.append(last) }
    }

    /// With all times sorted.
    package var sortedFigures: LookupFigures {
        var figures = figures
        figures.rounds.sort()
        figures.requests.sort()
        figures.first.sort()
        figures.quorum.sort()
        figures.all.sort()
        if !roundTrips.isEmpty {
            let median = roundTrips.sorted()[roundTrips.count / 2]
            figures.medianRoundTrip = .nanoseconds(Int64(median * 1_000_000))
        }
        return figures
    }
}
