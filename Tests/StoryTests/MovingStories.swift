import Basics
import NodeCore
import PeerCore
import Simulation
import Testing

/// Sessions follow people whose NATs forget them, and who move.
@Suite struct MovingStories {
    /// 50 ms one way, always: a round trip is 100 ms.
    private static let oneWay = Duration.milliseconds(50)

    /// Ten nodes; Amy is reached by everybody, and Ben sits behind a NAT. They have written to each other.
    private func town(seed: UInt64) throws -> Town {
        let link = LinkModel(latency: MovingStories.oneWay...MovingStories.oneWay)
        var town = Town(nodes: 10, seed: seed, link: link, bucketSize: 20)
        town.network.countMarks()
        town.addPerson("Amy", behind: .open)
        town.addPerson("Ben", behind: .port)
        town.network.run(for: .seconds(90))
        for _ in 0..<2 {
            _ = try town.passage(from: "Ben", to: "Amy")
            _ = try town.passage(from: "Amy", to: "Ben")
        }
        return town
    }

    /// Initiations that people's nodes have sent.
    private func initiations(_ town: Town) -> Int { town.network.traffic.people[.initiation].datagrams }

    private func moves(_ town: Town) -> Int { town.network.marks[.sessionMoved] }

    /// What goes out after a NAT has forgotten everything is answered as before, and without a handshake. The first answer makes the
    /// buddies find the new mapping: what they announce comes at once.
    @Test(arguments: 41...48 as ClosedRange<UInt64>)
    func aNATForgetsAndNothingIsOpenedAnew(seed: UInt64) throws {
        var town = try town(seed: seed)
        let before = try town.passage(from: "Ben", to: "Amy")
        let (opened, moved) = (initiations(town), moves(town))
        let isStruck = town.network.rebind(town.host("Ben"))
        #expect(isStruck)
        let out = try town.passage(from: "Ben", to: "Amy")
        #expect(out.via == before.via)
        #expect(out.took <= before.took + MovingStories.oneWay * 2 + .milliseconds(25), "out after \(out.took)")
        let back = try town.passage(from: "Amy", to: "Ben")
        // The way that was open to Ben is shut: it comes by the mailbox, whose buddies announce it.
        #expect(back.took <= .milliseconds(1_500), "in after \(back.took)")
        #expect(initiations(town) == opened, "no handshake")
        #expect(moves(town) - moved >= 3, "those with Amy and with the buddies have moved")
        #expect(town.network.marks[.hintBelieved] == 0 && town.network.marks[.buddiesShownPlace] > 0)
    }

    /// The same while Ben says nothing: the next renewal, after 25 s at most, brings what was announced in vain.
    @Test(arguments: 51...54 as ClosedRange<UInt64>) func whoSaysNothingIsFoundByTheNextRenewal(seed: UInt64) throws {
        var town = try town(seed: seed)
        let opened = initiations(town)
        town.network.rebind(town.host("Ben"))
        let passage = try town.passage(from: "Amy", to: "Ben")
        #expect(passage.took <= .seconds(27), "in after \(passage.took)")
        #expect(initiations(town) - opened <= 3, "Amy tries the way that was open")
        #expect(town.network.marks[.hintBelieved] == 0)
    }

    /// A laptop comes to another network: out within a second, in within a second and a half, and its sessions with the buddies that
    /// announce its mail are the ones that it had.
    @Test(arguments: 61...68 as ClosedRange<UInt64>) func whoMovesTakesTheirSessionsAlong(seed: UInt64) throws {
        var town = try town(seed: seed)
        let moved = moves(town)
        town.network.move(town.host("Ben"), behind: .port)
        let begun = town.network.time
        let out = try town.write("From the train", from: "Ben", to: "Amy")
        let into = try town.write("To the train", from: "Amy", to: "Ben")
        let (amy, ben) = (town.host("Amy"), town.host("Ben"))
        let isOut = town.network.run(limit: .seconds(20)) { $0.inbox(amy).contains { $0.id == out } }
        let tookOut = town.network.time - begun
        let isIn = town.network.run(limit: .seconds(20)) { $0.inbox(ben).contains { $0.id == into } }
        let tookIn = town.network.time - begun
        #expect(isOut && tookOut <= .seconds(1), "out after \(tookOut)")
        #expect(isIn && tookIn <= .milliseconds(1_500), "in after \(tookIn)")
        #expect(town.network.marks[.hintBelieved] == 0, "nobody has told anybody that a session is unknown")
        #expect(town.network.marks[.peersShownPlace] > 0)
        // A session moves when its former path has been silent for 0.9 s. Until then all goes over both.
        town.network.run(for: .seconds(2))
        #expect(moves(town) - moved >= 4)
    }

    /// Sessions follow a server behind a NAT. Their dials of where it is now are heard by nobody, and say so.
    @Test(arguments: [61, 62, 63] as [UInt64]) func aServerThatMovesBehindANATSoonKnowsIt(seed: UInt64) throws {
        var town = Town(nodes: 20, seed: seed)
        town.addPerson("Amy", behind: .open)
        town.network.run(for: .seconds(600))
        let amy = town.host("Amy")
        #expect(town.network.node(amy).status.mode == .server)
        town.network.move(amy, behind: .port, isNoticed: true)
        town.network.run(for: .seconds(60))
        let status = town.network.node(amy).status
        #expect(status.isReachable == false && status.mode == .client)
    }
}
