import Basics
import Simulation

/// What is drawn of a run, and what is said where there is nothing to draw.
extension Page {
    // MARK: Over time

    private var timeAxis: Axis? {
        guard let first = summary.timeline.first, let last = summary.timeline.last, last.at > first.at else {
            return nil
        }
        return .time(min(0, first.at.inSeconds)...last.at.inSeconds)
    }

    private var marks: [LinePlot.Mark] {
        summary.incidents.map { incident in
            let lasting = incident.lasting > .zero ? " for \(Readable.time(incident.lasting))" : ""
            return LinePlot.Mark(
                from: incident.at.inSeconds, to: (incident.at + incident.lasting).inSeconds,
                name: "\(incident.what) at \(Readable.time(incident.at))\(lasting)")
        }
    }

    private func overTime(
        _ title: String, _ y: Axis, _ lines: [(name: String, value: (Sample) -> Double)], note: String = ""
    ) -> Card {
        guard let timeAxis else { return Card(title: title, missing: "The run was too short to draw it over time.") }
        let drawn = lines.enumerated().map { index, line in
            LinePlot.Line(
                name: line.name, style: index + 1,
                points: summary.timeline.map { ($0.at.inSeconds, line.value($0)) }, isStepped: true)
        }
        return Card(
            title: title, plot: LinePlot(title: title, x: timeAxis, y: y, lines: drawn, marks: marks).svg,
            legend: lines.map(\.name), note: note)
    }

    var delivery: Card {
        guard summary.messages.accepted > 0 else {
            return Card(title: "Delivery", missing: "Nobody wrote a message in this run.")
        }
        let most = summary.timeline.map { max($0.accepted, $0.delivered) }.max() ?? 0
        return overTime(
            "Delivery", .whole(upTo: most, title: "messages"),
            [("accepted", { Double($0.accepted) }), ("delivered", { Double($0.delivered) })],
            note: marks.isEmpty ? "" : "Shaded: " + marks.map(\.name).joined(separator: "; ") + ".")
    }

    var nodesUp: Card {
        overTime(
            "Nodes", .whole(upTo: summary.timeline.map(\.nodesUp).max() ?? 0, title: "relaying nodes up"),
            [("nodes up", { Double($0.nodesUp) })])
    }

    var peopleOnline: Card {
        guard summary.scenario.peers > 0 else {
            return Card(title: "People", missing: "There are no people in this scenario.")
        }
        return overTime(
            "People", .whole(upTo: summary.timeline.map(\.peersOnline).max() ?? 0, title: "people online"),
            [("people online", { Double($0.peersOnline) })])
    }

    /// Bytes a second of all, from what was sent between two samples.
    var sent: Card {
        let title = "Traffic of all"
        var points: [(x: Double, y: Double)] = []
        for (before, sample) in zip(summary.timeline, summary.timeline.dropFirst()) where sample.at > before.at {
            points.append((sample.at.inSeconds, Double(sample.bytes) / (sample.at - before.at).inSeconds / 1_024))
        }
        guard let timeAxis, !points.isEmpty else {
            return Card(title: title, missing: "The run was too short to draw it over time.")
        }
        let y = Axis.count(upTo: points.map(\.y).max() ?? 0, title: "KiB a second, sent by all")
        let line = LinePlot.Line(name: "sent", style: 1, points: points)
        return Card(title: title, plot: LinePlot(title: title, x: timeAxis, y: y, lines: [line], marks: marks).svg)
    }

    // MARK: Distributions

    /// The share of values up to each.
    private func distribution(_ name: String, _ style: Int, _ sorted: [Double]) -> LinePlot.Line {
        // More points than the plot has units show nothing more.
        let step = max(1, sorted.count / 400)
        var points = [(x: sorted.first ?? 0, y: 0.0)]
        for index in stride(from: 0, to: sorted.count, by: step) {
            points.append((sorted[index], Double(index + 1) / Double(sorted.count) * 100))
        }
        points.append((sorted.last ?? 0, 100))
        return LinePlot.Line(name: name, style: style, points: points, isStepped: true)
    }

    private var percentAxis: (String) -> Axis {
        { Axis.count(upTo: 100, title: $0) { "\(Int($0)) %" } }
    }

    var latency: Card {
        let title = "How long messages took"
        let all = summary.messages.latencies.map(\.inSeconds)
        let online = summary.messages.latenciesOnline.map(\.inSeconds)
        guard let longest = all.last else {
            return Card(title: title, missing: "No message was delivered in this run.")
        }
        let least = max(min(all.first ?? 1, online.first ?? .infinity), 0.001)
        let lines = [("all", all), ("recipient online", online)].filter { !$0.1.isEmpty }
        return Card(
            title: title,
            plot: LinePlot(
                title: title,
                x: .durations(least...max(longest, least), title: "from accepted to delivered, logarithmic"),
                y: percentAxis("share of messages delivered within"),
                lines: lines.enumerated().map { distribution($1.0, $0 + 1, $1.1) }
            ).svg, legend: lines.map(\.0),
            note: online.isEmpty ? "No recipient was online when a message was accepted." : "")
    }

