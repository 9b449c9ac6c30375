import Simulation
import Testbed
import Testing

@Suite struct TrafficBookTests {
    private func reading(_ key: String, _ bytes: Int) -> TrafficBook.Reading {
        TrafficBook.Reading(key: key, uptime: 10, kinds: [.init(name: "ping", datagrams: bytes / 100, bytes: bytes)])
    }

    @Test func whatWasSentIsAddedUpOverLives() {
        var book = TrafficBook()
        #expect(book.take([reading("a", 1_000), reading("b", 500)]) == 1_500)
        #expect(book.take([reading("a", 1_200)]) == 200)
        // The same key from the beginning: another process.
        #expect(book.take([reading("a", 300), reading("b", 500)]) == 300)
        #expect(book.bytes == 2_000)
        #expect(book.kinds == [.init(name: "ping", datagrams: 20, bytes: 2_000)])
    }

    @Test func metricsAreRead() {
        let text = """
            # HELP roost_sent_bytes_total Bytes.
            # TYPE roost_sent_bytes_total counter
            roost_sent_bytes_total{kind="find_node_request"} 1234
            roost_datagrams_sent_total{kind="find_node_request"} 5
            roost_sent_bytes_total{kind="other"} NaN
            roost_received_bytes_total{kind="other"} 7
            roost_uptime_seconds 12.5
            """
        let reading = MetricsText.reading(of: text, key: "a")
        #expect(reading?.uptime == 12.5 && reading?.bytes == 1_234)
        #expect(reading?.kinds == [.init(name: "find node request", datagrams: 5, bytes: 1_234)])
        #expect(MetricsText.reading(of: "roost_uptime_seconds 3", key: "a") == nil)
        #expect(MetricsText.reading(of: "roost_sent_bytes_total{kind=\"", key: "a") == nil)
    }
}
