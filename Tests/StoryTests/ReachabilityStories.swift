import Basics
import Exchange
import NodeCore
import Simulation
import Testing
import Wire

/// Nodes that others can't reach: behind NATs that let in only what was asked for.
@Suite struct ReachabilityStories {
    /// A network of which one node in `share` can be reached, and the first nodes among them.
    static func network(
        of count: Int, reachableEvery share: Int, seed: UInt64, loss: Double = 0, people: [Int] = [],
        settle: Duration = .seconds(120)
    ) -> VirtualNetwork {
        print("story seed \(seed)")
        var network = VirtualNetwork(
            seed: seed, link: LinkModel(loss: loss), suite: .cheap,
            configuration: NodeConfiguration(network: "story", families: .ipv4, bucketSize: 8))
        for index in 0..<count {
            let host = network.addHost(
                withPerson: people.contains(index), behind: index % share == 0 ? nil : .portRestricted)
            network.start(host, bootstrap: index == 0 ? [] : [network.hostIDs[0]])
            network.run(for: .milliseconds(50))
        }
        network.run(for: settle)
        return network
    }

    static func isBehindNAT(_ host: HostID, every share: Int) -> Bool { host.index % share != 0 }

    /// How many contacts in all tables can't be reached.
    static func strays(_ network: VirtualNetwork, every share: Int) -> Int {
        let hidden = Set(network.hostIDs.filter { isBehindNAT($0, every: share) }.map { network.node($0).id })
        var strays = 0
        for host in network.hostIDs {
            network.node(host).forEachContact { if hidden.contains($0.contact.id) { strays += 1 } }
        }
        return strays
    }

    @Test(arguments: [(61, 0), (62, 0.1)] as [(UInt64, Double)])
    func whereMostCannotBeReachedLookupsFindExactlyTheClosestOfTheRest(seed: UInt64, loss: Double) throws {
        var network = ReachabilityStories.network(of: 200, reachableEvery: 10, seed: seed, loss: loss)
        for time in [0, 120, 600, 1200] {
            network.run(for: .seconds(time))
            print("at", network.time, "strays", ReachabilityStories.strays(network, every: 10),
                "clients", network.hostIDs.count { network.node($0).status.mode == .client },
                "unknown", network.hostIDs.count { network.node($0).status.isReachable == nil },
                "wrong", network.hostIDs.count { (network.node($0).status.isReachable == true) == ReachabilityStories.isBehindNAT($0, every: 10) },
                "contacts", network.node(network.hostIDs[0]).status.contacts, network.node(network.hostIDs[1]).status.contacts)
        }
        var generator = SeededGenerator(seed: seed)
        let reachable = network.hostIDs.filter { !ReachabilityStories.isBehindNAT($0, every: 10) }
        for asker in [reachable[3], network.hostIDs[77]] {
            for _ in 0..<5 {
                let target = generator.bytes32()
                let ids = reachable.filter { $0 != asker }.map { network.node($0).id }
                let expected = ids.sorted { $0.distance(to: target) < $1.distance(to: target) }.prefix(8)
                let report = try #require(ReachabilityStories.lookup(&network, target, at: asker))
                #expect(report.closest.map(\.contact.id) == Array(expected))
            }
        }
    }

    static func lookup(_ network: inout VirtualNetwork, _ target: Bytes32, at host: HostID) -> LookupReport? {
        let command = network.command(.lookup(target: target), at: host)
        var report: LookupReport?
        _ = network.run(limit: .seconds(60)) { network in
            for case .lookupFinished(command, let found) in network.answers(host) { report = found }
            return report != nil
        }
        return report
    }
}
