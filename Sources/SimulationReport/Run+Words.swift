import Simulation

/// A run for people.
extension Run {
    /// One sentence: whether all held.
    public var headline: String {
        let messages = summary.messages
        var facts: [String] = []
        if messages.accepted > 0 {
            facts.append(
                "\(Readable.count(messages.delivered)) of \(Readable.plural(messages.accepted, "message")) delivered"
                    + (messages.duplicated == 0 && messages.delivered > 0 ? " exactly once" : ""))
        }
        if summary.lookups.count > 0 {
            facts.append(
                "\(Readable.count(summary.lookups.succeeded)) of \(Readable.plural(summary.lookups.count, "lookup")) "
                    + "succeeded")
        }
        let start =
            switch verdict {
            case .allHeld: "All held"
            case .safetyBroken:
                "SAFETY BROKEN: \(Readable.plural(summary.violations.count, "violation"))"
            case .livenessNotReached:
                "LIVENESS NOT REACHED: \(Readable.plural(summary.unfinished.count, "thing")) unfinished after healing"
            case .interrupted: "Interrupted after \(Readable.time(summary.time))"
            }
        return ([start] + facts).joined(separator: " · ")
    }

    /// All in words and numbers, with the violations.
    public var text: String {
        var text = headline + "\n\n"
        let width = rows.map(\.name.count).max() ?? 0
        for row in rows {
            text += "  \(row.name)\(String(repeating: " ", count: width - row.name.count))  \(row.value)\n"
        }
        text += pairTable
        text += Run.text(of: summary.violations, "What must never happen, and did")
        text += Run.text(of: summary.unfinished, "What had not arrived when healing was over")
        text += summary.marks.text
        if !replay.isEmpty { text += "\nThe same again:\n" + replay.map { "  \($0)\n" }.joined() }
        return text
    }

    /// Violations shown with their traces; of more, only how many there are: the JSON has them all.
    private static let shown = 10

    private static func text(of violations: [Violation], _ title: String) -> String {
        guard !violations.isEmpty else { return "" }
        var text = "\n\(title):\n"
        for violation in violations.prefix(shown) {
            text += "  ✗ \(violation.sentence)\n"
            for line in violation.trace { text += "      \(line)\n" }
        }
        if violations.count > shown { text += "  … and \(Readable.count(violations.count - shown)) more\n" }
        return text
    }

    /// A figure with its name.
    struct Row {
        var name: String
        var value: String
    }

    private var rows: [Row] {
        var rows = [
            Row(name: "scenario", value: Readable.sentence(summary.scenario)),
            Row(name: "seed", value: "\(summary.scenario.seed)" + (real == nil ? ", trace hash \(traceHash)" : "")),
            time,
            Row(
                name: "nodes",
                value: "\(Readable.count(summary.nodesUp)) up at the end; "
                    + "\(Readable.plural(summary.nodesEver, "machine")) ever" + (real.map { ", as \($0.kind)" } ?? "")),
        ]
        if !summary.incidents.isEmpty {
            let all = summary.incidents.map { "\($0.what) at \(Readable.time($0.at))" }
            rows.append(Row(name: "faults", value: all.joined(separator: "; ")))
        }
        if let real, !real.applied.isEmpty {
            rows.append(Row(name: "applied", value: real.applied.joined(separator: "; ")))
        }
        if let real, !real.notApplied.isEmpty {
            rows.append(Row(name: "not applied", value: real.notApplied.joined(separator: ", ")))
        }
        rows += messageRows + lookupRows + trafficRows
        if summary.convergence.wanted > 0 {
            let figures = summary.convergence
            rows.append(
                Row(
                    name: "mailboxes",
                    value:
                        "\(Readable.share(figures.held, of: figures.wanted)) of what the closest nodes should all keep; "
                        + "\(Readable.count(figures.alike)) of \(Readable.plural(figures.mailboxes, "mailbox", "mailboxes")) "
                        + "kept alike by all"))
        }
        if !summary.memory.parts.isEmpty {
            let parts = summary.memory.parts.prefix(4).map { "\($0.name) \(Readable.bytes(Double($0.bytes)))" }
            rows.append(
                Row(
                    name: "memory",
                    value: "\(Readable.bytes(Double(summary.memory.total))) a node"
                        + (parts.count > 1 ? ": \(parts.joined(separator: ", "))" : "")))
        }
        if let residentBytes {
            let name = real == nil ? "process" : "all nodes"
            rows.append(Row(name: name, value: "\(Readable.bytes(Double(residentBytes))) resident"))
        }
        return rows
    }

    private var time: Row {
        if let real { return Row(name: "time", value: "\(Readable.time(summary.time)); \(real.paceSentence)") }
        return Row(
            name: "virtual time",
            value: "\(Readable.time(summary.time)) in \(Readable.time(.seconds(wallSeconds))): "
                + "\(Readable.count(summary.events)) events, \(Readable.number(eventsPerSecond)) a second")
    }