    private static let noLookups = "There are no lookups in this run."

    var rounds: Card {
        let title = "Rounds of a lookup"
        let plot = BarPlot.histogram(of: summary.lookups.rounds, title: title, x: "rounds", of: "lookups")
        return Card(title: title, plot: plot?.svg, missing: Page.noLookups)
    }

    var requests: Card {
        let title = "Requests of a lookup"
        let plot = BarPlot.histogram(of: summary.lookups.requests, title: title, x: "requests sent", of: "lookups")
        return Card(title: title, plot: plot?.svg, missing: Page.noLookups)
    }

    var lookupTimes: Card {
        let title = "How long lookups took"
        let figures = summary.lookups
        let lines = [
            ("first of the closest answered", figures.first), ("half of them", figures.quorum), ("all", figures.all),
        ]
        .map { ($0.0, $0.1.compactMap(run.roundTrips)) }.filter { !$0.1.isEmpty }
        guard !lines.isEmpty else { return Card(title: title, missing: Page.noLookups) }
        let least = max(lines.compactMap { $0.1.first }.min() ?? 1, 0.01)
        let longest = lines.compactMap { $0.1.last }.max() ?? 1
        let median = Readable.time(figures.medianRoundTrip)
        return Card(
            title: title,
            plot: LinePlot(
                title: title,
                x: .decades(least...max(longest, least), title: "median round trips (\(median) each), logarithmic"),
                y: percentAxis("share of lookups within"),
                lines: lines.enumerated().map { distribution($1.0, $0 + 1, $1.1) }
            ).svg, legend: lines.map(\.0))
    }

    // MARK: Places

    var bucketFill: Card {
        let title = "Contacts by bucket"
        guard let most = summary.bucketFill.max(), most > 0 else {
            return Card(title: title, missing: "No node has contacts.")
        }
        let bars = summary.bucketFill.enumerated().map { index, fill in
            BarPlot.Bar(
                from: Double(index) - 0.5, to: Double(index) + 0.5, height: fill,
                name: "bucket \(index): \(Readable.number(fill)) contacts")
        }
        let end = Double(max(bars.count, 2))
        let step = max(1, Axis.roundStep(end / 8))
        let ticks = stride(from: 0, to: end, by: step).map { Axis.Tick(value: $0, label: "\(Int($0))") }
        let x = Axis(
            scale: .linear, range: -0.5...(end - 0.5), ticks: ticks,
            title: "bucket (0: the farther half of the keyspace)")
        let size = Double(summary.scenario.bucketSize)
        return Card(
            title: title,
            plot: BarPlot(
                title: title, x: x, y: .count(upTo: max(most, size), title: "contacts, on average"), bars: bars,
                reference: (size, "full")
            ).svg)
    }

    var trafficOfNodes: Card {
        let title = "Traffic of each node"
        let values = summary.traffic.perNode
        guard let most = values.last, most > 0 else {
            return Card(title: title, missing: "No relaying node was up at the end.")
        }
        return Card(
            title: title,
            plot: LinePlot(
                title: title, x: .count(upTo: most, title: "bytes a second sent since it came"),
                y: percentAxis("share of relaying nodes up to"), lines: [distribution("nodes", 1, values)]
            ).svg)
    }

    var trafficByKind: Card {
        kinds("Traffic by kind, of relaying nodes", summary.traffic.kinds, missing: "Nothing was sent.")
    }

    var idleTraffic: Card {
        kinds(
            "Traffic of the idle network", summary.traffic.idleKinds,
            missing: "The run ended before the idle network was measured.")
    }

    private func kinds(_ title: String, _ kinds: [TrafficFigures.Kind], missing: String) -> Card {
        guard !kinds.isEmpty else { return Card(title: title, missing: missing) }
        let all = kinds.reduce(0) { $0 + $1.bytes }
        let parts = kinds.map { kind in
            PartsTable.Part(
                name: kind.name, amount: Double(kind.bytes),
                values: [
                    Readable.count(kind.datagrams), Readable.bytes(Double(kind.bytes)),
                    Readable.share(kind.bytes, of: all),
                ])
        }
        return Card(title: title, plot: PartsTable(heads: ["kind", "datagrams", "bytes", "share"], parts: parts).html)
    }

    var memory: Card {
        let title = "Memory of a relaying node"
        guard !summary.memory.parts.isEmpty else { return Card(title: title, missing: "Memory was not measured.") }
        let total = summary.memory.total
        let parts = summary.memory.parts.map { part in
            PartsTable.Part(
                name: part.name, amount: Double(part.bytes),
                values: [Readable.bytes(Double(part.bytes)), Readable.share(part.bytes, of: total)])
        }
        return Card(title: title, plot: PartsTable(heads: ["part", "bytes", "share"], parts: parts).html)
    }
}
