import Platform

/// The mean of a figure over runs that differ in their seed, and a 95 % confidence interval of it.
package struct Interval: Equatable, Sendable {
    package let mean: Double
    package let low: Double
    package let high: Double
    /// Runs in which the figure was measured.
    package let runs: Int

    /// Of values, none of them negative, by Student's t; of one value, the value alone. Nil where there is none.
    package init?(of values: [Double]) {
        guard !values.isEmpty else { return nil }
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        var half = 0.0
        if values.count > 1 {
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
            half = Interval.quantile(degrees: values.count - 1) * (variance / count).squareRoot()
        }
        self.init(mean: mean, low: max(0, mean - half), high: mean + half, runs: values.count)
    }

    /// Of a share: of all trials together by Wilson's score, and of the runs by Student's t; the wider at either end. The first
    /// is too narrow where runs differ by more than chance, the second is nothing where all runs are alike.
    package init?(part: [Double], of all: [Double]) {
        let runs = zip(part, all).filter { $0.1 > 0 }
        guard let ofRuns = Interval(of: runs.map { $0.0 / $0.1 }) else { return nil }
        let (part, all) = runs.reduce((0, 0)) { ($0.0 + $1.0, $0.1 + $1.1) }
        let share = part / all
        let square = Interval.normal * Interval.normal
        let middle = (share + square / (2 * all)) / (1 + square / all)
        let spread = (share * (1 - share) / all + square / (4 * all * all)).squareRoot()
        let half = Interval.normal / (1 + square / all) * spread
        self.init(
            mean: share, low: max(0, min(ofRuns.low, middle - half, share)),
            high: min(1, max(ofRuns.high, middle + half, share)), runs: runs.count)
    }

    private init(mean: Double, low: Double, high: Double, runs: Int) {
        (self.mean, self.low, self.high, self.runs) = (mean, low, high, runs)
    }

    /// Whether chance alone hardly explains the difference: the intervals have nothing in common.
    func differs(from other: Interval) -> Bool { low > other.high || high < other.low }

    // MARK: Quantiles

    /// The 97.5 % quantile of the normal distribution.
    private static let normal = 1.959_964

    /// The 97.5 % quantiles of Student's t, of 1 to 30 degrees of freedom.
    private static let student = [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
        2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
    ]

    /// Beyond the table the first terms of its expansion, right to four digits there (Abramowitz and Stegun, "Handbook of
    /// Mathematical Functions", 26.7.5).
    private static func quantile(degrees: Int) -> Double {
        guard degrees > student.count else { return student[degrees - 1] }
        let (z, n) = (normal, Double(degrees))
        let (cube, fifth) = (z * z * z, z * z * z * z * z)
        return z + (cube + z) / (4 * n) + (5 * fifth + 16 * cube + 3 * z) / (96 * n * n)
    }
}

extension Figure {
    /// The mean of this figure over runs, given as their JSON; nil where none measured it.
    func interval(in runs: [JSONValue]) -> Interval? {
        guard let trials else { return Interval(of: runs.compactMap(value)) }
        let measured = runs.compactMap { run -> (part: Double, all: Double)? in
            guard let part = run[trials.part]?.number, let all = run[trials.all]?.number else { return nil }
            return (part, all)
        }
        return Interval(part: measured.map(\.part), of: measured.map(\.all))
    }

    /// Such as `1.2 s`, and `1.2 s (1.1 s to 1.3 s)` where there are several runs.
    func text(_ interval: Interval) -> String {
        guard interval.runs > 1, interval.low < interval.high else { return text(interval.mean) }
        return "\(text(interval.mean)) (\(text(interval.low)) to \(text(interval.high)))"
    }
}
