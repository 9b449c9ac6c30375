import Basics
import Cryptography
import NodeCore
import PeerCore
import Simulation
import Testing

/// A laptop goes from one network to another, loses its network, and finds it again.
@Suite struct NetworkChangeStories {
    /// Amy and Ben have been there for a while; messages between them go directly.
    private func town(seed: UInt64, latency: ClosedRange<Duration>? = nil) throws -> Town {
        let link = latency.map { LinkModel(latency: $0) } ?? LinkModel()
        var town = Town(nodes: 14, seed: seed, link: link, bucketSize: 8)
        town.addPerson("Amy")
        town.addPerson("Ben")
        town.network.run(for: .seconds(120))
        try town.write("Hello", from: "Amy", to: "Ben")
        try town.write("Hello", from: "Ben", to: "Amy")
        let isSettled = town.wait(for: ["Hello"], at: "Ben") && town.wait(for: ["Hello"], at: "Amy")
        try #require(isSettled)
        town.network.run(for: .seconds(60))
        return town
    }

    private func contacts(of name: String, in town: Town) -> Set<NodeID> {
        var contacts: Set<NodeID> = []
        town.network.node(town.host(name)).forEachContact { contacts.insert($0.contact.id) }
        return contacts
    }

    /// At 50 ms one way, and at up to 200 ms: mail by way of the buddies takes some four round trips.
    @Test(arguments: [11, 12, 13, 21, 22, 23, 24, 25, 26, 27] as [UInt64], [50, 200])
    func whoMovesIsOutWithinASecondAndInSoonAfter(seed: UInt64, latency: Int) throws {
        let shortest = Duration.milliseconds(min(latency, 100) / 2 + (latency == 50 ? 25 : 0))
        var town = try town(seed: seed, latency: shortest...(.milliseconds(latency)))
        town.network.move(town.host("Ben"))
        let sent = town.network.time
        try town.write("From the train", from: "Ben", to: "Amy")
        let toBen = try town.write("To the train", from: "Amy", to: "Ben")
        let isOut = town.wait(for: ["Hello", "From the train"], at: "Amy", limit: .seconds(1))
        #expect(isOut, "out within a second")
        let isIn = town.wait(for: ["Hello", "To the train"], at: "Ben", limit: .seconds(20))
        let took = town.network.time - sent
        print("in after \(took)")
        #expect(
            isIn && took <= .milliseconds(latency == 50 ? 1_500 : 2_500),
            "in after \(took), \(town.state(of: toBen, by: "Amy") ?? .queued)")
    }

    /// Ben's machine comes up at another address. The first message takes the mailbox, and is there before the way that Amy knew is given up:
    /// that she knew it is no reason to try it again.
    @Test(arguments: [41, 42, 43] as [UInt64]) func whoComesBackElsewhereIsSoonReachedStraight(seed: UInt64) throws {
        var town = try town(seed: seed)
        town.crash("Ben")
        town.network.move(town.host("Ben"))
        town.restart("Ben")
        town.network.run(for: .seconds(20))
        _ = try town.passage(from: "Amy", to: "Ben")
        let second = try town.passage(from: "Amy", to: "Ben")
        #expect(second.via == .direct)
    }

    /// Nodes that keep Ben's mail have moved just before, and nobody knows where to: a look into the mailbox that waits for them
    /// must not keep the next from beginning.
    @Test(arguments: [31, 32, 33, 34, 35, 36] as [UInt64])
    func buddiesThatMoveAsWellHoldNobodyUp(seed: UInt64) throws {
        var town = try town(seed: seed, latency: .milliseconds(50)...(.milliseconds(50)))
        for relay in town.relays.suffix(3) { town.network.move(relay) }
        town.network.move(town.host("Ben"))
        let sent = town.network.time
        try town.write("To the train", from: "Amy", to: "Ben")
        let isIn = town.wait(for: ["Hello", "To the train"], at: "Ben", limit: .seconds(20))
        let took = town.network.time - sent
        print("in after \(took), though buddies moved")
        #expect(isIn && took <= .milliseconds(1_900), "in after \(took)")
    }

    @Test(arguments: [14, 24, 25, 26, 27, 28, 29, 30] as [UInt64])
    func neighboursAndTheRecordKnowTheNewAddressSoon(seed: UInt64) throws {
        var town = try town(seed: seed)
        let (ben, before) = (town.host("Ben"), town.network.endpoint(town.host("Ben")))
        town.network.move(ben)
        let address = town.network.endpoint(ben)
        try #require(address != before)
        town.network.run(for: .seconds(5))
        let id = town.network.node(ben).id
        let places = town.relays.compactMap { relay in
            var place: Endpoint?
            town.network.node(relay).forEachContact { if $0.contact.id == id { place = $0.contact.ipv4 } }
            return place
        }
        // Those that Ben knows as well: a full bucket of Ben's may lack some that know Ben.
        #expect(!places.isEmpty && places.count { $0 == address } * 4 >= places.count * 3)
        #expect(town.network.node(ben).status.external?.ipv4 == address)
        // Somebody who never wrote to Ben reads of the new address, and goes there directly.
        town.addPerson("Cem")
        town.network.run(for: .seconds(20))
        let message = try town.write("Welcome", from: "Cem", to: "Ben")
        let hasArrived = town.wait(for: .delivered, of: message, by: "Cem", limit: .seconds(5))
        #expect(hasArrived)
        #expect(town.network.peer(town.host("Cem"))?.message(message)?.via == .direct)
    }

    /// Twenty seconds or two minutes, ten messages each way: what was on its way then begins again. The network comes back with news of it, or without, as when a cable was pulled
    /// upstream.
    @Test(arguments: [true, false], [20, 120])
    func aNetworkThatIsBackEndsEveryPause(isNoticed: Bool, seconds: Int) throws {
        var town = try town(seed: 15)
        let ben = town.host("Ben")
        let known = contacts(of: "Ben", in: town)
        town.network.partition = { ($0 == ben) != ($1 == ben) }
        if isNoticed { town.network.changeNetwork(of: ben, to: []) }
        let out = try (1...10).map { try town.write("Out \($0)", from: "Ben", to: "Amy") }
        let coming = try (1...10).map { try town.write("In \($0)", from: "Amy", to: "Ben") }
        town.network.run(for: .seconds(seconds))
        #expect(out.allSatisfy { town.state(of: $0, by: "Ben") == .queued })
        #expect(coming.allSatisfy { town.state(of: $0, by: "Amy") == .stored })
        town.network.partition = nil
        if isNoticed { town.network.changeNetwork(of: ben, to: .ipv4) }
        let (first, second) = (town.host("Amy"), ben)
        let isThere = town.network.run(limit: .seconds(5)) {
            $0.inbox(first).count == 11 && $0.inbox(second).count == 11
        }
        #expect(isThere, "Amy has \(town.texts(of: "Amy").count), Ben \(town.texts(of: "Ben").count) of 11")
        #expect(contacts(of: "Ben", in: town).isSuperset(of: known), "the table was not thrown away")
    }

    /// A link is up, and nothing comes back over it for a while more, as while a switch or a VPN learns of it.
    @Test(arguments: [50, 100, 200, 400, 700, 1_200, 2_000, 3_500, 5_000, 9_000])
    func aNetworkThatWorksOnlyAfterItsNewsEndsEveryPause(milliseconds: Int) throws {
        var town = try town(seed: 18)
        let (amy, ben) = (town.host("Amy"), town.host("Ben"))
        town.network.partition = { ($0 == ben) != ($1 == ben) }
        town.network.changeNetwork(of: ben, to: [])
        for number in 1...10 {
            try town.write("Out \(number)", from: "Ben", to: "Amy")
            try town.write("In \(number)", from: "Amy", to: "Ben")
        }
        town.network.run(for: .seconds(25))
        town.network.changeNetwork(of: ben, to: .ipv4)
        town.network.run(for: .milliseconds(milliseconds))
        town.network.partition = nil
        let begun = town.network.time
        let isThere = town.network.run(limit: .seconds(40)) {
            $0.inbox(amy).count == 11 && $0.inbox(ben).count == 11
        }
        let took = town.network.time - begun
        print("\(milliseconds) ms late: all arrived after \(took)")
        #expect(isThere && took < .seconds(2), "after \(took)")
    }

    /// Datagrams go and come again before the machine says so. What a quorum of buddies keeps by then, while more are asked,
    /// goes straight as well, and doesn't wait for the recipient to look into the mailbox.
    @Test(arguments: [51, 52, 53, 54, 55, 56, 57, 58, 59, 60] as [UInt64], [10, 100])
    func whatBuddiesKeepBeforeTheNewsGoesStraightAsWell(seed: UInt64, latency: Int) throws {
        var town = try town(seed: seed, latency: .milliseconds(latency / 2)...(.milliseconds(latency)))
        let (amy, ben) = (town.host("Amy"), town.host("Ben"))
        town.network.partition = { ($0 == ben) != ($1 == ben) }
        town.network.changeNetwork(of: ben, to: [])
        let out = try (1...10).map { try town.write("Out \($0)", from: "Ben", to: "Amy") }
        town.network.run(for: .seconds(25))
        town.network.partition = nil
        let isKept = town.network.run(limit: .seconds(30)) { network in
            out.contains { [.stored, .delivered].contains(network.peer(ben)?.message($0)?.state) }
        }
        try #require(isKept)
        town.network.changeNetwork(of: ben, to: .ipv4)
        let begun = town.network.time
        let isThere = town.network.run(limit: .seconds(40)) { $0.inbox(amy).count == 11 }
        let took = town.network.time - begun
        #expect(isThere && took < .seconds(2), "after \(took)")
    }

    /// Hours without a network end as minutes do, and the table is still there.
    @Test func aLongOutageCostsNoContacts() throws {
        var town = try town(seed: 16)
        let ben = town.host("Ben")
        let known = contacts(of: "Ben", in: town)
        town.network.partition = { ($0 == ben) != ($1 == ben) }
        town.network.changeNetwork(of: ben, to: [])
        town.network.run(for: .seconds(3 * 3_600))
        #expect(contacts(of: "Ben", in: town) == known)
        town.network.partition = nil
        town.network.changeNetwork(of: ben, to: .ipv4)
        let message = try town.write("Back", from: "Ben", to: "Amy")
        let isThere = town.wait(for: .delivered, of: message, by: "Ben", limit: .seconds(5))
        #expect(isThere)
    }

    /// A change is no flood: a few datagrams for each contact, and the nearest first.
    @Test func aChangeCostsLittle() throws {
        var town = try town(seed: 17)
        let ben = town.host("Ben")
        func sent(within duration: Duration) -> Int {
            let before = town.network.datagramsSent(by: ben)
            town.network.run(for: duration)
            return town.network.datagramsSent(by: ben) - before
        }
        let idle = sent(within: .seconds(60))
        for _ in 0..<5 { town.network.changeNetwork(of: ben, to: .ipv4) }
        let changing = sent(within: .seconds(60))
        print("idle \(idle), after changes \(changing) datagrams a minute")
        #expect(changing < idle + 2_000)
    }
}
