import Basics
import Exchange

/// The truth about lookups: what was found, against the closest of all nodes that are up.
struct LookupLedger {
    private struct Started {
        let host: HostID
        let target: Bytes32
        let at: Instant
    }

    private var underWay: [CommandID: Started] = [:]
    private(set) var figures = LookupFigures()

    /// Nodes that came this short a time before a lookup began need not be found, and may be.
    private static let grace = Duration.seconds(120)

    mutating func begin(_ command: CommandID, _ target: Bytes32, at host: HostID, _ instant: Instant) {
        underWay[command] = Started(host: host, target: target, at: instant)
    }

    /// The node didn't look: it was busy.
    mutating func giveUp(_ command: CommandID) { underWay[command] = nil }

    mutating func finish(
        _ command: CommandID, _ report: LookupReport, bucketSize: Int, among roster: Roster,
        id: (HostID) -> NodeID
    ) {
        guard let started = underWay.removeValue(forKey: command) else { return }
        let expected = closest(
            to: started.target, count: bucketSize, among: roster, knownBefore: started.at, besides: started.host, id: id
        )
        let found = Set(report.closest.map(\.contact.id))
        let farthest = report.closest.last.map { $0.contact.id.bytes ^ started.target }
        let common = expected.count { found.contains($0) }
        let isExact = expected.allSatisfy { node in
            found.contains(node)
                || (found.count >= bucketSize && farthest.map { node.bytes ^ started.target > $0 } ?? false)
        }
        figures.count += 1
        if 2 * common >= expected.count { figures.succeeded += 1 }
        if isExact { figures.exact += 1 }
        figures.rounds.append(report.rounds)
        figures.requests.append(report.requests)
        let times = report.closest.map(\.answeredAfter).sorted()
        if let first = times.first { figures.first.append(first) }
        if times.count > bucketSize / 2 - 1 { figures.quorum.append(times[bucketSize / 2 - 1]) }
        if let last = times.last { figures.all.append(last) }
    }

    /// The closest of all nodes that can be reached and have been up for a while, closest first. The others are
    /// clients, which lookups are not supposed to find.
    private func closest(
        to target: Bytes32, count: Int, among roster: Roster, knownBefore instant: Instant, besides host: HostID,
        id: (HostID) -> NodeID
    ) -> [NodeID] {
        // By their first words: two nodes that share 64 bits and the place don't happen by chance.
        var best: [(distance: UInt64, place: Int)] = []
        let word = target.words.0
        var bound = UInt64.max
        for (place, other) in roster.words.enumerated() where (other ^ word) < bound {
            guard roster.areReachable[place], instant - roster.since[place] >= LookupLedger.grace,
                roster.hosts[place] != host
            else { continue }
            let distance = other ^ word
            let index = best.firstIndex { $0.distance > distance } ?? best.count
            best.insert((distance, place), at: index)
            if best.count > count { best.removeLast() }
            if best.count == count { bound = best[count - 1].distance }
        }
        return best.map { id(roster.hosts[$0.place]) }
    }

    /// Checks a network in which nothing goes wrong: lookups must find the closest. Tables that are still young may
    /// cost one in fifty. People's machines that have just come or gone may cost as large a share as there are
    /// `comingAndGoing` among all `machines`.
    func calmViolations(comingAndGoing: Int, machines: Int) -> [Violation] {
        let allowance = max(2, figures.count / 50 + figures.count * comingAndGoing / max(1, machines))
        guard figures.count - figures.exact > allowance else { return [] }
        return [
            Violation(
                "Of \(figures.count) lookups only \(figures.exact) found exactly the closest nodes, though nothing was wrong."
            )
        ]
    }

    /// With all times sorted, and the median round trip that they are to be seen against.
    func sortedFigures(medianRoundTrip: Duration) -> LookupFigures {
        var figures = figures
        figures.medianRoundTrip = medianRoundTrip
        figures.rounds.sort()
        figures.requests.sort()
        figures.first.sort()
        figures.quorum.sort()
        figures.all.sort()
        return figures
    }
}
