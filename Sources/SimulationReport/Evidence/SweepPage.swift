import Simulation

/// A sweep as one HTML page that needs nothing else: its table, and a plot of each figure that the field changes.
public struct SweepPage {
    let result: SweepResult

    public init(_ result: SweepResult) { self.result = result }

    public var html: String {
        let title = "Sweep of \(result.sweep.field)"
        let seeds = result.sweep.seeds
        let base = result.sweep.scenarios.first.map(Readable.sentence) ?? ""
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <title>\(Markup.escape(title))</title>
            <style>\(Page.style)</style>
            </head>
            <body>
            <h1>\(Markup.escape(title))</h1>
            <p>\(Markup.escape("With the first value: \(base)."))</p>
            <p class="note">Each value was run with \(Readable.plural(seeds.count, "seed")), the same for all, from \(seeds.first ?? 0). \
            Means, with 95 % confidence intervals.</p>
            \(table)
            \(plot)
            \(failures)
            </body>
            </html>

            """
    }

    private var table: String {
        var html = "<table><thead><tr>"
        for (row, cells) in result.rows.enumerated() {
            if row > 0 { html += "<tr>" }
            for (column, cell) in cells.enumerated() {
                let tag = row == 0 ? "th" : "td"
                html += "<\(tag)\(column > 0 ? " class=\"number\"" : "")>\(Markup.escape(cell))</\(tag)>"
            }
            html += row == 0 ? "</tr></thead><tbody>\n" : "</tr>\n"
        }
        return html + "</tbody></table>"
    }

    private var plot: String {
        guard let figure = result.mostTelling else { return "" }
        let intervals = result.intervals(of: figure)
        let most = intervals.compactMap { $0?.high }.max() ?? 0
        let y =
            figure.unit == .share
            ? Axis.count(upTo: most, title: figure.name) { Readable.percent($0) }
            : Axis.count(upTo: most, title: figure.name, figure.text)
        let plot = IntervalPlot(
            title: "\(figure.name) by \(result.sweep.field)", x: result.sweep.field,
            values: zip(result.sweep.values, intervals).map { ($0, $1) }, y: y)
        return "<h2>\(Markup.escape(plot.title))</h2>\n<figure>\(plot.svg)</figure>"
    }

    private var failures: String {
        guard !result.failures.isEmpty else { return "" }
        let items = result.failures.map { "<li>\(Markup.escape($0))</li>\n" }.joined()
        return "<section class=\"violations\"><h2>What did not hold</h2><ol>\n\(items)</ol></section>"
    }
}
