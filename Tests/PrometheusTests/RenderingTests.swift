import CoreMetrics
import Prometheus
import Testing

/// What a scraper reads.
@Suite struct RenderingTests {
    private static let table = [
        MetricDescription("zoo_animals", .gauge, labels: ["kind"], "Animals."),
        MetricDescription("zoo_visits_total", .counter, labels: ["day", "gate"], "Visits."),
        MetricDescription("zoo_stay_seconds", .histogram([1, 2.5, 60]), "How long visitors stay."),
        MetricDescription("zoo_group_people", .histogram([1, 2, 5]), "People who come together."),
    ]

    /// All but the last lines, which are the factory's own.
    private func lines(_ factory: PrometheusFactory) -> [String] {
        factory.render().split(separator: "\n").map(String.init).filter { !$0.contains(PrometheusFactory.refusedName) }
    }

    @Test func metricsComeByNameAndSeriesByLabels() {
        let factory = PrometheusFactory(RenderingTests.table)
        factory.makeCounter(label: "zoo_visits_total", dimensions: [("gate", "b"), ("day", "2")]).increment(by: 2)
        factory.makeCounter(label: "zoo_visits_total", dimensions: [("day", "1"), ("gate", "b")]).increment(by: 1)
        factory.makeRecorder(label: "zoo_animals", dimensions: [("kind", "ape")], aggregate: false).record(3.5)
        factory.makeMeter(label: "zoo_animals", dimensions: [("kind", "ant")]).set(Int64(1_000_000))
        #expect(
            lines(factory) == [
                "# HELP zoo_animals Animals.", "# TYPE zoo_animals gauge", "zoo_animals{kind=\"ant\"} 1000000",
                "zoo_animals{kind=\"ape\"} 3.5", "# HELP zoo_visits_total Visits.", "# TYPE zoo_visits_total counter",
                "zoo_visits_total{day=\"1\",gate=\"b\"} 1", "zoo_visits_total{day=\"2\",gate=\"b\"} 2",
            ])
    }

    @Test func bucketsAreCumulativeAndEndWithInfinity() {
        let factory = PrometheusFactory(RenderingTests.table)
        let stay = factory.makeTimer(label: "zoo_stay_seconds", dimensions: [])
        // A bound belongs to its bucket.
        for seconds in [1, 2, 3, 100] { stay.recordNanoseconds(Int64(seconds) * 1_000_000_000) }
        stay.recordNanoseconds(500_000_000)
        factory.makeRecorder(label: "zoo_group_people", dimensions: [], aggregate: true).record(Int64(2))
        #expect(
            lines(factory).filter { !$0.hasPrefix("#") } == [
                "zoo_group_people_bucket{le=\"1\"} 0", "zoo_group_people_bucket{le=\"2\"} 1",
                "zoo_group_people_bucket{le=\"5\"} 1", "zoo_group_people_bucket{le=\"+Inf\"} 1",
                "zoo_group_people_sum 2", "zoo_group_people_count 1",
                "zoo_stay_seconds_bucket{le=\"1\"} 2", "zoo_stay_seconds_bucket{le=\"2.5\"} 3",
                "zoo_stay_seconds_bucket{le=\"60\"} 4", "zoo_stay_seconds_bucket{le=\"+Inf\"} 5",
                "zoo_stay_seconds_sum 106.5", "zoo_stay_seconds_count 5",
            ])
    }

    @Test func whatIsSpecialIsEscaped() {
        let factory = PrometheusFactory([MetricDescription("a_total", .counter, labels: ["b"], "A \\ and\na \"line\".")]
        )
        factory.makeCounter(label: "a_total", dimensions: [("b", "x\\y\"z\nü")]).increment(by: 1)
        #expect(
            lines(factory) == [
                "# HELP a_total A \\\\ and\\na \"line\".", "# TYPE a_total counter", "a_total{b=\"x\\\\y\\\"z\\nü\"} 1",
            ])
    }

    @Test(arguments: [
        (0.0, "0"), (-3, "-3"), (0.25, "0.25"), (1e15, "1000000000000000"), (1e300, "1e+300"), (.infinity, "+Inf"),
        (-.infinity, "-Inf"), (.nan, "NaN"), (1e-7, "1e-07"),
    ])
    func valuesAreWrittenAsPrometheusReadsThem(value: Double, text: String) {
        let factory = PrometheusFactory([MetricDescription("a", .gauge, "A.")])
        factory.makeMeter(label: "a", dimensions: []).set(value)
        #expect(lines(factory).last == "a \(text)")
    }

    @Test func namesThatTheTableLacksGetWhatPrometheusWants() {
        let factory = PrometheusFactory([])
        factory.makeCounter(label: "http.requests", dimensions: [("1st-path", "/"), ("__name", "x")]).increment(by: 1)
        factory.makeTimer(label: "http.latency", dimensions: [("le", "x")]).recordNanoseconds(1_000_000)
        let text = factory.render()
        #expect(
            text.contains(
                "# TYPE http_requests_total counter\nhttp_requests_total{_1st_path=\"/\",label__name=\"x\"} 1\n"))
        #expect(text.contains("http_latency_seconds_bucket{label_le=\"x\",le=\"0.001\"} 1\n"))
        #expect(text.contains("\n# HELP http_requests_total Undocumented.\n"))
    }

    @Test func aTableIsChecked() {
        #expect(RenderingTests.table.allSatisfy { $0.problem == nil })
        for wrong in [
            MetricDescription("zoo visits", .gauge, "A."), MetricDescription("a", .counter, "A."),
            MetricDescription("a_total", .gauge, "A."), MetricDescription("a_count", .gauge, "A."),
            MetricDescription("a", .gauge, ""), MetricDescription("a", .histogram([2, 1]), "A."),
            MetricDescription("a", .gauge, labels: ["b-c"], "A."), MetricDescription("a", .histogram([]), "A."),
        ] { #expect(wrong.problem != nil) }
    }
}