    private var messageRows: [Row] {
        let figures = summary.messages
        guard figures.accepted > 0 else { return [] }
        var states = ["\(Readable.count(figures.delivered)) delivered (\(Readable.count(figures.direct)) directly)"]
        for (count, name) in [
            (figures.duplicated, "twice"), (figures.lost, "lost"), (figures.failed, "failed and said so"),
            (figures.pending, "under way"),
        ] where count > 0 || name == "lost" { states.append("\(Readable.count(count)) \(name)") }
        var rows = [
            Row(
                name: "messages",
                value: "\(Readable.count(figures.accepted)) accepted, " + states.joined(separator: ", "))
        ]
        if figures.leavers.accepted > 0 {
            rows.append(
                Row(
                    name: "… of leavers",
                    value: "\(Readable.count(figures.leavers.delivered)) of "
                        + "\(Readable.plural(figures.leavers.accepted, "message")) delivered whose senders left for good "
                        + "once they were stored"))
        }
        rows += strangersRows
        rows += wayRows
        rows += latencyRow("latency", figures.latencies)
        rows += latencyRow("… if online", figures.latenciesOnline)
        if figures.delivered > 0, figures.bytesSentPerDelivered > 0 || real == nil {
            rows.append(
                Row(
                    name: "cost",
                    value: "\(Readable.bytes(Double(figures.bytesSentPerDelivered))) sent for each delivered"
                        + (real != nil
                            ? ""
                            : ", \(Readable.bytes(Double(figures.bytesStoredPerMessage))) stored for each waiting")))
        }
        return rows
    }

    private var strangersRows: [Row] {
        guard let figures = summary.messages.strangers else { return [] }
        func share(_ share: DeliveredShare) -> String {
            "\(Readable.count(share.delivered)) of \(Readable.count(share.accepted))"
        }
        return [
            Row(
                name: "strangers",
                value:
                    "\(Readable.plural(figures.offered, "envelope")) of \(Readable.bytes(Double(figures.bytesOffered))) offered "
                    + "to one mailbox, \(Readable.count(figures.stored)) stored at some time; a buddy kept at most "
                    + "\(Readable.bytes(Double(figures.mostBytesKept))) there"),
            Row(
                name: "… besides",
                value:
                    "delivered to the same person \(share(figures.besides.ofAccepted)) messages of people to whom they had "
                    + "written, \(share(figures.besides.ofOthers)) of others"),
        ]
    }

    private func latencyRow(_ name: String, _ latencies: [Duration]) -> [Row] {
        guard let half = Quantiles.value(0.5, of: latencies), let most = Quantiles.value(0.99, of: latencies),
            let longest = latencies.last
        else { return [] }
        return [
            Row(
                name: name,
                value: "half within \(Readable.time(half)), 99 % within \(Readable.time(most)), "
                    + "all within \(Readable.time(longest))")
        ]
    }

    private var lookupRows: [Row] {
        let figures = summary.lookups
        guard figures.count > 0 else { return [] }
        var rows = [
            Row(
                name: "lookups",
                value: "\(Readable.count(figures.count)), "
                    + "\(Readable.share(figures.succeeded, of: figures.count)) succeeded, "
                    + "\(Readable.share(figures.exact, of: figures.count)) found exactly the closest")
        ]
        let times = [("first", figures.first), ("half", figures.quorum), ("all", figures.all)].compactMap {
            name, sorted in
            Quantiles.value(0.5, of: sorted).flatMap(lookupTime).map { "\(name) after \($0)" }
        }
        if let rounds = Quantiles.value(0.5, of: figures.rounds),
            let requests = Quantiles.value(0.5, of: figures.requests),
            !times.isEmpty
        {
            rows.append(
                Row(
                    name: "… at the median",
                    value: "\(Readable.plural(rounds, "round")), \(Readable.plural(requests, "request")); "
                        + "of the closest, \(times.joined(separator: ", "))" + (real == nil ? " round trips" : "")))
        }
        return rows
    }

    /// In round trips of the virtual network; between real machines of one loopback those say nothing.
    private func lookupTime(_ duration: Duration) -> String? {
        real == nil ? roundTrips(duration).map(Readable.number) : Readable.time(duration)
    }

    private var trafficRows: [Row] {
        let figures = summary.traffic
        var rows: [Row] = []
        if figures.idleBytesPerSecondPerNode > 0 {
            let repair =
                real == nil ? ", \(Readable.bytes(figures.repairBytesPerHourPerNode)) an hour for repair" : ""
            rows.append(
                Row(
                    name: "traffic",
                    value: "\(Readable.bytes(figures.idleBytesPerSecondPerNode))/s a node "
                        + (real == nil ? "when idle" : "while all were left alone at first") + repair))
        }
        if let victims = figures.victims, victims.datagrams > 0 {
            rows.append(
                Row(
                    name: "unanswered",
                    value:
                        "\(Readable.plural(victims.datagrams, "datagram")) to addresses that their senders never heard from: "
                        + "in a minute at most \(Readable.count(victims.mostOfOne)) of one node to one address, "
                        + "\(Readable.count(victims.mostOfAll)) of all to one block"))
        }
        return rows
    }
}
