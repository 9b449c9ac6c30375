import Simulation

/// Lines over two axes, as inline SVG.
struct LinePlot {
    /// A line of a plot. `style` is 1, 2 or 3: its colour and its dashes, so that it is told apart in print as well.
    struct Line {
        var name: String
        var style: Int
        var points: [(x: Double, y: Double)]
        /// Whether a value holds until the next.
        var isStepped = false
    }

    /// A span, or a moment where both ends are the same, in which something is wrong.
    struct Mark {
        var from: Double
        var to: Double
        var name: String
    }

    var title: String
    var x: Axis
    var y: Axis
    var lines: [Line]
    var marks: [Mark] = []

    /// In units of the SVG, which is scaled to its place.
    static let width = 460.0
    static let height = 262.0
    static let left = 54.0
    static let right = 14.0
    static let top = 24.0
    static let bottom = 44.0

    var svg: String {
        var svg = Frame.open(title)
        for mark in marks { svg += draw(mark) }
        svg += Frame.axes(x, y)
        for line in lines { svg += draw(line) }
        return svg + "</svg>\n"
    }

    private func draw(_ mark: Mark) -> String {
        let (from, to) = (Frame.x(mark.from, x), Frame.x(mark.to, x))
        let title = "<title>\(Markup.escape(mark.name))</title>"
        let top = Markup.coordinate(LinePlot.top)
        let height = Markup.coordinate(LinePlot.height - LinePlot.top - LinePlot.bottom)
        return "<rect class=\"fault\" x=\"\(Markup.coordinate(from - 1))\" y=\"\(top)\" "
            + "width=\"\(Markup.coordinate(max(2, to - from)))\" height=\"\(height)\">\(title)</rect>\n"
    }

    private func draw(_ line: Line) -> String {
        var path = ""
        var last = ""
        for (index, point) in line.points.enumerated() {
            let px = Markup.coordinate(Frame.x(point.x, x))
            let py = Markup.coordinate(Frame.y(point.y, y))
            if "\(px) \(py)" == last { continue }
            path += index == 0 ? "M\(px) \(py)" : line.isStepped ? "H\(px)V\(py)" : "L\(px) \(py)"
            last = "\(px) \(py)"
        }
        return "<path class=\"line s\(line.style)\" d=\"\(path)\"><title>\(Markup.escape(line.name))</title></path>\n"
    }
}

/// What all plots have in common: the frame, the axes, the grid.
enum Frame {
    static func open(_ title: String) -> String {
        "<svg viewBox=\"0 0 \(Int(LinePlot.width)) \(Int(LinePlot.height))\" role=\"img\" "
            + "aria-label=\"\(Markup.escape(title))\" xmlns=\"http://www.w3.org/2000/svg\">\n"
    }

    static func x(_ value: Double, _ axis: Axis) -> Double {
        LinePlot.left + axis.position(value) * (LinePlot.width - LinePlot.left - LinePlot.right)
    }

    static func y(_ value: Double, _ axis: Axis) -> Double {
        LinePlot.height - LinePlot.bottom - axis.position(value) * (LinePlot.height - LinePlot.top - LinePlot.bottom)
    }

    /// Labels closer than this would touch; a letter is about six units wide.
    private static let gap = 8.0
    private static let letter = 6.2

    static func axes(_ x: Axis, _ y: Axis) -> String {
        var svg = ""
        let end = LinePlot.width - LinePlot.right
        let base = LinePlot.height - LinePlot.bottom
        for tick in y.ticks {
            let at = Frame.y(tick.value, y)
            svg += "<path class=\"grid\" d=\"M\(Int(LinePlot.left)) \(Markup.coordinate(at))H\(Int(end))\"/>"
            svg += text(tick.label, LinePlot.left - 6, at + 4, anchor: "end")
        }
        svg += "<path class=\"axis\" d=\"M\(Int(LinePlot.left)) \(Int(base))H\(Int(end))\"/>"
        var free = 0.0
        for tick in x.ticks {
            let at = Frame.x(tick.value, x)
            svg += "<path class=\"axis\" d=\"M\(Markup.coordinate(at)) \(Int(base))v4\"/>"
            let half = Double(tick.label.count) * letter / 2
            let middle = min(at, LinePlot.width - half - 1)
            guard middle - half >= free else { continue }
            free = middle + half + gap
            svg += text(tick.label, middle, base + 17, anchor: "middle")
        }
        svg += text(x.title, (LinePlot.left + end) / 2, LinePlot.height - 6, anchor: "middle", kind: "title")
        svg += text(y.title, 4, 11, anchor: "start", kind: "title")
        return svg + "\n"
    }

    static func text(_ text: String, _ x: Double, _ y: Double, anchor: String, kind: String = "tick") -> String {
        "<text class=\"\(kind)\" x=\"\(Markup.coordinate(x))\" y=\"\(Markup.coordinate(y))\" text-anchor=\"\(anchor)\">"
            + "\(Markup.escape(text))</text>"
    }
}
