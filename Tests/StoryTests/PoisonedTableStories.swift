import Basics
import Cryptography
import NodeCore
import Simulation
import Storage
import Testing
import Wire

/// A node starts again with remembered contacts that an attacker has chosen: invented ones around its own ID, all at one
/// victim's address, or nodes that exist and lie.
@Suite struct PoisonedTableStories {
    private static let victim = Endpoint(ipv4: 0xc000_0201, port: 4_000)
    private static let link = LinkModel(latency: .milliseconds(1)...(.milliseconds(5)))

    private final class Count {
        var datagrams = 0
    }

    /// Twenty honest nodes, one of which has ended; the liars come after them. What a stranger is sent is counted.
    private static func town(liars: Int, seed: UInt64) -> (town: Town, restarting: HostID, strays: Count) {
        var town = Town(nodes: 20, seed: seed, link: link)
        let (restarting, count) = (town.relays[7], Count())
        for number in 0..<liars {
            let host = town.network.addHost()
            let names = FalseNames(count: 5_000, seed: seed << 8 | UInt64(number))
            town.network.setLiar(Liar(lies: [.falseContacts, .dropDeposits], names: names), of: host)
            town.network.start(host, bootstrap: [town.relays[0]])
        }
        town.network.run(for: .seconds(60))
        town.network.crash(restarting)
        town.network.tap = { _, to, _ in if to == nil { count.datagrams += 1 } }
        return (town, restarting, count)
    }

    /// Contacts that don't exist: the closest to a node's own ID of many thousands.
    private static func invented(around id: NodeID) -> [Contact] {
        var generator = SeededGenerator(seed: 5)
        let keys = (0..<20_000).map { _ in PublicKey(generator.bytes32()) }
        let closest = keys.map { (key: $0, distance: $0.nodeID.distance(to: id.bytes)) }
            .sorted { $0.distance < $1.distance }.prefix(100)
        return closest.enumerated().map { number, near in
            Contact(key: near.key, endpoint: victim.with(port: UInt16(4_000 + number)))
        }
    }

    private static func remember(_ contacts: [Contact], at host: HostID, in town: Town) {
        var writer = ByteWriter(capacity: contacts.count * 64)
        for contact in contacts { writer.contact(contact) }
        town.network.disk(host).commit([StoreWrite(.contacts, Array("snapshot".utf8), writer.bytes)])
    }

    /// Whether the node finds exactly the closest of the others to some points.
    private static func findsAll(_ town: inout Town, at host: HostID) throws -> Bool {
        for number in 1...5 as ClosedRange<UInt64> {
            let target = Bytes32(words: (number &* 0x9E37_79B9_7F4A_7C15, 1, 2, 3))
            let report = try #require(LookupStories.lookup(&town, target, at: host))
            let expected = LookupStories.expected(town, target: target, count: 19, asker: host)
            guard report.closest.map(\.contact.id).prefix(19) == expected[...] else { return false }
        }
        return true
    }

    @Test func inventedContactsDelayNobodyWhoKnowsABootstrapNode() throws {
        var (town, host, strays) = PoisonedTableStories.town(liars: 0, seed: 61)
        PoisonedTableStories.remember(
            PoisonedTableStories.invented(around: town.network.node(host).id), at: host, in: town)
        town.network.start(host, bootstrap: [town.relays[0]])
        let isThere = town.network.run(limit: .seconds(10)) { $0.node(host).status.isJoined }
        #expect(isThere)
        town.network.run(for: .seconds(20))
        let found = try PoisonedTableStories.findsAll(&town, at: host)
        #expect(found)
        #expect(strays.datagrams <= Limits.unansweredPerHost, "\(strays.datagrams)")
    }

    /// Three true contacts among a hundred are enough.
    @Test func aFewTrueContactsAmongInventedOnesAreEnough() throws {
        var (town, host, strays) = PoisonedTableStories.town(liars: 0, seed: 62)
        var contacts = PoisonedTableStories.invented(around: town.network.node(host).id)
        for number in 0..<3 {
            let relay = town.relays[number]
            contacts[30 * number + 20] = Contact(
                key: town.network.node(relay).key, endpoint: town.network.endpoint(relay))
        }
        PoisonedTableStories.remember(contacts, at: host, in: town)
        town.network.start(host, bootstrap: [])
        let isThere = town.network.run(limit: .seconds(60)) { $0.node(host).status.isJoined }
        #expect(isThere)
        town.network.run(for: .seconds(60))
        let found = try PoisonedTableStories.findsAll(&town, at: host)
        #expect(found)
        #expect(strays.datagrams <= 3 * Limits.unansweredPerHost, "\(strays.datagrams)")
    }

    /// Who remembers nobody else comes back as others remember it: they look after it, and it takes them in.
    @Test func whoRemembersNobodyIsFoundByThoseWhoRememberIt() throws {
        var (town, host, strays) = PoisonedTableStories.town(liars: 0, seed: 63)
        PoisonedTableStories.remember(
            PoisonedTableStories.invented(around: town.network.node(host).id), at: host, in: town)
        town.network.start(host, bootstrap: [])
        let isThere = town.network.run(limit: .seconds(900)) { $0.node(host).status.isJoined }
        #expect(isThere)
        town.network.run(for: .seconds(300))
        let found = try PoisonedTableStories.findsAll(&town, at: host)
        #expect(found)
        #expect(strays.datagrams <= 20 * Limits.unansweredPerHost, "\(strays.datagrams)")
    }

    /// It remembers ten nodes that exist, answer, and name only others that don't. Honest nodes that remember it look after it: mostly within
    /// ten minutes, by seed 73 after forty.
    @Test(arguments: 64..<76 as Range<UInt64>) func aNeighbourhoodOfLiarsIsLeft(seed: UInt64) throws {
        var (town, host, _) = PoisonedTableStories.town(liars: 10, seed: seed)
        let liars = town.network.hostIDs.filter { !town.relays.contains($0) }
        let contacts = liars.map { Contact(key: town.network.node($0).key, endpoint: town.network.endpoint($0)) }
        PoisonedTableStories.remember(contacts, at: host, in: town)
        town.network.start(host, bootstrap: [])
        town.network.run(for: .seconds(3_600))
        let relays = town.relays
        var known = 0
        town.network.node(host).forEachContact { entry in
            if relays.contains(where: { town.network.node($0).key == entry.contact.key }) { known += 1 }
        }
        #expect(known >= 13, "\(known) of the 19 honest nodes are known again")
        let found = try PoisonedTableStories.findsAll(&town, at: host)
        #expect(found)
    }
}
