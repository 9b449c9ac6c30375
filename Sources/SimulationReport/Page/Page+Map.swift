import Basics
import Platform
import Simulation

/// Where everything is at the end of a run.
extension Page {
    var ring: Card {
        let title = "The network"
        let map = summary.map
        guard !map.nodes.isEmpty else { return Card(title: title, missing: "No node was up.") }
        let drawn = Set(map.nodes.map(Symbol.init))
        var symbols: [Symbol] = [.relay, .new, .hidden, .liar, .personal].filter(drawn.contains)
        if !map.tables.isEmpty { symbols.append(.sample(1)) }
        if map.mailbox != nil { symbols += [.mailbox, .keeper, .closest] }
        let all =
            map.living > map.nodes.count
            ? "\(Readable.count(map.nodes.count)) of \(Readable.plural(map.living, "node"))"
            : Readable.plural(map.living, "node")
        return Card(
            title: title, plot: RingPlot(title: title, map: map).svg, symbols: symbols,
            note: "\(all) at the end of the run, clockwise by the first bits of their IDs."
                + (map.tables.isEmpty
                    ? "" : " Lines lead from \(Readable.plural(map.tables.count, "node")) to those they know."))
    }

    /// The nodes closest to the mailbox, and other nodes that keep something of it: they can't be told apart on the
    /// ring.
    var buddies: Card {
        let title = "Who keeps one person's mailbox"
        guard let mailbox = summary.map.mailbox else {
            return Card(title: title, missing: "There are no people in this scenario.")
        }
        guard !mailbox.buddies.isEmpty else { return Card(title: title, missing: "No node was up.") }
        let plot = BuddyPlot(title: title, map: summary.map, mailbox: mailbox)
        return Card(
            title: title, plot: plot.svg, symbols: plot.symbols, note: Page.sentence(mailbox))
    }

    static func sentence(_ mailbox: NetworkMap.Mailbox) -> String {
        let closest = mailbox.buddies.filter(\.isClosest)
        let keeping = closest.count(where: \.keepsSomething)
        let others = mailbox.buddies.count(where: { !$0.isClosest })
        var contents: [String] = []
        if mailbox.waiting > 0 { contents.append("\(Readable.plural(mailbox.waiting, "envelope")) waiting") }
        if mailbox.collected > 0 {
            contents.append(
                "proof that \(Readable.plural(mailbox.collected, "envelope")) \(mailbox.collected == 1 ? "was" : "were") collected"
            )
        }
        if contents.isEmpty { return "Nobody keeps anything in it." }
        let all = keeping == closest.count ? "all of the \(closest.count)" : "\(keeping) of the \(closest.count)"
        let rest = others == 0 ? "" : ", and so \(others == 1 ? "does" : "do") \(others) farther away"
        return "In it: \(contents.joined(separator: ", ")). Of this, \(all) closest keep something\(rest)."
            + (keeping < closest.count ? " Hollow: those that keep nothing." : "")
    }
}

/// Bars for the nodes at a mailbox, closest first: full where they keep something of it.
struct BuddyPlot {
    var title: String
    var map: NetworkMap
    var mailbox: NetworkMap.Mailbox

    /// How close a node is: the leading bits that it shares with the mailbox, and the fraction of the next.
    private func closeness(_ buddy: NetworkMap.Buddy) -> Double {
        let distance = map.nodes[buddy.node].id ^ mailbox.location
        return 64 - log2(Double(distance) + 1)
    }

    var symbols: [Symbol] {
        let drawn = Set(mailbox.buddies.map { Symbol(of: map.nodes[$0.node]) })
        return [.new, .hidden, .liar, .personal].filter(drawn.contains)
    }

    var svg: String {
        let closenesses = mailbox.buddies.map(closeness)
        let count = Double(mailbox.buddies.count)
        let ticks = mailbox.buddies.enumerated().filter { index, _ in index == 0 || index % 5 == 4 }.map {
            index, buddy in
            Axis.Tick(value: Double(index), label: "\(buddy.rank + 1)")
        }
        let x = Axis(
            scale: .linear, range: -0.5...(max(count, 2) - 0.5), ticks: ticks,
            title: "nodes by distance from the mailbox, closest first")
        let y = Axis.count(upTo: closenesses.max() ?? 1, title: "leading bits shared with it") { Readable.number($0) }
        var svg = Frame.open(title)
        let base = LinePlot.height - LinePlot.bottom
        let closest = Double(mailbox.buddies.lastIndex(where: \.isClosest) ?? 0) + 0.5
        let limit = Frame.x(closest, x)
        svg += Frame.axes(x, y)
        for (index, buddy) in mailbox.buddies.enumerated() {
            let (left, right) = (Frame.x(Double(index) - 0.5, x), Frame.x(Double(index) + 0.5, x))
            let gap = min(3, (right - left) / 4)
            let top = min(Frame.y(closenesses[index], y), base - 2)
            svg +=
                "<rect class=\"\(buddy.keepsSomething ? "keeps" : "lacks")\" x=\"\(Markup.coordinate(left + gap / 2))\" "
                + "y=\"\(Markup.coordinate(top))\" width=\"\(Markup.coordinate(right - left - gap))\" "
                + "height=\"\(Markup.coordinate(base - top))\"><title>\(Markup.escape(map.name(of: buddy.node)))</title></rect>\n"
            let symbol = Symbol(of: map.nodes[buddy.node])
            if symbol != .relay {
                svg += symbol.svg(at: ((left + right) / 2, top - 7), title: map.name(of: buddy.node))
            }
        }
        svg += "<path class=\"reference\" d=\"M\(Markup.coordinate(limit)) \(Int(LinePlot.top))V\(Int(base))\"/>"
        let size = mailbox.buddies.count(where: \.isClosest)
        svg += Frame.text("the \(size) closest", limit - 5, LinePlot.top + 10, anchor: "end")
        return svg + "</svg>\n"
    }
}
