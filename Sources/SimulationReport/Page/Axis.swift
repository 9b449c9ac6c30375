import Platform
import Simulation

/// Maps values to positions between 0 and 1, and names some of them.
struct Axis {
    enum Scale {
        case linear
        case logarithmic
    }

    /// A position with its name.
    struct Tick: Equatable {
        var value: Double
        var label: String
    }

    var scale: Scale
    var range: ClosedRange<Double>
    var ticks: [Tick]
    /// What it measures, with its unit.
    var title: String

    /// 0 at the lower end of the range, 1 at the upper; values outside are held to it.
    func position(_ value: Double) -> Double {
        let position: Double
        switch scale {
        case .linear: position = (value - range.lowerBound) / (range.upperBound - range.lowerBound)
        case .logarithmic:
            position = log(max(value, range.lowerBound) / range.lowerBound) / log(range.upperBound / range.lowerBound)
        }
        return min(max(position, 0), 1)
    }

    /// From zero to at least `maximum`, with round ticks.
    static func count(upTo maximum: Double, title: String, _ label: (Double) -> String = Readable.number) -> Axis {
        let step = roundStep(max(maximum, 1e-9) / 4)
        let end = max((maximum / step).rounded(.up), 1) * step
        let ticks = stride(from: 0, through: end + step / 2, by: step).map { Tick(value: $0, label: label($0)) }
        return Axis(scale: .linear, range: 0...end, ticks: ticks, title: title)
    }

    /// Whole numbers only: no half nodes.
    static func whole(upTo maximum: Int, title: String) -> Axis {
        let step = max(1, roundStep(Double(max(maximum, 1)) / 4))
        let end = (Double(max(maximum, 1)) / step).rounded(.up) * step
        let ticks = stride(from: 0, through: end, by: step).map { Tick(value: $0, label: Readable.count(Int($0))) }
        return Axis(scale: .linear, range: 0...end, ticks: ticks, title: title)
    }

    /// Virtual time, in seconds, with ticks at whole minutes, hours or days.
    static func time(_ range: ClosedRange<Double>, title: String = "since the network has formed") -> Axis {
        let steps: [Double] = [
            1, 5, 15, 30, 60, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
            2_592_000,
        ]
        let width = max(range.upperBound - range.lowerBound, 1)
        let step = steps.first { width / $0 <= 6 } ?? 2_592_000
        let first = (range.lowerBound / step).rounded(.up) * step
        let ticks = stride(from: first, through: range.upperBound, by: step).map { seconds in
            Tick(value: seconds, label: Readable.time(.seconds(Int64(seconds))))
        }
        return Axis(
            scale: .linear, range: range.lowerBound...(range.lowerBound + width), ticks: ticks, title: title)
    }

    /// Durations in seconds on a logarithmic scale, with ticks where people would put them.
    static func durations(_ range: ClosedRange<Double>, title: String) -> Axis {
        let all: [Double] = [
            0.000_001, 0.00_01, 0.001, 0.01, 0.1, 1, 10, 60, 600, 3_600, 6 * 3_600, 86_400, 7 * 86_400, 30 * 86_400,
            180 * 86_400,
        ]
        let low = all.last { $0 <= range.lowerBound } ?? all[0]
        let high = all.first { $0 >= range.upperBound && $0 > low } ?? (low * 10)
        let ticks = all.filter { (low...high).contains($0) }.map { seconds in
            Tick(value: seconds, label: Readable.time(.nanoseconds(Int64(seconds * 1e9))))
        }
        return Axis(scale: .logarithmic, range: low...max(high, low * 2), ticks: ticks, title: title)
    }

    /// Positive numbers on a logarithmic scale, with ticks at each power of ten.
    static func decades(_ range: ClosedRange<Double>, title: String) -> Axis {
        let low = Int(log10(range.lowerBound).rounded(.down))
        let high = max(Int(log10(range.upperBound).rounded(.up)), low + 1)
        let ticks = (low...high).map { pow(10, Double($0)) }.map { Tick(value: $0, label: Readable.number($0)) }
        return Axis(
            scale: .logarithmic, range: pow(10, Double(low))...pow(10, Double(high)), ticks: ticks, title: title)
    }

    /// 1, 2 or 5 times a power of ten, at least as large.
    static func roundStep(_ value: Double) -> Double {
        let power = pow(10, log10(value).rounded(.down))
        for factor in [1.0, 2, 5] where factor * power >= value * 0.999_999 { return factor * power }
        return 10 * power
    }
}
