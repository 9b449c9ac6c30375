import Basics
import NodeCore
import PeerCore
import Simulation
import Testing

/// Mail between people behind NATs of all kinds, as `Scripts/test-nat.py` has it with real daemons: ten public nodes, and two
/// people of each kind.
@Suite struct NATStories {
    static let kinds: [(name: String, kind: NATKind)] = [
        ("none", .open), ("full", .full), ("address", .address), ("port", .port), ("symmetric", .symmetric),
    ]

    /// How a message went.
    struct Passage {
        var via: Via?
        var took: Duration
    }

    static func town(seed: UInt64) -> Town {
        let link = LinkModel(latency: .milliseconds(5)...(.milliseconds(10)))
        return Town(nodes: 10, seed: seed, link: link, bucketSize: 20)
    }

    /// The rows and columns of `docs/measurements.md`, "Behind NATs": D straight, M by the mailbox.
    private static let measured = ["DDDMM", "DDDMM", "DDDMM", "DDMMM", "DDMMM"]

    @Test(arguments: 1...3 as ClosedRange<UInt64>) func everyPairGoesAsMeasuredWithRealNodes(seed: UInt64) throws {
        var town = NATStories.town(seed: seed)
        for (name, kind) in NATStories.kinds {
            for number in 1...2 { town.addPerson("\(name)\(number)", behind: kind) }
        }
        town.network.run(for: .seconds(90))
        for (row, (sender, _)) in NATStories.kinds.enumerated() {
            var ways = ""
            for (recipient, _) in NATStories.kinds {
                let passage = try town.passage(from: sender + "1", to: recipient + "2")
                ways += passage.via.map { $0 == .direct ? "D" : "M" } ?? "-"
                #expect(passage.took < .seconds(2), "\(sender) to \(recipient) took \(passage.took)")
            }
            #expect(ways == NATStories.measured[row], "from \(sender)")
        }
    }

