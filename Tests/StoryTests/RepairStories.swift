import Basics
import Exchange
import NodeCore
import PeerCore
import Simulation
import Testing

/// What is kept for somebody outlives all that kept it at first.
@Suite struct RepairStories {
    private static let pause = Duration.seconds(45)

    /// Replaces every relay by a newcomer, one after the other.
    private func replaceAll(_ town: inout Town, pause: Duration = RepairStories.pause) -> [HostID] {
        var living = town.relays
        for leaving in town.relays {
            living.removeAll { $0 == leaving }
            town.network.crash(leaving)
            let newcomer = town.network.addHost()
            town.network.start(newcomer, bootstrap: [living[0], living[living.count / 2]])
            living.append(newcomer)
            town.network.run(for: pause)
        }
        return living
    }

    /// Amy has written to Ben, who is away, and buddies keep it.
    private func stored(
        _ text: String, nodes: Int, seed: UInt64, bucketSize: Int
    ) throws -> (town: Town, message: MessageID) {
        var town = Town(nodes: nodes, seed: seed, bucketSize: bucketSize)
        for name in ["Amy", "Ben"] { town.addPerson(name) }
        town.network.run(for: .seconds(60))
        town.crash("Ben")
        let message = try town.write(text, from: "Amy", to: "Ben")
        let isStored = town.wait(for: .stored, of: message, by: "Amy")
        try #require(isStored)
        return (town, message)
    }

    /// Amy writes to Ben, who is away, and leaves for good; then every node that kept the message goes.
    @Test(arguments: [(12, 8), (30, 20)]) func mailOutlivesItsSenderAndAllItsFirstBuddies(
        nodes: Int, bucketSize: Int
    ) throws {
        var (town, _) = try stored("Wait for me", nodes: nodes, seed: 101, bucketSize: bucketSize)
        town.crash("Amy")
        let living = replaceAll(&town)
        #expect(town.relays.allSatisfy { !town.network.isUp($0) })
        town.network.start(town.host("Ben"), bootstrap: [living[0], living[1]])
        let arrived = town.wait(for: ["Wait for me"], at: "Ben")
        #expect(arrived)
    }

    /// Who comes has within seconds what it should keep, though nobody else looks for what it lacks.
    @Test func aNewcomerFetchesWhatItLacksAtOnce() throws {
        var (town, _) = try stored("For all", nodes: 6, seed: 108, bucketSize: 8)
        let newcomer = town.network.addHost()
        town.network.start(newcomer, bootstrap: [town.relays[0], town.relays[1]])
        town.network.run(for: .seconds(10))
        #expect(town.network.node(newcomer).status.envelopes == 1)
    }

    /// What Ben has read is discarded. A node that was away meanwhile still has it, and brings it to nobody.
    @Test func whatIsDiscardedDoesNotComeBack() throws {
        let (before, message) = try stored("Once", nodes: 12, seed: 102, bucketSize: 8)
        var town = before
        let keeper = try #require(town.relays.first { town.network.node($0).status.envelopes > 0 })
        town.network.crash(keeper)
        town.restart("Ben")
        let arrived = town.wait(for: ["Once"], at: "Ben")
        #expect(arrived)
        let told = town.wait(for: .delivered, of: message, by: "Amy")
        #expect(told)
        town.network.run(for: .seconds(60))
        town.crash("Ben")
        let others = town.relays.filter { $0 != keeper }
        town.network.start(keeper, bootstrap: [others[0], others[1]])
        town.network.run(for: .seconds(4 * 3_600))
        let keepers = town.relays.filter { town.network.node($0).status.envelopes > 0 }
        #expect(keepers.isEmpty)
    }

    /// Who ends in order brings to others what only it has. Newcomers fetch by themselves two seconds after they came.
    ///
    /// The one that ends doesn't know yet that most of its contacts are gone: those heard last are still there.
    @Test(arguments: [400, 1_000, 1_500]) func aNodeThatLeavesHandsOver(milliseconds: Int) throws {
        let seeds: [UInt64] = [103] + Array(203...211)
        let ends = try seeds.map { try handOver(after: milliseconds, seed: $0) }
        #expect(ends.count(where: \.isDone) >= 8, "\(ends)")
        #expect(ends.count { $0.keepers > 0 } >= 9, "\(ends)")
        #expect(ends.count { $0.handedOver > 0 } >= (milliseconds == 400 ? 6 : 0), "\(ends)")
    }

    private func handOver(
        after milliseconds: Int, seed: UInt64
    ) throws -> (isDone: Bool, keepers: Int, handedOver: Int) {
        var (town, _) = try stored("Left with one", nodes: 10, seed: seed, bucketSize: 8)
        town.crash("Amy")
        // All that keep it are gone but one, and newcomers have had no time yet.
        let keepers = town.relays.filter { town.network.node($0).status.envelopes > 0 }
        let others = town.relays.filter { !keepers.contains($0) }
        for gone in keepers.dropFirst() { town.network.crash(gone) }
        let newcomers = (0..<8).map { _ in town.network.addHost() }
        for newcomer in newcomers { town.network.start(newcomer, bootstrap: [keepers[0]]) }
        town.network.run(for: .milliseconds(milliseconds))
        town.network.leave(keepers[0])
        let leaver = keepers[0]
        let isDone = town.network.run(limit: .seconds(30)) { !$0.node(leaver).isHandingOver }
        town.network.crash(keepers[0])
        let now = (newcomers + others).count { town.network.node($0).status.envelopes > 0 }
        return (isDone, now, town.network.node(leaver).handedOver)
    }
}
