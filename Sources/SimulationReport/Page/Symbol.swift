import Simulation

/// Marks of nodes, told apart by their shapes as well as by their colours.
enum Symbol: Hashable {
    case relay
    case personal
    case new
    case hidden
    case liar
    /// One whose table is drawn, in the style of its lines.
    case sample(Int)
    case keeper
    case closest
    case mailbox

    /// What matters most of a node.
    init(of node: NetworkMap.Node) {
        self =
            if node.isLiar { .liar } else if node.isHidden { .hidden } else if node.isPersonal {
                .personal
            } else if node.age < NetworkMap.youth { .new } else { .relay }
    }

    var name: String {
        switch self {
        case .relay: "relaying node"
        case .personal: "somebody's own node"
        case .new: "up for less than \(Readable.time(NetworkMap.youth))"
        case .hidden: "strangers can't reach it"
        case .liar: "lies"
        case .sample: "its contacts are drawn"
        case .keeper: "keeps something of the mailbox"
        case .closest: "should: one of the closest"
        case .mailbox: "where the mailbox is"
        }
    }

    func svg(at point: (x: Double, y: Double), title: String? = nil) -> String {
        let (x, y) = (Markup.coordinate(point.x), Markup.coordinate(point.y))
        func path(_ kind: String, _ steps: String) -> (String, String) {
            ("path class=\"\(kind)\" d=\"M\(x) \(y)\(steps)\"", "path")
        }
        func circle(_ kind: String, _ radius: String) -> (String, String) {
            ("circle class=\"\(kind)\" cx=\"\(x)\" cy=\"\(y)\" r=\"\(radius)\"", "circle")
        }
        let (start, end) =
            switch self {
            case .relay: circle("relay", "2.2")
            case .personal: path("personal", "m-2.6 -2.6h5.2v5.2h-5.2z")
            case .new: path("new", "m0 -3.8l3.4 6h-6.8z")
            case .hidden: circle("hidden", "2.7")
            case .liar: path("liar", "m-3 -3l6 6m-6 0l6 -6")
            case .sample(let style): circle("sample s\(style)", "5.5")
            case .keeper: path("keeper", "m0 -4l4 4l-4 4l-4 -4z")
            case .closest: circle("closest", "3.6")
            case .mailbox: path("mailbox", "m-6.5 -4.5h13v9h-13zl6.5 5l6.5 -5")
            }
        guard let title else { return "<\(start)/>" }
        return "<\(start)><title>\(Markup.escape(title))</title></\(end)>\n"
    }

    /// Alone, for a legend.
    var icon: String { "<svg viewBox=\"0 0 16 12\" aria-hidden=\"true\">\(svg(at: (8, 6)))</svg>" }
}
