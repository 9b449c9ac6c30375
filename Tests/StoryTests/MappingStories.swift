import Basics
import NodeCore
import Testing

/// A router says that it passes on what comes to an endpoint: what the node makes of that.
@Suite struct MappingStories {
    private static let seen = Endpoint(ipv4: 0x0808_0808, port: 7_337)

    /// A node that others see and don't reach.
    private func hidden(seed: UInt64) -> Stage {
        var stage = Stage(servers: 12, seed: seed)
        stage.openings = []
        stage.run(for: .seconds(60))
        #expect(stage.node.status.isReachable == false && stage.node.status.mode == .client)
        return stage
    }

    @Test func whereItIsSeenAndReachedItIsAServer() {
        var stage = hidden(seed: 400)
        stage.openings = [MappingStories.seen]
        stage.map(MappingStories.seen)
        stage.run(for: .seconds(10))
        let status = stage.node.status
        #expect(status.isMappingReached == true && status.isReachable == true && status.mode == .server)
        #expect(status.external?.ipv4 == MappingStories.seen)
        // The router has started anew, and passes nothing on.
        stage.openings = []
        stage.map(nil)
        stage.run(for: .seconds(60))
        #expect(stage.node.status.isReachable == false && stage.node.status.mode == .client)
    }

    /// Others would look for it where they see it, and not find it.
    @Test func whereItIsReachedAtAnotherPortItIsPublishedAndNoServer() {
        var stage = hidden(seed: 401)
        let mapped = MappingStories.seen.with(port: 49_153)
        stage.openings = [mapped]
        stage.map(mapped)
        stage.run(for: .seconds(10))
        let status = stage.node.status
        #expect(status.isMappingReached == true && status.isReachable == true && status.mode == .client)
        #expect(status.external?.ipv4 == mapped)
        stage.openings = []
        let isOver = (0..<40).contains { _ in
            stage.run(for: .seconds(60))
            return stage.node.status.isMappingReached == false
        }
        #expect(isOver, "it is asked about again and again")
        #expect(stage.node.status.isReachable == false && stage.node.status.external?.ipv4 == MappingStories.seen)
    }

    @Test func aRoutersWordIsNotEnough() {
        var stage = hidden(seed: 402)
        let mapped = MappingStories.seen.with(port: 49_153)
        stage.map(mapped)
        stage.run(for: .seconds(200))
        #expect(stage.own.contains(mapped))
        let status = stage.node.status
        #expect(status.isMappingReached == false && status.isReachable == false && status.mode == .client)
        #expect(status.external?.ipv4 == MappingStories.seen)
    }

    /// A router could so have others dial whom it likes.
    @Test(arguments: [Endpoint(ipv4: 0x0909_0909, port: 7_337), Endpoint(ipv4: 0xc0a8_0001, port: 7_337)])
    func nobodyIsAskedAboutAnotherAddress(mapped: Endpoint) {
        var stage = hidden(seed: 403)
        stage.openings = [mapped]
        stage.map(mapped)
        stage.run(for: .seconds(2_000))
        #expect(!stage.own.isEmpty && !stage.own.contains(mapped))
        #expect(stage.node.status.isReachable == false)
        // Once others see it there, they are asked.
        stage.seenAt = Endpoint(ipv4: 0x0909_0909, port: 40_000)
        stage.run(for: .seconds(2_000))
        #expect(stage.own.contains(mapped) == (mapped == Endpoint(ipv4: 0x0909_0909, port: 7_337)))
    }

    @Test(arguments: [false, true]) func othersAreAskedAfterTheRouter(expectsMapping: Bool) {
        var stage = hidden(seed: 404)
        stage.changeNetwork(expectsMapping: expectsMapping)
        stage.run(for: .milliseconds(2_400))
        #expect(stage.own.isEmpty == expectsMapping)
        stage.run(for: .seconds(1))
        #expect(!stage.own.isEmpty)
    }
}
