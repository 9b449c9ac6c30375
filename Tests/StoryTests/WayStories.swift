import Basics
import PeerCore
import Simulation
import Testing

/// Ways between people who accept each other's mail, through NATs of all kinds, in a network of ten public nodes.
@Suite struct WayStories {
    /// In which a way is opened, or found not to open.
    private static let opening = Duration.seconds(6)

    /// All write to each other, so that each accepts everybody's mail, and once more, so that ways are opened.
    private func befriend(_ pairs: [(String, String)], in town: inout Town) throws {
        for (one, other) in pairs { _ = try town.passage(from: one, to: other) }
        for (one, other) in pairs { _ = try town.passage(from: other, to: one) }
        for (one, other) in pairs { _ = try town.passage(from: one, to: other) }
        town.network.run(for: WayStories.opening)
    }

    /// As measured with real nodes: between a NAT with another port for each destination and one that lets in only what it has
    /// written to, nothing helps.
    @Test(arguments: 1...3 as ClosedRange<UInt64>) func friendsGoStraightWhereTheirNATsLetThem(seed: UInt64) throws {
        var town = NATStories.town(seed: seed)
        for (name, kind) in NATStories.kinds {
            for number in 1...2 { town.addPerson("\(name)\(number)", behind: kind) }
        }
        town.network.run(for: .seconds(90))
        let names = NATStories.kinds.map(\.name)
        try befriend(names.flatMap { one in names.map { ("\(one)1", "\($0)2") } }, in: &town)
        let shut = [["port", "symmetric"], ["symmetric", "port"], ["symmetric", "symmetric"]]
        for sender in names {
            for recipient in names {
                let passage = try town.passage(from: sender + "1", to: recipient + "2")
                let isShut = shut.contains([sender, recipient])
                #expect(passage.via == (isShut ? .mailbox : .direct), "\(sender) to \(recipient)")
                #expect(
                    passage.took <= .milliseconds(isShut ? 1_000 : 600), "\(sender) to \(recipient): \(passage.took)")
            }
        }
    }

    /// Who live together reach each other within their home, which no NAT leads back into.
    @Test func aHouseholdGoesStraightWithin() throws {
        var town = NATStories.town(seed: 4)
        let home = town.network.addNAT(.port)
        for name in ["Ann", "Ben"] { town.addPerson(name, at: home) }
        town.network.run(for: .seconds(90))
        try befriend([("Ann", "Ben")], in: &town)
        let passage = try town.passage(from: "Ann", to: "Ben")
        #expect(passage.via == .direct && passage.took <= .milliseconds(600), "\(passage)")
    }

    /// Through two NATs, one behind the other, to who is reached by everybody, and between two such homes: carriers' NATs lead back in
    /// what comes from within (RFC 6888, REQ-1; RFC 4787, REQ-9).
    @Test func homesBehindACarrier() throws {
        var town = NATStories.town(seed: 6)
        let carrier = town.network.addNAT(.carrier)
        for name in ["Ann", "Ben"] { town.addPerson(name, at: town.network.addNAT(.port, behind: carrier)) }
        town.addPerson("Cem", behind: .open)
        town.network.run(for: .seconds(90))
        try befriend([("Ann", "Ben"), ("Cem", "Ann")], in: &town)
        #expect(try town.passage(from: "Cem", to: "Ann").via == .direct)
        #expect(try town.passage(from: "Ann", to: "Ben").via == .direct)
    }

    /// A NAT that forgets, and a machine that moves, close a way. Mail takes the mailbox, and soon another way.
    @Test(arguments: [7, 8, 9] as [UInt64]) func aWayIsOpenedAnewWhereItWasLost(seed: UInt64) throws {
        var town = NATStories.town(seed: seed)
        for name in ["Ann", "Ben"] { town.addPerson(name, behind: .port) }
        town.network.run(for: .seconds(90))
        try befriend([("Ann", "Ben")], in: &town)
        #expect(try town.passage(from: "Ann", to: "Ben").via == .direct)
        let isStruck = town.network.rebind(town.host("Ben"))
        #expect(isStruck)
        for change in ["a NAT that forgets", "a move"] {
            if change == "a move" { town.network.move(town.host("Ben"), behind: .port) }
            for _ in 0..<4 {
                let passage = try town.passage(from: "Ann", to: "Ben")
                #expect(passage.took <= .seconds(35), "\(change): \(passage.took)")
                town.network.run(for: .seconds(20))
            }
            #expect(try town.passage(from: "Ann", to: "Ben").via == .direct, "\(change)")
        }
    }
}
