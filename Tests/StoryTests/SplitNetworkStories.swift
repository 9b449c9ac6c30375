import Basics
import NodeCore
import Simulation
import Testing

/// A network is cut in two for so long that each part forgets the other.
@Suite struct SplitNetworkStories {
    /// Cuts a town in two; after some time nothing separates the parts any more.
    private static func split(_ town: inout Town, for time: Duration) {
        town.network.partition = { from, to in from.index % 2 != to.index % 2 }
        town.network.run(for: time)
        for host in town.relays {
            town.network.node(host).forEachContact { contact in
                let other = town.relays.first { town.network.node($0).id == contact.contact.id }
                #expect(
                    other.map { $0.index % 2 == host.index % 2 } ?? true,
                    "\(host.index) still knows somebody of the other part")
            }
        }
        town.network.partition = nil
    }

    /// How many of some lookups find exactly the closest of both parts.
    private static func exactLookups(_ town: inout Town, _ seed: UInt64) -> Int {
        var generator = SeededGenerator(seed: seed)
        return town.relays.count { asker in
            let target = generator.bytes32()
            let found = LookupStories.lookup(&town, target, at: asker)?.closest.map(\.contact.id)
            return found == LookupStories.expected(town, target: target, count: 8, asker: asker)
        }
    }

    /// They ask for contacts of before.
    @Test(arguments: [UInt64(1), 2, 3])
    func partsThatHaveForgottenEachOtherFindTogetherAgain(seed: UInt64) {
        var town = Town(nodes: 24, seed: seed, bucketSize: 8, settling: .seconds(1_800))
        SplitNetworkStories.split(&town, for: .seconds(3 * 3_600))
        town.network.run(for: .seconds(2_400))
        let exact = SplitNetworkStories.exactLookups(&town, seed)
        #expect(exact >= 22, "\(exact) of 24")
    }

    /// Who knew nobody for long is led back by the first node, of which all were told when they came.
    @Test func partsFindTogetherByTheirBootstrap() {
        var town = Town(nodes: 24, seed: 4, bucketSize: 8, settling: .seconds(300))
        SplitNetworkStories.split(&town, for: .seconds(3_600))
        town.network.run(for: .seconds(10 * 3_600))
        let exact = SplitNetworkStories.exactLookups(&town, 4)
        #expect(exact >= 22, "\(exact) of 24")
    }

    /// A node that was told of nobody, as the first of a network or one that found it by itself, has nobody to ask.
    @Test func whoHasNoBootstrapSleeps() throws {
        var network = VirtualNetwork(seed: 5, suite: .cheap)
        let (first, other) = (network.addHost(), network.addHost())
        network.start(first)
        network.start(other, bootstrap: [first])
        network.run(for: .seconds(12 * 3_600))
        for host in [first, other] {
            let deadline = try #require(network.node(host).nextDeadline)
            #expect(deadline.at > network.time, "the node spins for \(deadline.timer)")
        }
    }
}
