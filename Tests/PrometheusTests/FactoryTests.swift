import CoreMetrics
import Prometheus
import Testing

/// What becomes of handlers: shared, bounded, safe for threads.
@Suite struct FactoryTests {
    private let factory = PrometheusFactory([
        MetricDescription("work_total", .counter, labels: ["kind"], "Work."),
        MetricDescription("work_seconds", .histogram([1]), "How long it takes."),
    ])

    /// The lines of a metric's series.
    private func series(_ name: String) -> [String] {
        factory.render().split(separator: "\n").map(String.init).filter { $0.hasPrefix(name) }
    }

    @Test func theSameNameAndLabelsAreTheSameSeries() {
        let first = Counter(label: "work_total", dimensions: [("kind", "a")], factory: factory)
        let second = Counter(label: "work_total", dimensions: [("kind", "a")], factory: factory)
        first.increment(by: 2)
        second.increment(by: 3)
        #expect(series("work_total") == ["work_total{kind=\"a\"} 5"])
    }

    @Test func countersOnlyCountUp() {
        let counter = factory.makeCounter(label: "work_total", dimensions: [])
        counter.increment(by: 5)
        counter.increment(by: -3)
        #expect(series("work_total") == ["work_total 5"])
        let other = factory.makeFloatingPointCounter(label: "time_total", dimensions: [])
        for amount in [0.5, -1, .nan, .infinity, 0.25] { other.increment(by: amount) }
        #expect(series("time_total") == ["time_total 0.75"])
    }

    @Test func threadsLoseNothing() async {
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask { [factory] in
                    for number in 0..<2_000 {
                        // Made anew each time: the registry is shared as well.
                        factory.makeCounter(label: "work_total", dimensions: [("kind", "\(number % 5)")]).increment(
                            by: 1)
                        factory.makeTimer(label: "work_seconds", dimensions: []).recordNanoseconds(1_000_000_000)
                        if number % 500 == task { _ = factory.render() }
                    }
                }
            }
        }
        #expect(series("work_total") == (0..<5).map { "work_total{kind=\"\($0)\"} 3200" })
        #expect(
            series("work_seconds") == [
                "work_seconds_bucket{le=\"1\"} 16000", "work_seconds_bucket{le=\"+Inf\"} 16000",
                "work_seconds_sum 16000",
                "work_seconds_count 16000",
            ])
    }

    @Test func seriesAreBounded() {
        for number in 0..<(PrometheusFactory.maximumSeries + 10) {
            factory.makeCounter(label: "work_total", dimensions: [("kind", "\(number)")]).increment(by: 1)
        }
        #expect(series("work_total").count == PrometheusFactory.maximumSeries)
        #expect(series(PrometheusFactory.refusedName) == ["\(PrometheusFactory.refusedName) 10"])
    }

    @Test func aNameHasOneKind() {
        factory.makeCounter(label: "work_total", dimensions: []).increment(by: 1)
        factory.makeMeter(label: "work_total", dimensions: []).set(Int64(7))
        factory.makeMeter(label: "work_total", dimensions: [("kind", "a")]).set(Int64(7))
        #expect(series("work_total") == ["work_total 1"])
        #expect(series(PrometheusFactory.refusedName) == ["\(PrometheusFactory.refusedName) 2"])
    }

    @Test func whatIsDestroyedIsGone() {
        let handlers = ["a", "b"].map { factory.makeCounter(label: "work_total", dimensions: [("kind", $0)]) }
        factory.destroyCounter(handlers[0])
        #expect(series("work_total") == ["work_total{kind=\"b\"} 0"])
        factory.destroyCounter(handlers[1])
        #expect(!factory.render().contains("work_total"))
    }
}
