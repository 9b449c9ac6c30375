import Simulation

/// Upright bars side by side: how often each value occurs, or how much is in each place.
struct BarPlot {
    /// A bar with what is shown when it is pointed at.
    struct Bar {
        var from: Double
        var to: Double
        var height: Double
        var name: String
    }

    var title: String
    var x: Axis
    var y: Axis
    var bars: [Bar]
    /// A height to compare with, and what it is.
    var reference: (height: Double, name: String)?

    var svg: String {
        var svg = Frame.open(title) + Frame.axes(x, y)
        let base = LinePlot.height - LinePlot.bottom
        for bar in bars where bar.height > 0 {
            let (left, right) = (Frame.x(bar.from, x), Frame.x(bar.to, x))
            let top = min(Frame.y(bar.height, y), base - 1)
            let gap = min(1.0, (right - left) / 4)
            svg +=
                "<rect class=\"bar\" x=\"\(Markup.coordinate(left + gap / 2))\" y=\"\(Markup.coordinate(top))\" "
                + "width=\"\(Markup.coordinate(max(0.5, right - left - gap)))\" height=\"\(Markup.coordinate(base - top))\">"
                + "<title>\(Markup.escape(bar.name))</title></rect>\n"
        }
        if let reference {
            let at = Frame.y(reference.height, y)
            svg +=
                "<path class=\"reference\" d=\"M\(Int(LinePlot.left)) \(Markup.coordinate(at))"
                + "H\(Int(LinePlot.width - LinePlot.right))\"/>"
            svg += Frame.text(reference.name, LinePlot.width - LinePlot.right, at - 4, anchor: "end")
        }
        return svg + "</svg>\n"
    }

    /// How often whole numbers occur: a bar each where they are few, else up to forty bars as wide as each other.
    static func histogram(of sorted: [Int], title: String, x name: String, of what: String) -> BarPlot? {
        guard let least = sorted.first, let most = sorted.last else { return nil }
        let width = max(1, Int(Axis.roundStep(Double(most - least + 1) / 40)))
        let start = least / width * width
        var counts = [Int](repeating: 0, count: (most - start) / width + 1)
        for value in sorted { counts[(value - start) / width] += 1 }
        let bars = counts.enumerated().map { index, count in
            let from = start + index * width
            let values = width == 1 ? "\(from)" : "\(from) to \(from + width - 1)"
            return Bar(
                from: Double(from) - 0.5, to: Double(from + width) - 0.5, height: Double(count),
                name: "\(values): \(Readable.count(count))")
        }
        // A bar stands around its number.
        let end = Double(start + counts.count * width)
        let step = max(1, Axis.roundStep((end - Double(start)) / 8))
        let ticks = stride(from: (Double(start) / step).rounded(.up) * step, to: end, by: step).map {
            Axis.Tick(value: $0, label: Readable.count(Int($0)))
        }
        let x = Axis(scale: .linear, range: (Double(start) - 0.5)...(end - 0.5), ticks: ticks, title: name)
        return BarPlot(title: title, x: x, y: .whole(upTo: counts.max() ?? 1, title: what), bars: bars)
    }
}

/// Lying bars with their names: parts of a whole. A table, so that it is read aloud and copied as one.
struct PartsTable {
    struct Part {
        var name: String
        var amount: Double
        var values: [String]
    }

    var heads: [String]
    var parts: [Part]

    var html: String {
        let most = parts.map(\.amount).max() ?? 0
        var html = "<table class=\"parts\"><thead><tr>"
        for (index, head) in heads.enumerated() {
            html += "<th\(index == 0 ? "" : " class=\"number\"")>\(Markup.escape(head))</th>"
        }
        html += "</tr></thead><tbody>\n"
        for part in parts {
            let percent = most > 0 ? Markup.coordinate(100 * part.amount / most) : "0"
            html += "<tr><td><span>\(Markup.escape(part.name))</span>"
            html += "<span class=\"lying\" style=\"width:\(percent)%\"></span></td>"
            for value in part.values { html += "<td class=\"number\">\(Markup.escape(value))</td>" }
            html += "</tr>\n"
        }
        return html + "</tbody></table>\n"
    }
}
