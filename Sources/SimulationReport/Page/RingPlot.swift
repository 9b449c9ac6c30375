import Platform
import Simulation

/// The keyspace as a ring, as inline SVG. Every node stands at the angle of its ID's first bits. Lines lead from a few
/// nodes to their contacts. Outside of the ring stand the nodes that keep a mailbox and those that should.
struct RingPlot {
    var title: String
    var map: NetworkMap

    /// In units of the SVG, which is scaled to its place.
    private static let size = 460.0
    private static let centre = size / 2
    private static let ring = 186.0
    /// The radius for nodes that keep something of the mailbox, and for those that should.
    private static let keepers = ring + 13
    private static let closest = ring + 25
    private static let pointer = ring + 36
    /// Lines to nodes across bend towards the centre, so that they part from each other.
    private static let bend = 0.55

    var svg: String {
        let size = Int(RingPlot.size)
        var svg =
            "<svg class=\"ring\" viewBox=\"0 0 \(size) \(size)\" role=\"img\" aria-label=\"\(Markup.escape(title))\" "
            + "xmlns=\"http://www.w3.org/2000/svg\">\n"
        let centre = Markup.coordinate(RingPlot.centre)
        svg += "<circle class=\"grid\" cx=\"\(centre)\" cy=\"\(centre)\" r=\"\(Int(RingPlot.ring))\"/>\n"
        for (index, table) in map.tables.enumerated() { svg += lines(of: table, style: index % 3 + 1) }
        svg += quarters
        for (place, node) in map.nodes.enumerated() {
            svg += Symbol(of: node).svg(at: point(node.id, RingPlot.ring), title: name(of: place))
        }
        for (index, table) in map.tables.enumerated() {
            svg += Symbol.sample(index % 3 + 1).svg(
                at: point(map.nodes[table.node].id, RingPlot.ring), title: knows(table))
        }
        return svg + mailbox + "</svg>\n"
    }

    // MARK: Parts

    private func lines(of table: NetworkMap.Table, style: Int) -> String {
        let from = point(map.nodes[table.node].id, RingPlot.ring)
        var path = ""
        for contact in table.contacts {
            let to = point(map.nodes[contact].id, RingPlot.ring)
            let chord = hypot(to.x - from.x, to.y - from.y) / (2 * RingPlot.ring)
            let pull = 1 - RingPlot.bend * chord
            let x = RingPlot.centre + ((from.x + to.x) / 2 - RingPlot.centre) * pull
            let y = RingPlot.centre + ((from.y + to.y) / 2 - RingPlot.centre) * pull
            path += "M\(text(from))Q\(text((x, y))) \(text(to))"
        }
        return "<path class=\"knows s\(style)\" d=\"\(path)\"><title>\(Markup.escape(knows(table)))</title></path>\n"
    }

    /// The first bits at the four quarters of the keyspace, inside of the ring.
    private var quarters: String {
        var svg = ""
        for (index, bits) in ["00…", "01…", "10…", "11…"].enumerated() {
            let at = point(UInt64(index) << 62, RingPlot.ring - 17)
            svg += Frame.text(bits, at.x, at.y + 4, anchor: "middle", kind: "bits")
        }
        return svg + "\n"
    }

    private var mailbox: String {
        guard let mailbox = map.mailbox else { return "" }
        var svg = ""
        for buddy in mailbox.buddies {
            let id = map.nodes[buddy.node].id
            let name = name(of: buddy.node)
            if buddy.keepsSomething { svg += Symbol.keeper.svg(at: point(id, RingPlot.keepers), title: name) }
            if buddy.isClosest { svg += Symbol.closest.svg(at: point(id, RingPlot.closest), title: name) }
        }
        // From outside to the ring's own line, through both rows.
        let from = point(mailbox.location, RingPlot.ring + 4)
        let to = point(mailbox.location, RingPlot.pointer)
        return svg + "<path class=\"pointer\" d=\"M\(text(from))L\(text(to))\"/>"
            + Symbol.mailbox.svg(at: to, title: "The mailbox is here: \(RingPlot.prefix(mailbox.location))")
    }

    // MARK: Words

    private func knows(_ table: NetworkMap.Table) -> String {
        let gone = table.gone == 0 ? "" : ", and \(table.gone) that \(table.gone == 1 ? "is" : "are") gone"
        return
            "\(RingPlot.prefix(map.nodes[table.node].id)) knows \(Readable.plural(table.contacts.count, "node"))\(gone)"
    }

    private func name(of place: Int) -> String {
        map.name(of: place)
    }

    static func prefix(_ id: UInt64) -> String { Readable.hexadecimal(id >> 32, digits: 8) + "…" }

    // MARK: Places

    /// Clockwise from the top.
    private func point(_ id: UInt64, _ radius: Double) -> (x: Double, y: Double) {
        let angle = Double(id) / 0x1p64 * 2 * .pi
        return (RingPlot.centre + radius * sin(angle), RingPlot.centre - radius * cos(angle))
    }

    private func text(_ point: (x: Double, y: Double)) -> String {
        "\(Markup.coordinate(point.x)) \(Markup.coordinate(point.y))"
    }
}

extension NetworkMap {
    /// A node that came less long ago is new: its neighbours may not have found it yet.
    static let youth = Duration.seconds(1_800)

    /// What is to be said of a node, in a line.
    func name(of place: Int) -> String {
        let node = nodes[place]
        var parts = [RingPlot.prefix(node.id), "up for \(Readable.time(node.age))"]
        if node.isPersonal { parts.append("somebody lives there") }
        if node.isLiar { parts.append("lies") }
        if node.isHidden { parts.append("strangers can't reach it") }
        if let mailbox, let buddy = mailbox.buddies.first(where: { $0.node == place }) {
            parts.append("number \(buddy.rank + 1) from the mailbox")
            if buddy.waiting > 0 { parts.append("keeps \(Readable.plural(buddy.waiting, "envelope"))") }
            if buddy.collected > 0 {
                parts.append(
                    "knows that \(Readable.count(buddy.collected)) \(buddy.collected == 1 ? "was" : "were") collected")
            }
            if !buddy.keepsSomething { parts.append("keeps nothing of it") }
        }
        return parts.joined(separator: ", ")
    }
}
