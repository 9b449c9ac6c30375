import Platform
import Simulation

/// What a sweep found: for each value of the field, the figures of its runs with their confidence intervals.
public struct SweepResult: Sendable {
    let sweep: Sweep
    /// The runs of each value, in the order of the seeds.
    let runs: [[Run]]
    /// The same as JSON, which figures are read from.
    private let json: [[JSONValue]]

    /// `runs`: of the sweep's scenarios, in their order.
    public init(_ sweep: Sweep, _ runs: [Run]) {
        self.sweep = sweep
        let count = sweep.seeds.count
        self.runs = stride(from: 0, to: runs.count, by: count).map { Array(runs[$0..<min($0 + count, runs.count)]) }
        json = self.runs.map { $0.map(\.json) }
    }

    /// The worst that any run ended with.
    public var verdict: Run.Verdict {
        let all = runs.joined().map(\.verdict)
        return [.safetyBroken, .interrupted, .livenessNotReached].first(where: all.contains) ?? .allHeld
    }

    // MARK: Figures

    /// The figures that runs measured.
    var figures: [Figure] { Figure.all.filter { figure in json.contains { figure.interval(in: $0) != nil } } }

    /// A figure by value of the field.
    func intervals(of figure: Figure) -> [Interval?] { json.map { figure.interval(in: $0) } }

    /// The figure to plot: the most important one that differs between two values by more than chance, else the first.
    package var mostTelling: Figure? {
        figures.first { figure in
            let intervals = intervals(of: figure).compactMap { $0 }.filter { $0.runs > 1 }
            return intervals.contains { one in intervals.contains { $0.differs(from: one) } }
        } ?? figures.first
    }

    // MARK: For people

    /// A head, and a row for each figure with a column for each value.
    public var rows: [[String]] {
        var rows = [[sweep.field] + sweep.values]
        rows.append(
            ["runs in which all held"]
                + runs.map { runs in
                    "\(runs.count { $0.verdict == .allHeld }) of \(runs.count)"
                })
        for figure in figures {
            rows.append([figure.name] + intervals(of: figure).map { $0.map(figure.text) ?? "–" })
        }
        return rows
    }

    /// The plot as text: a line for each value, from zero to the highest, with its mean and its interval.
    public var plot: String {
        guard let figure = mostTelling else { return "" }
        let intervals = intervals(of: figure)
        let most = intervals.compactMap { $0?.high }.max() ?? 0
        let width = sweep.values.map(\.count).max() ?? 0
        var text = "\(figure.name) by \(sweep.field), from 0 to \(figure.text(most))\n"
        for (value, interval) in zip(sweep.values, intervals) {
            let name = String(repeating: " ", count: width - value.count) + value
            guard let interval, most > 0 else { continue }
            text += "  \(name) │\(SweepResult.line(interval, most))\n"
        }
        return text
    }

    private static let columns = 60

    private static func line(_ interval: Interval, _ most: Double) -> String {
        func column(_ value: Double) -> Int {
            min(max(Int((value / most * Double(columns - 1)).rounded()), 0), columns - 1)
        }
        let (low, mean, high) = (column(interval.low), column(interval.mean), column(interval.high))
        return String(
            (0...max(high, mean)).map { at -> Character in
                if at == mean { return "●" }
                if at == low { return "├" }
                if at == high { return "┤" }
                return low < at && at < high ? "─" : " "
            })
    }

    /// Violations and what was left unfinished, with the seed and the value of their run.
    public var failures: [String] {
        zip(sweep.values, runs).flatMap { value, runs in
            runs.flatMap { run in
                (run.summary.violations + run.summary.unfinished).prefix(1).map {
                    "\(sweep.field)=\(value), seed \(run.summary.scenario.seed): \($0.sentence)"
                }
            }
        }
    }

    // MARK: For scripts

    /// All figures, and what each run ended with.
    public var jsonValue: JSONValue {
        .object([
            "field": .string(sweep.field),
            "seeds": .array(sweep.seeds.map { JSONValue($0) }),
            "values": .array(zip(sweep.values, json).map(json)),
        ])
    }

    private func json(_ value: String, _ runs: [JSONValue]) -> JSONValue {
        .object([
            "value": .string(value),
            "figures": .object(
                figures.compactMap { figure in
                    figure.interval(in: runs).map { interval in
                        .init(
                            figure.id,
                            .object([
                                "mean": JSONValue(interval.mean), "low": JSONValue(interval.low),
                                "high": JSONValue(interval.high), "runs": JSONValue(interval.runs),
                            ]))
                    }
                }),
            "runs": .array(
                runs.map { run in
                    .object(["seed", "traceHash", "verdict"].map { .init($0, run[[$0]] ?? .null) })
                }),
        ])
    }
}
