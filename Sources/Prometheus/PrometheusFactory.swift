import CoreMetrics
import Synchronization

/// Keeps the metrics of a program and renders them in Prometheus's text format: a backend of swift-metrics.
///
/// What a metric means, and the bounds of its histogram, stand in one table that is given at the start. A label of
/// swift-metrics is the metric's name as Prometheus has it. Names that the table doesn't know are kept all the same, with
/// the suffix that Prometheus wants. May be used by any thread.
public final class PrometheusFactory: MetricsFactory {
    /// Series that are kept. Further ones are not counted: labels with unbounded values would fill the memory.
    public static let maximumSeries = 2_000
    /// Counts the series that were not kept, or were requested with another type than they have.
    public static let refusedName = "metrics_series_refused_total"
    /// What stands behind its `# HELP`.
    public static let refusedHelp = "Series that were not kept: too many, or of another kind."
    /// Bounds in seconds for timers and recorders that the table doesn't know.
    public static let defaultBounds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    private struct Family {
        let kind: MetricDescription.Kind
        let help: String
        var series: [Labels: any Series] = [:]
    }

    private struct State {
        var families: [String: Family] = [:]
        var count = 0
        var refused = 0
    }

    private let table: [String: MetricDescription]
    private let state = Mutex(State())

    public init(_ table: [MetricDescription]) {
        self.table = Dictionary(table.map { ($0.name, $0) }) { first, _ in first }
    }

    // MARK: Showing

    /// All there is now, in Prometheus's text format, version 0.0.4: metrics by name, and each one's series by labels.
    public func render() -> String {
        var (families, refused) = state.withLock { ($0.families, $0.refused) }
        var text = ""
        let own = Family(kind: .counter, help: PrometheusFactory.refusedHelp)
        families[PrometheusFactory.refusedName] = own
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text += "# HELP \(name) \(MetricText.help(family.help))\n# TYPE \(name) \(family.kind.name)\n"
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                series.write(name: name, labels: labels, into: &text)
            }
            if name == PrometheusFactory.refusedName { text += "\(name) \(refused)\n" }
        }
        return text
    }

    // MARK: Making

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, suffix: "_total", .counter, dimensions) { _ in CounterSeries() }
    }

    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, suffix: "_total", .counter, dimensions) { _ in FloatingPointCounterSeries() }
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, suffix: "", .gauge, dimensions) { _ in GaugeSeries() }
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        guard aggregate else { return series(label, suffix: "", .gauge, dimensions) { _ in GaugeSeries() } }
        return histogram(label, suffix: "", dimensions)
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, suffix: "_seconds", dimensions)
    }

    private func histogram(_ label: String, suffix: String, _ dimensions: [(String, String)]) -> HistogramSeries {
        // In a histogram this one is Prometheus's own.
        let dimensions = dimensions.map { ($0.0 == "le" ? "label_le" : $0.0, $0.1) }
        return series(label, suffix: suffix, .histogram(PrometheusFactory.defaultBounds), dimensions) { kind in
            if case .histogram(let bounds) = kind {
                HistogramSeries(bounds: bounds)
            } else {
                HistogramSeries(bounds: [])
            }
        }
    }

    /// The series of a name and labels: the existing one, or a new one. If it can't be kept, the one returned is never
    /// shown.
    private func series<Kept: Series>(
        _ label: String, suffix: String, _ kind: MetricDescription.Kind, _ dimensions: [(String, String)],
        make: (MetricDescription.Kind) -> Kept
    ) -> Kept {
        let known = table[label]
        let kind = known?.kind.name == kind.name ? known?.kind ?? kind : kind
        let name = known?.name ?? PrometheusFactory.name(label, suffix)
        let labels = Labels(dimensions)
        return state.withLock { state in
            var family = state.families[name] ?? Family(kind: known?.kind ?? kind, help: known?.help ?? "Undocumented.")
            if let series = family.series[labels] as? Kept { return series }
            let series = make(kind)
            guard family.series[labels] == nil, family.kind.name == kind.name, name != PrometheusFactory.refusedName,
                state.count < PrometheusFactory.maximumSeries
            else {
                state.refused += 1
                return series
            }
            family.series[labels] = series
            state.families[name] = family
            state.count += 1
            return series
        }
    }

    private static func name(_ label: String, _ suffix: String) -> String {
        let name = MetricText.name(label)
        return name.hasSuffix(suffix) ? name : name + suffix
    }

    // MARK: Forgetting

    public func destroyCounter(_ handler: any CounterHandler) { forget(handler) }
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { forget(handler) }
    public func destroyMeter(_ handler: any MeterHandler) { forget(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { forget(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { forget(handler) }

    private func forget(_ handler: AnyObject) {
        state.withLock { state in
            for (name, family) in state.families {
                let kept = family.series.filter { $0.value !== handler }
                guard kept.count < family.series.count else { continue }
                state.count -= family.series.count - kept.count
                state.families[name]?.series = kept
                if kept.isEmpty { state.families[name] = nil }
            }
        }
    }
}
