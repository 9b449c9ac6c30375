import Foundation
import Logging
import RoostService
import Testing

/// One machine with several addresses, one address with several nodes: who was written to at one address must answer
/// from there.
@Suite(.timeLimit(.minutes(1))) struct AddressTests {
    let scratch = Scratch()

    /// Not inlined: the optimiser of Swift 6.3.1 crashes when it splits a test that this was inlined into.
    @inline(never)
    private func start(_ name: String, listen: [String], through bootstrap: String? = nil) async throws -> RoostNode {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return try await RoostNode.start(
            ServiceConfiguration(
                dataDirectory: scratch.file(name), listen: try listen.map { try #require(Endpoint($0)) },
                bootstrap: try bootstrap.map { [try BootstrapAddress($0)] } ?? []),
            logger: logger)
    }

    /// The first listens as told, the second joins through one address of it and is known to it.
    @inline(never)
    private func join(listening: [String], through host: String, from own: String) async throws {
        let first = try await start("first", listen: listening)
        let port = try #require(
            first.endpoints.first { "\($0.host)" == host || $0.host == "0.0.0.0" || $0.host == "::" })
        let second = try await start(
            "second", listen: [own], through: "\(host.contains(":") ? "[\(host)]" : host):\(port.port)")
        let isReady = try await second.waitUntilReady(timeout: .seconds(20))
        #expect(isReady)
        let known = await second.nodes().map(\.contact.id)
        #expect(known == [first.nodeID])
        await second.stop()
        await first.stop()
    }

    #if os(Linux)
        @Test func everyAddressOfAMachineAnswersForItself() async throws {
            try await join(listening: ["0.0.0.0:0"], through: "127.0.0.2", from: "127.0.0.1:0")
        }

        @Test func severalListenAddressesOfOneFamily() async throws {
            let both = ["127.0.0.1:0", "127.0.0.3:0"]
            try await join(listening: both, through: "127.0.0.3", from: "127.0.0.1:0")
        }
    #endif

    @Test(arguments: ["127.0.0.1", "::1"])
    func bothFamilies(_ host: String) async throws {
        let own = host.contains(":") ? "[::1]:0" : "127.0.0.1:0"
        try await join(listening: ["127.0.0.1:0", "[::1]:0"], through: host, from: own)
    }

    @Test func wildcardOfIPv6() async throws {
        try await join(listening: ["[::]:0"], through: "::1", from: "[::1]:0")
    }
}