    /// Who live together are seen at one address. Without hairpinning that leads nowhere from within, and mail takes the mailbox.
    @Test func aHouseholdSharesItsAddress() throws {
        var town = NATStories.town(seed: 4)
        let home = town.network.addNAT(.port)
        var kind = NATKind.full
        kind.hairpins = true
        let other = town.network.addNAT(kind)
        for name in ["Ann", "Ben"] { town.addPerson(name, at: home) }
        for name in ["Cem", "Dan"] { town.addPerson(name, at: other) }
        town.network.run(for: .seconds(90))
        let hosts = ["Ann", "Ben", "Cem", "Dan"].map { town.host($0) }
        let relay = town.network.endpoint(town.relays[0])
        let outer = hosts.compactMap { town.network.outer($0, to: relay) }
        try #require(outer.count == 4)
        #expect(outer[0].host == outer[1].host && outer[0].port == 7_337 && outer[1].port != 7_337)
        #expect(outer[2].host == outer[3].host && outer[2].host != outer[0].host)
        #expect(
            town.network.inner(hosts[0]) == town.network.inner(hosts[2]), "the next household has the same addresses")
        let (within, straight) = (
            try town.passage(from: "Ann", to: "Ben"), try town.passage(from: "Cem", to: "Dan")
        )
        #expect(within.via == .mailbox && within.took < .seconds(2))
        #expect(straight.via == .direct, "by the outer address and back")
    }

    /// Two nodes of one household that know nobody else find each other by inner addresses; the same address next door is
    /// somebody else's.
    @Test func neighboursMeetOnTheInnerNetwork() {
        let town = NATStories.town(seed: 5)
        var network = town.network
        let homes = (0..<2).map { _ in network.addNAT(.symmetric) }
        let pairs = homes.map { home in (network.addHost(at: home), network.addHost(at: home)) }
        for (first, second) in pairs {
            network.start(first)
            network.start(second, bootstrap: [first])
        }
        network.run(for: .seconds(30))
        for (first, second) in pairs {
            #expect(network.node(first).status.contacts == 1 && network.node(second).status.contacts == 1)
        }
    }

    /// Homes behind one carrier: mail between them takes the mailbox, and goes straight to whom everybody reaches.
    @Test func homesBehindACarrierAreHidden() throws {
        var town = NATStories.town(seed: 6)
        let carrier = town.network.addNAT(.carrier)
        for name in ["Ann", "Ben"] { town.addPerson(name, at: town.network.addNAT(.port, behind: carrier)) }
        town.addPerson("Cem", behind: .open)
        town.network.run(for: .seconds(90))
        let relay = town.network.endpoint(town.relays[0])
        let outer = ["Ann", "Ben"].compactMap { town.network.outer(town.host($0), to: relay) }
        try #require(outer.count == 2)
        #expect(outer[0].host == outer[1].host && outer[0].port != outer[1].port)
        for (sender, recipient, via) in [
            ("Ann", "Ben", Via.mailbox), ("Cem", "Ann", .mailbox), ("Ben", "Cem", .direct),
        ] {
            let passage = try town.passage(from: sender, to: recipient)
            #expect(passage.via == via && passage.took < .seconds(2), "\(sender) to \(recipient): \(passage)")
        }
    }

    /// A NAT forgets everything: mail comes within half a minute, as the buddies are asked every 25 s to go on announcing.
    @Test(arguments: [7, 8, 9] as [UInt64]) func mailComesAfterANATHasForgotten(seed: UInt64) throws {
        var town = NATStories.town(seed: seed)
        town.addPerson("Amy", behind: .open)
        town.addPerson("Ben", behind: .port)
        town.network.run(for: .seconds(90))
        _ = try town.passage(from: "Amy", to: "Ben")
        let (ben, relay) = (town.host("Ben"), town.network.endpoint(town.relays[0]))
        let before = town.network.outer(ben, to: relay)
        #expect(before?.port == 7_337)
        let isStruck = town.network.rebind(ben)
        #expect(isStruck && town.network.outer(ben, to: relay) == nil)
        let passage = try town.passage(from: "Amy", to: "Ben")
        #expect(passage.via == .mailbox && passage.took <= .seconds(35), "after \(passage.took)")
        let after = town.network.outer(ben, to: relay)
        #expect(after != nil && after != before)
    }

    /// From one home to another, with other addresses inside and outside: mail follows within seconds.
    @Test(arguments: [10, 11, 12] as [UInt64]) func mailFollowsToAnotherHome(seed: UInt64) throws {
        var town = NATStories.town(seed: seed)
        let home = town.network.addNAT(.port)
        for name in ["Ann", "Ben"] { town.addPerson(name, at: home) }
        town.addPerson("Cem", behind: .port)
        town.network.run(for: .seconds(90))
        _ = try town.passage(from: "Cem", to: "Ben")
        let (ben, relay) = (town.host("Ben"), town.network.endpoint(town.relays[0]))
        let before = (town.network.inner(ben), town.network.outer(ben, to: relay)?.host)
        town.network.move(ben, behind: .symmetric)
        let passage = try town.passage(from: "Cem", to: "Ben")
        #expect(passage.via == .mailbox && passage.took < .seconds(10), "after \(passage.took)")
        let after = (town.network.inner(ben), town.network.outer(ben, to: relay)?.host)
        #expect(before.0 != after.0 && before.1 != after.1)
        // And back again, into the household that he had left.
        town.network.move(ben, to: home)
        let back = try town.passage(from: "Cem", to: "Ben")
        #expect(back.via == .mailbox && back.took < .seconds(10), "after \(back.took)")
    }
}

extension Town {
    /// Writes a message, and waits for it.
    mutating func passage(from sender: String, to recipient: String) throws -> NATStories.Passage {
        let begun = network.time
        let id = try write("from \(sender) to \(recipient), \(begun)", from: sender, to: recipient)
        let host = host(recipient)
        var via: Via?
        _ = network.run(limit: .seconds(60)) { network in
            via = network.inbox(host).first { $0.id == id }?.via
            return via != nil
        }
        let took = network.time - begun
        network.run(for: .seconds(5))
        return NATStories.Passage(via: via, took: took)
    }
}
