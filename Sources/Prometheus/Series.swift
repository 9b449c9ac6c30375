import CoreMetrics
import Synchronization

/// One time series: a metric with one set of labels.
protocol Series: AnyObject, Sendable {
    /// Appends its lines.
    func write(name: String, labels: Labels, into text: inout String)
}

/// Counts up; a negative increment would look like a restart, and is none.
final class CounterSeries: Series, CounterHandler {
    private let value = Atomic<Int64>(0)

    func increment(by amount: Int64) {
        if amount > 0 { value.wrappingAdd(amount, ordering: .relaxed) }
    }

    func reset() { value.store(0, ordering: .relaxed) }

    func write(name: String, labels: Labels, into text: inout String) {
        text += "\(name)\(labels.braced()) \(value.load(ordering: .relaxed))\n"
    }
}

/// Counts up in fractions.
final class FloatingPointCounterSeries: Series, FloatingPointCounterHandler {
    private let value = Mutex(0.0)

    func increment(by amount: Double) {
        if amount > 0, amount.isFinite { value.withLock { $0 += amount } }
    }

    func reset() { value.withLock { $0 = 0 } }

    func write(name: String, labels: Labels, into text: inout String) {
        text += "\(name)\(labels.braced()) \(MetricText.number(value.withLock { $0 }))\n"
    }
}

/// The last value that was set.
final class GaugeSeries: Series, MeterHandler, RecorderHandler {
    private let value = Mutex(0.0)

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }

    func write(name: String, labels: Labels, into text: inout String) {
        text += "\(name)\(labels.braced()) \(MetricText.number(value.withLock { $0 }))\n"
    }
}

/// How many values were at most each of some bounds.
final class HistogramSeries: Series, RecorderHandler, TimerHandler {
    private struct State {
        /// Of each bucket alone; the last is of what is beyond all bounds.
        var counts: [UInt64]
        var sum = 0.0
    }

    private let bounds: [Double]
    private let state: Mutex<State>

    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        guard !value.isNaN else { return }
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1_000_000_000) }

    func write(name: String, labels: Labels, into text: inout String) {
        let (counts, sum) = state.withLock { ($0.counts, $0.sum) }
        var cumulative: UInt64 = 0
        for (bound, count) in zip(bounds + [.infinity], counts) {
            cumulative += count
            let le = "le=\"\(MetricText.number(bound))\""
            text += "\(name)_bucket\(labels.braced(and: le)) \(cumulative)\n"
        }
        text += "\(name)_sum\(labels.braced()) \(MetricText.number(sum))\n"
        text += "\(name)_count\(labels.braced()) \(cumulative)\n"
    }
}
