import Logging
import RoostService
import Testing

/// Forty nodes on real sockets.
@Suite(.timeLimit(.minutes(2))) struct LiveLookupTests {
    private static let nodes = 40
    let scratch = Scratch()

    @Test func aLookupFindsExactlyTheClosestOfForty() async throws {
        let first = try await start(0, bootstrap: [])
        let bootstrap = [try BootstrapAddress("\(first.endpoints[0])")]
        var nodes = [first]
        for index in 1..<LiveLookupTests.nodes { nodes.append(try await start(index, bootstrap: bootstrap)) }
        for node in nodes { #expect(await isReady(node)) }

        var generator = SeededGenerator(seed: 40)
        for _ in 0..<10 {
            let asker = nodes[Int(generator.next() % UInt64(nodes.count))]
            let target = generator.bytes32()
            let everybody = nodes.map(\.nodeID).filter { $0 != asker.nodeID }
            let expected = everybody.sorted { $0.distance(to: target) < $1.distance(to: target) }.prefix(20)
            // Each node has joined; that all have heard of each other takes a moment more.
            var found: [NodeID] = []
            let deadline = ContinuousClock.now + .seconds(30)
            while found != Array(expected), ContinuousClock.now < deadline {
                found = try await closest(to: target, foundBy: asker)
            }
            #expect(found == Array(expected))
        }
        // Each has been dialled by others, from their second ports.
        for node in nodes { #expect(await isReached(node)) }
        for node in nodes { await node.stop() }
    }

    private func isReached(_ node: RoostNode) async -> Bool {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            if let status = try? await node.status(), status.reachable == true { return true }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return false
    }

    private func isReady(_ node: RoostNode) async -> Bool {
        (try? await node.waitUntilReady(timeout: .seconds(30))) ?? false
    }

    /// Not inlined: the optimiser of Swift 6.3.1 crashes when it splits a test that this was inlined into.
    @inline(never)
    private func start(_ index: Int, bootstrap: [BootstrapAddress]) async throws -> RoostNode {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let listen = try #require(Endpoint("127.0.0.1:0"))
        let configuration = ServiceConfiguration(
            dataDirectory: scratch.file("\(index)"), listen: [listen], bootstrap: bootstrap)
        return try await RoostNode.start(configuration, logger: logger)
    }

    @inline(never)
    private func closest(to target: Bytes32, foundBy node: RoostNode) async throws -> [NodeID] {
        var last: LookupReport?
        for try await report in await node.lookup(target) { last = report }
        return last?.closest.map(\.contact.id) ?? []
    }
}
