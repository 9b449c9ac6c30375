import Basics
import Exchange
import NodeCore
import Simulation
import Storage
import Testing

/// Lookups through whole nodes: sockets are virtual, everything else is what runs in production.
@Suite struct LookupStories {
    /// What a list of everybody, sorted by distance, would answer.
    static func expected(_ town: Town, target: Bytes32, count: Int, asker: HostID) -> [NodeID] {
        let ids = town.network.hostIDs.filter { $0 != asker && town.network.isUp($0) }.map { town.network.node($0).id }
        return Array(ids.sorted { $0.distance(to: target) < $1.distance(to: target) }.prefix(count))
    }

    static func lookup(_ town: inout Town, _ target: Bytes32, at host: HostID) -> LookupReport? {
        let command = town.network.command(.lookup(target: target), at: host)
        _ = town.network.run(limit: .seconds(60)) { network in
            network.answers(host).contains { event in
                if case .lookupFinished(command, _) = event { true } else { false }
            }
        }
        for case .lookupFinished(command, let report) in town.network.answers(host) { return report }
        return nil
    }

    @Test(arguments: [1, 2] as [UInt64])
    func aLookupFindsExactlyTheClosestOf128(seed: UInt64) throws {
        var town = Town(nodes: 128, seed: seed, bucketSize: 8)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            let asker = town.relays[Int(generator.next() % 128)]
            let target = generator.bytes32()
            let report = try #require(LookupStories.lookup(&town, target, at: asker))
            let found = report.closest.map(\.contact.id)
            #expect(found == LookupStories.expected(town, target: target, count: 8, asker: asker))
        }
    }

    /// With loss, one request in ten thousand fails at every attempt; hence one node may be missing.
    @Test(arguments: [(0.0, 20), (0.05, 19)])
    func aLookupFindsTheClosestLivingWhenAQuarterHasDied(loss: Double, atLeast: Int) throws {
        var town = Town(nodes: 60, seed: 3, link: LinkModel(loss: loss), bucketSize: 20)
        for index in stride(from: 1, to: 60, by: 4) { town.network.crash(town.relays[index]) }
        town.network.run(for: .seconds(400))
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<10 {
            let asker = town.relays[0]
            let target = generator.bytes32()
            let report = try #require(LookupStories.lookup(&town, target, at: asker))
            let expected = Set(LookupStories.expected(town, target: target, count: 20, asker: asker))
            #expect(expected.intersection(report.closest.map(\.contact.id)).count >= atLeast)
        }
    }

    @Test func theFirstNodeIsReadyByItself() {
        let town = Town(nodes: 1, seed: 4, settling: .zero)
        #expect(town.network.node(town.relays[0]).status.isJoined)
    }

    @Test func aNodeWhoseBootstrapIsSilentKeepsTryingAndJoinsWhenItComes() {
        var network = VirtualNetwork(seed: 5, suite: .cheap)
        let first = network.addHost()
        let second = network.addHost()
        network.start(second, bootstrap: [first])
        network.run(for: .seconds(120))
        #expect(!network.node(second).status.isJoined)
        network.start(first)
        network.run(for: .seconds(60))
        #expect(network.node(second).status.isJoined)
    }

    @Test func aRestartNeedsNoBootstrap() {
        var town = Town(nodes: 30, seed: 6, settling: .seconds(150))
        let node = town.relays[7]
        town.network.crash(node)
        town.network.crash(town.relays[0])
        town.network.run(for: .seconds(10))
        town.network.start(node)
        town.network.run(for: .seconds(30))
        #expect(town.network.node(node).status.isJoined)
        #expect(town.network.node(node).status.contacts >= 20)
    }

    @Test func aRestartFindsItsNetworkThoughMostOfThoseItRemembersHaveDied() {
        var town = Town(nodes: 60, seed: 7, settling: .seconds(150))
        let node = town.relays[9]
        town.network.crash(node)
        for index in 0..<60 where index % 4 != 0 && index != 9 { town.network.crash(town.relays[index]) }
        town.network.start(node)
        let hasJoined = town.network.run(limit: .seconds(60)) { $0.node(node).status.isJoined }
        #expect(hasJoined)
    }

    @Test func aRestartWhoseEveryAcquaintanceIsDeadTriesEverMoreSeldomAndSucceedsWhenOneIsBack() {
        var town = Town(nodes: 30, seed: 8, settling: .seconds(150))
        let node = town.relays[7]
        for relay in town.relays { town.network.crash(relay) }
        town.network.start(node)
        town.network.run(for: .seconds(300))
        #expect(!town.network.node(node).status.isJoined)
        let sent = town.network.datagramsSent(by: node)
        town.network.run(for: .seconds(600))
        let rate = Double(town.network.datagramsSent(by: node) - sent) / 600
        #expect(rate > 0.05 && rate < 2.5, "it goes on, and floods nobody: \(rate) datagrams/s")
        town.network.start(town.relays[3])
        let hasJoined = town.network.run(limit: .seconds(180)) { $0.node(node).status.isJoined }
        #expect(hasJoined)
    }

    @Test func aSnapshotThatMakesNoSenseIsIgnored() {
        var town = Town(nodes: 12, seed: 9, bucketSize: 8, settling: .seconds(150))
        let node = town.relays[5]
        for bytes in [[], [1, 2, 3], Array(repeating: 0xff, count: 5_000), Array("no table of contacts at all".utf8)] {
            town.network.crash(node)
            town.network.disk(node).commit([StoreWrite(.contacts, Array("snapshot".utf8), bytes)])
            town.network.start(node, bootstrap: [town.relays[0]])
            let hasJoined = town.network.run(limit: .seconds(30)) { $0.node(node).status.isJoined }
            #expect(hasJoined)
        }
    }
}
