import Basics
import Simulation
import Testing

/// The map says what is, is bounded, and changes nothing.
@Suite struct MapStories {
    /// Whoever is asked to lie or hide is marked; whoever keeps the mailbox is who should.
    @Test func theMapShowsWhoIsWhere() throws {
        let scenario = SimulatorStories.small { scenario in
            (scenario.seed, scenario.duration) = (31, .seconds(600))
            scenario.hidden = 0.2
            scenario.liars = Liars(share: 0.2)
        }
        let summary = SimulatorStories.run(scenario)
        let map = summary.map
        #expect(map.living == 48 && map.nodes.count == 48)
        #expect(map.nodes.count { $0.isPersonal } == 8)
        #expect(map.nodes.contains { $0.isHidden } && map.nodes.contains { $0.isLiar })
        #expect(map.nodes.map(\.id) == map.nodes.map(\.id).sorted())
        #expect(map.tables.count == 2)
        for table in map.tables {
            #expect(!map.nodes[table.node].isLiar && !map.nodes[table.node].isHidden)
            // In a network so small everybody knows almost everybody who can be reached.
            #expect(table.contacts.count > 20 && !table.contacts.contains(table.node))
        }
        let mailbox = try #require(map.mailbox)
        #expect(mailbox.waiting == 0 && mailbox.collected > 0)
        let closest = mailbox.buddies.filter(\.isClosest)
        #expect(closest.count == Limits.bucketSize)
        #expect(closest.allSatisfy { !map.nodes[$0.node].isHidden })
        #expect(closest.count { $0.keepsSomething } > Limits.bucketSize / 2)
        let distances = mailbox.buddies.map { map.nodes[$0.node].id ^ mailbox.location }
        #expect(distances == distances.sorted() && mailbox.buddies.map(\.rank) == mailbox.buddies.map(\.rank).sorted())
    }

    @Test func lookingAtItChangesNothing() {
        let scenario = SimulatorStories.small { $0.duration = .seconds(120) }
        var watched = Simulator(scenario)
        while watched.advance(events: 20_000) { _ = watched.summary().map }
        let unseen = SimulatorStories.run(scenario)
        #expect(watched.summary().traceHash == unseen.traceHash)
        #expect(watched.summary().map == unseen.map)
    }

    /// Of a large network only some are drawn, and among them everybody who is named.
    @Test func aLargeNetworkIsSampled() throws {
        var scenario = Scenario()
        (scenario.nodes, scenario.peers, scenario.messages) = (450, 2, 5)
        (scenario.settling, scenario.duration, scenario.offline) = (.seconds(60), .seconds(60), 0)
        let map = SimulatorStories.run(scenario).map
        #expect(map.living == 452)
        #expect((NetworkMap.most..<map.living).contains(map.nodes.count))
        let mailbox = try #require(map.mailbox)
        #expect(mailbox.buddies.count(where: \.isClosest) == Limits.bucketSize)
        #expect(mailbox.buddies[0].rank == 0)
        let places = map.tables.flatMap { [$0.node] + $0.contacts } + mailbox.buddies.map(\.node)
        #expect(places.allSatisfy(map.nodes.indices.contains))
    }

    @Test func nothingHasNoMap() {
        #expect(Simulator(Scenario()).summary().map.nodes.isEmpty)
    }
}
