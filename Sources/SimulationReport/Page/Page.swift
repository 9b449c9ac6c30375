import Simulation

/// A run as one HTML page that needs nothing else: no network, no script.
public struct Page {
    let run: Run
    var summary: Summary { run.summary }

    public init(_ run: Run) { self.run = run }

    public var html: String {
        let title =
            (run.real.map { "Scenario with real \($0.kind), seed" } ?? "Simulation with seed")
            + " \(summary.scenario.seed)"
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <title>\(title)</title>
            <style>\(Page.style)</style>
            </head>
            <body>
            <header>
            <h1>\(title)</h1>
            <p class="verdict \(run.verdict == .allHeld ? "held" : "broken")">\(Markup.escape(run.headline))</p>
            <p>\(Markup.escape(Readable.sentence(summary.scenario))).</p>\(reality)
            </header>
            <main>
            \(tiles)\(list(summary.violations, "What must never happen, and did"))\
            \(list(summary.unfinished, "What had not arrived when healing was over"))\
            \(section("Over time", [delivery, sent, nodesUp, peopleOnline]))\
            \(section("Messages and lookups", [latency, lookupTimes, rounds, requests]))\
            \(section("At the end", places))\
            \(section("Nodes", nodes))\
            \(replay)
            </main>
            </body>
            </html>

            """
    }

    /// A plot or a table with its title, or a sentence why there is none.
    struct Card {
        var title: String
        var plot: String?
        var missing = ""
        /// Names of the lines, in the order of their styles.
        var legend: [String] = []
        /// Marks that occur in it, explained below.
        var symbols: [Symbol] = []
        var note = ""

        var html: String {
            var html = "<figure><figcaption>\(Markup.escape(title))</figcaption>\n"
            guard let plot else { return html + "<p class=\"missing\">\(Markup.escape(missing))</p></figure>\n" }
            if legend.count > 1 {
                html += "<p class=\"legend\">"
                for (index, name) in legend.enumerated() {
                    html += "<span><svg viewBox=\"0 0 24 8\" aria-hidden=\"true\"><path class=\"line s\(index + 1)\" "
                    html += "d=\"M0 4H24\"/></svg>\(Markup.escape(name))</span>"
                }
                html += "</p>\n"
            }
            html += plot
            if !symbols.isEmpty {
                let names = symbols.map { "<span>\($0.icon)\(Markup.escape($0.name))</span>" }
                html += "<p class=\"legend symbols\">\(names.joined(separator: "\n"))</p>\n"
            }
            if !note.isEmpty { html += "<p class=\"note\">\(Markup.escape(note))</p>\n" }
            return html + "</figure>\n"
        }
    }

    /// Real nodes don't show their tables.
    private var places: [Card] { run.real == nil ? [ring, buddies] : [] }
    private var nodes: [Card] {
        if run.real != nil { return [trafficOfNodes, trafficByKind, memory] }
        return [trafficOfNodes, bucketFill, trafficByKind, idleTraffic, memory]
    }

    private func section(_ title: String, _ cards: [Card]) -> String {
        cards.isEmpty
            ? ""
            : "<section><h2>\(Markup.escape(title))</h2><div class=\"cards\">\n\(cards.map(\.html).joined())</div></section>\n"
    }

    private var tiles: String {
        var tiles: [(value: String, name: String)] = []
        let (messages, lookups, traffic) = (summary.messages, summary.lookups, summary.traffic)
        if messages.accepted > 0 {
            tiles.append(
                (
                    Readable.share(messages.delivered, of: messages.accepted),
                    "of \(Readable.plural(messages.accepted, "message")) delivered"
                ))
            tiles.append(("\(messages.lost) / \(messages.duplicated)", "lost / delivered twice"))
            if messages.leavers.accepted > 0 {
                tiles.append(
                    (
                        Readable.share(messages.leavers.delivered, of: messages.leavers.accepted),
                        "of \(Readable.plural(messages.leavers.accepted, "message")) delivered whose senders had left for good"
                    ))
            }
        }
        for (share, name) in [(0.5, "median latency"), (0.99, "99 % delivered within")] {
            guard let latency = Quantiles.value(share, of: messages.latencies) else { continue }
            tiles.append((Readable.time(latency), name))
        }
        if let latency = Quantiles.value(0.5, of: messages.latenciesOnline) {
            tiles.append((Readable.time(latency), "median latency, recipient online"))
        }
        if lookups.count > 0 {
            tiles.append((Readable.share(lookups.exact, of: lookups.count), "of lookups found exactly the closest"))
        }
        if traffic.idleBytesPerSecondPerNode > 0 {
            tiles.append(
                (
                    "\(Readable.bytes(traffic.idleBytesPerSecondPerNode))/s",
                    run.real == nil ? "sent by an idle node" : "sent by a node left alone at first"
                ))
        }
        if !summary.memory.parts.isEmpty {
            tiles.append((Readable.bytes(Double(summary.memory.total)), "memory of a node"))
        }
        if let real = run.real {
            tiles.append((Readable.time(summary.time), "real time, at a pace of \(Readable.number(real.pace))"))
        } else {
            tiles.append((Readable.time(summary.time), "virtual time, in \(Readable.time(.seconds(run.wallSeconds)))"))
            tiles.append((Readable.count(summary.events), "events, \(Readable.number(run.eventsPerSecond)) a second"))
        }
        let html = tiles.map { "<div><b>\(Markup.escape($0.value))</b><span>\(Markup.escape($0.name))</span></div>\n" }
        return "<div class=\"tiles\">\n\(html.joined())</div>\n"
    }

    /// What was done to real nodes, and what not.
    private var reality: String {
        guard let real = run.real else { return "" }
        var sentences = ["Real \(real.kind): \(real.paceSentence)."]
        if !real.applied.isEmpty { sentences.append("Applied: \(real.applied.joined(separator: "; ")).") }
        if !real.notApplied.isEmpty { sentences.append("Not applied: \(real.notApplied.joined(separator: ", ")).") }
        return "\n<p>\(Markup.escape(sentences.joined(separator: " ")))</p>"
    }

    private func list(_ violations: [Violation], _ title: String) -> String {
        guard !violations.isEmpty else { return "" }
        let items = violations.map { violation in
            let trace = violation.trace.map(Markup.escape).joined(separator: "\n")
            return "<li>\(Markup.escape(violation.sentence))\(trace.isEmpty ? "" : "<pre>\(trace)</pre>")</li>\n"
        }
        return "<section class=\"violations\"><h2>\(Markup.escape(title))</h2><ol>\n\(items.joined())</ol></section>\n"
    }

    private var replay: String {
        let commands = run.replay.map(Markup.escape).joined(separator: "\n")
        let all = commands.isEmpty ? "" : "<pre>\(commands)</pre>"
        if run.real != nil {
            return
                "<footer><h2>The same again</h2>\(all)<p>Real machines never live a scenario twice alike: the seed "
                + "repeats what was intended, not what happened.</p></footer>\n"
        }
        return
            "<footer><h2>The same again</h2>\(all)<p>Trace hash <code>\(run.traceHash)</code>: whoever runs the same "
            + "version of this program with the same scenario and seed gets the same.</p></footer>\n"
    }
}
