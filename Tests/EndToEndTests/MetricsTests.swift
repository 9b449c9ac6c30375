import Foundation
import Testing

/// Where figures are shown, as settings say.
@Suite(.serialized) struct MetricsTests {
    private func launch(_ metrics: String, in network: Network) async throws -> Running {
        try Running(
            Command.binary(), ["up", "--data", network.root + "/m", "--listen", "127.0.0.1:0"], home: network.root,
            environment: ["ROOST_METRICS": metrics])
    }

    @Test(arguments: ["0", ":0", "localhost:0", "127.0.0.1:0"])
    func aPortAloneIsOfTheLoopback(metrics: String) async throws {
        try await Network.with(0) { network in
            let running = try await launch(metrics, in: network)
            try await eventually { running.output.contains("\n") }
            #expect(running.output.contains(" metrics=127.0.0.1:"), "\(running.output)")
            running.send(signal: SIGTERM)
            let status = try await running.end(within: .seconds(10))
            #expect(status == 0)
        }
    }

    @Test(arguments: ["x", "1.2.3.4", "70000", "[::1]", "roost.example:9337"])
    func whatIsNoPortIsRefused(metrics: String) async throws {
        try await Network.with(0) { network in
            let running = try await launch(metrics, in: network)
            let status = try await running.end(within: .seconds(10))
            #expect(status == 78 && running.errors.contains("ROOST_METRICS"), "\(status) \(running.errors)")
            #expect(!FileManager.default.fileExists(atPath: network.root + "/m"))
        }
    }
}
