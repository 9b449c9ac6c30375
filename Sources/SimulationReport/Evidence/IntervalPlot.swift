import Simulation

/// A mean with its confidence interval for each of several values, as inline SVG.
struct IntervalPlot {
    var title: String
    /// What the values are of.
    var x: String
    var values: [(name: String, interval: Interval?)]
    var y: Axis

    var svg: String {
        let end = Double(max(values.count, 1))
        let ticks = values.enumerated().map { Axis.Tick(value: Double($0.offset) + 0.5, label: $0.element.name) }
        let x = Axis(scale: .linear, range: 0...end, ticks: ticks, title: x)
        var svg = Frame.open(title) + Frame.axes(x, y)
        for (index, (name, interval)) in values.enumerated() {
            guard let interval else { continue }
            let at = Markup.coordinate(Frame.x(Double(index) + 0.5, x))
            let (low, mean, high) = (height(interval.low), height(interval.mean), height(interval.high))
            svg +=
                "<path class=\"line s1\" d=\"M\(at) \(low)V\(high)\"/><circle class=\"bar\" cx=\"\(at)\" cy=\"\(mean)\" r=\"4\">"
                + "<title>\(Markup.escape(name))</title></circle>\n"
        }
        return svg + "</svg>\n"
    }

    private func height(_ value: Double) -> String { Markup.coordinate(Frame.y(max(value, 0), y)) }
}
