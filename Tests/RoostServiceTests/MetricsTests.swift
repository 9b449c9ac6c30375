import Foundation
import Logging
import Prometheus
import RoostService
import Testing

/// The figures of real nodes, and their documentation.
@Suite(.timeLimit(.minutes(1))) struct MetricsTests {
    private let scratch = Scratch()

    private func start(
        _ name: String, _ factory: PrometheusFactory, through other: RoostNode? = nil
    ) async throws -> RoostNode {
        let bootstrap = try other.map { [try BootstrapAddress($0.endpoints[0].description)] } ?? []
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return try await RoostNode.start(
            ServiceConfiguration(
                dataDirectory: scratch.file(name), listen: [Endpoint(ipv4: 0x7f00_0001, port: 0)], bootstrap: bootstrap,
                endpointReaders: .everyone),
            logger: logger, metrics: factory)
    }

    /// The value of a series.
    private func value(_ series: String, _ factory: PrometheusFactory) -> Double? {
        let line = factory.render().split(separator: "\n").first { $0.hasPrefix(series + " ") }
        return line.flatMap { Double($0.dropFirst(series.count + 1)) }
    }

    @Test func whatHappensIsCounted() async throws {
        try scratch.make(mode: 0o700)
        let figures = (a: PrometheusFactory(RoostMetrics.table), b: PrometheusFactory(RoostMetrics.table))
        let a = try await start("a", figures.a)
        let b = try await start("b", figures.b, through: a)
        #expect(try await b.waitUntilReady(timeout: .seconds(20)))
        let sent = try await b.send("hello", to: a.peerID)
        let state = try await b.waitForState(.delivered, of: sent.id, timeout: .seconds(20)).state
        #expect(state == .delivered)
        await a.refreshMetrics()
        await b.refreshMetrics()
        #expect(value("roost_ready", figures.b) == 1)
        #expect(value("roost_contacts", figures.b) == 1)
        #expect(value("roost_messages_total{event=\"accepted\"}", figures.b) == 1)
        #expect(value("roost_messages_total{event=\"delivered\"}", figures.b) == 1)
        #expect(value("roost_messages_total{event=\"received\"}", figures.a) == 1)
        #expect(value("roost_message_delivery_seconds_count", figures.b) == 1)
        #expect(value("roost_outbox_messages{state=\"queued\"}", figures.b) == 0)
        #expect(value("roost_uploads_total{kind=\"delivery\",outcome=\"done\"}", figures.b) == 1)
        #expect(value("roost_rpcs_total{kind=\"deliver\",outcome=\"answered\"}", figures.b) ?? 0 >= 1)
        #expect(value("roost_requests_served_total{kind=\"deliver\"}", figures.a) ?? 0 >= 1)
        #expect(value("roost_rpcs_total{kind=\"find_node\",outcome=\"unanswered\"}", figures.b) == 0)
        #expect(value("roost_handshakes_total{outcome=\"completed\"}", figures.b) ?? 0 >= 1)
        #expect(value("roost_handshakes_total{outcome=\"accepted\"}", figures.a) ?? 0 >= 1)
        #expect(value("roost_commits_total{result=\"committed\"}", figures.b) ?? 0 >= 1)
        #expect(value("roost_lookup_rounds_count", figures.b) ?? 0 >= 1)
        #expect(value("roost_datagrams_received_total{kind=\"initiation\"}", figures.a) ?? 0 >= 1)
        let answered = value("roost_rpcs_total{kind=\"ping\",outcome=\"answered\"}", figures.b)
        #expect(value("roost_rpc_duration_seconds_count{kind=\"ping\"}", figures.b) == answered)
        await b.stop()
        await a.stop()
    }

    @Test func garbageIsCountedAsDropped() async throws {
        try scratch.make(mode: 0o700)
        let figures = PrometheusFactory(RoostMetrics.table)
        let node = try await start("a", figures)
        let descriptor = try UDPSocket(to: node.endpoints[0])
        for _ in 0..<3 { descriptor.send([0xff, 1, 2]) }
        let series = "roost_datagrams_dropped_total{reason=\"malformed\"}"
        for _ in 0..<2_000 where value(series, figures) != 3 {
            // A turn of its loop.
            _ = await node.nodes()
            await Task.yield()
        }
        #expect(value(series, figures) == 3)
        await node.stop()
    }

    // MARK: Documentation

    /// The lines of docs/metrics.md that tell of metrics.
    private static func documented() throws -> [String] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent("docs/metrics.md"), encoding: .utf8)
        return text.split(separator: "\n").map(String.init).filter { $0.hasPrefix("| `") || $0.hasPrefix("- `") }
    }

    /// Each label's values, in the order of the series: `roost_rpcs_total` → `kind` → `authorize`, …
    private static func values(in text: String) -> [String: [String: [String]]] {
        var values: [String: [String: [String]]] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let match = line.firstMatch(of: /^(\w+)\{(.*)\}/) else { continue }
            let name = String(match.1).replacing(/_(bucket|sum|count)$/, with: "")
            for label in match.2.matches(of: /(\w+)="([^"]*)"/) where label.1 != "le" {
                let (label, value) = (String(label.1), String(label.2))
                if values[name]?[label]?.contains(value) != true {
                    values[name, default: [:]][label, default: []].append(value)
                }
            }
        }
        return values
    }

    @Test func theDocumentationIsTheTable() async throws {
        try scratch.make(mode: 0o700)
        let factory = PrometheusFactory(RoostMetrics.table)
        let node = try await start("a", factory)
        let values = MetricsTests.values(in: factory.render())
        await node.stop()
        var lines = RoostMetrics.table.map { metric in
            let labels = metric.labels.map { "`\($0)`" }.joined(separator: ", ")
            return "| `\(metric.name)` | \(metric.kind.name) | \(labels) | \(metric.help) |"
        }
        for metric in RoostMetrics.table {
            for label in metric.labels {
                guard let values = values[metric.name]?[label] else { continue }
                lines.append("- `\(metric.name)` `\(label)`: \(values.joined(separator: ", "))")
            }
        }
        let documented = try MetricsTests.documented()
        #expect(documented == lines, "docs/metrics.md should have:\n\(lines.joined(separator: "\n"))")
    }

    @Test func theTableIsWholeAndSound() async throws {
        #expect(RoostMetrics.table.compactMap(\.problem) == [])
        #expect(Set(RoostMetrics.table.map(\.name)).count == RoostMetrics.table.count)
        try scratch.make(mode: 0o700)
        let factory = PrometheusFactory(RoostMetrics.table)
        let node = try await start("a", factory)
        await node.refreshMetrics()
        let text = factory.render()
        await node.stop()
        let shown = text.matches(of: /# TYPE (\w+) (\w+)/).map { "\($0.1) \($0.2)" }
        // The program sets these.
        let others = [
            "roost_build_info", "process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds",
        ]
        let expected = RoostMetrics.table.filter { !others.contains($0.name) }.map { "\($0.name) \($0.kind.name)" }
        #expect(shown == expected.sorted())
        #expect(!text.contains("Undocumented"))
        #expect(value(PrometheusFactory.refusedName, factory) == 0)
        let labels = MetricsTests.values(in: text)
        for metric in RoostMetrics.table where !others.contains(metric.name) {
            #expect((labels[metric.name] ?? [:]).keys.sorted() == metric.labels.sorted(), "\(metric.name)")
        }
    }
}

/// Sends datagrams that no node would.
private final class UDPSocket {
    private let descriptor: CInt

    init(to endpoint: Endpoint) throws {
        #if canImport(Glibc)
            descriptor = socket(AF_INET, CInt(SOCK_DGRAM.rawValue), 0)
        #else
            descriptor = socket(AF_INET, SOCK_DGRAM, 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = endpoint.port.bigEndian
        address.sin_addr.s_addr = (endpoint.ipv4 ?? 0).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(result == 0)
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) { _ = write(descriptor, bytes, bytes.count) }
}
