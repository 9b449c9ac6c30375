import Basics
import PeerCore
import Simulation
import Testing

/// What people see: they write, they are away, nodes die, and the mail arrives once and in order.
@Suite struct MailStories {
    @Test func amyWritesAndBenReadsItDirectly() throws {
        var town = Town(nodes: 25, seed: 11)
        town.addPerson("Amy")
        town.addPerson("Ben")
        town.network.run(for: .seconds(30))
        let message = try town.write("Hello Ben", from: "Amy", to: "Ben")
        let arrived = town.wait(for: ["Hello Ben"], at: "Ben")
        #expect(arrived)
        let told = town.wait(for: .delivered, of: message, by: "Amy")
        #expect(told)
        #expect(town.network.inbox(town.host("Ben")).map(\.via) == [.direct])
    }

    /// The first record that Ben publishes must say where he is, or his first readers would try his mailbox for minutes.
    @Test(arguments: [17, 18, 19] as [UInt64])
    func whoHasJustJoinedIsReachedDirectly(seed: UInt64) throws {
        var town = Town(nodes: 25, seed: seed, link: LinkModel(loss: 0.05))
        town.addPerson("Amy")
        town.addPerson("Ben")
        town.network.run(for: .seconds(10))
        for text in ["One", "Two"] {
            let message = try town.write(text, from: "Amy", to: "Ben")
            let told = town.wait(for: .delivered, of: message, by: "Amy")
            #expect(told)
        }
        #expect(town.network.inbox(town.host("Ben")).map(\.via) == [.direct, .direct])
    }

    /// Who publishes while the network is still forming does so again once it knows more nodes.
    @Test(arguments: [7, 8, 9] as [UInt64])
    func whoJoinedANetworkInItsFirstSecondsIsFound(seed: UInt64) throws {
        var town = Town(nodes: 50, seed: seed, link: LinkModel(loss: 0.2), settling: .zero)
        town.addPerson("Amy")
        town.addPerson("Ben")
        town.network.run(for: .seconds(120))
        let message = try town.write("Found you", from: "Amy", to: "Ben")
        let told = town.wait(for: .delivered, of: message, by: "Amy", limit: .seconds(60))
        #expect(told)
    }

    @Test(arguments: [0, 0.1])
    func benIsAwayAndReadsInOrderWhenHeReturnsAfterHalfOfTheBuddiesHaveDied(loss: Double) throws {
        var town = Town(nodes: 40, seed: 12, link: LinkModel(loss: loss))
        town.addPerson("Amy")
        town.addPerson("Ben")
        town.network.run(for: .seconds(60))
        town.crash("Ben")
        let long = String(repeating: "sixty thousand bytes of longing. ", count: 1_818)
        let texts = ["First", long, "Third"]
        let messages = try texts.map { try town.write($0, from: "Amy", to: "Ben") }
        for message in messages {
            let stored = town.wait(for: .stored, of: message, by: "Amy")
            #expect(stored)
        }
        town.network.run(for: .seconds(30))
        town.crash("Amy")
        town.network.crash(town.relays[0])
        let buddies = town.relays.filter { town.network.isUp($0) && town.network.node($0).status.envelopes > 0 }
        for buddy in buddies.prefix(10) { town.network.crash(buddy) }
        town.restart("Ben")
        let arrived = town.wait(for: texts, at: "Ben")
        #expect(arrived, "\(town.texts(of: "Ben").map { $0.prefix(10) })")
        #expect(town.network.inbox(town.host("Ben")).allSatisfy { $0.via == .mailbox })
    }

    @Test func aReceiptComesBackThroughTheMailboxOfASenderWhoIsAway() throws {
        var town = Town(nodes: 30, seed: 13)
        town.addPerson("Amy")
        town.addPerson("Ben")
        town.network.run(for: .seconds(60))
        town.crash("Ben")
        let message = try town.write("Are you there?", from: "Amy", to: "Ben")
        let stored = town.wait(for: .stored, of: message, by: "Amy")
        #expect(stored)
        town.crash("Amy")
        town.restart("Ben")
        let arrived = town.wait(for: ["Are you there?"], at: "Ben")
        #expect(arrived)
        town.network.run(for: .seconds(60))
        town.crash("Ben")
        town.restart("Amy")
        let told = town.wait(for: .delivered, of: message, by: "Amy")
        #expect(told)
    }

    @Test func aMessageAcceptedWithNoNetworkArrivesOnceAfterARestart() throws {
        var town = Town(nodes: 20, seed: 14)
        town.addPerson("Amy")
        town.addPerson("Ben")
        town.network.run(for: .seconds(60))
        let amy = town.host("Amy")
        town.network.partition = { from, to in from == amy || to == amy }
        try town.write("From nowhere", from: "Amy", to: "Ben")
        town.network.run(for: .seconds(5))
        town.crash("Amy")
        town.network.partition = nil
        town.restart("Amy")
        let arrived = town.wait(for: ["From nowhere"], at: "Ben")
        #expect(arrived)
        town.network.run(for: .seconds(1_200))
        #expect(town.texts(of: "Ben") == ["From nowhere"])
    }

    @Test func aCrashBeforeTheCommitLosesOnlyWhatWasNeverAccepted() throws {
        var town = Town(nodes: 20, seed: 15)
        town.addPerson("Amy")
        town.addPerson("Ben")
        town.network.run(for: .seconds(60))
        let amy = town.host("Amy")
        town.network.setCommitDelay(.seconds(1), of: amy)
        let message = try town.write("Never accepted", from: "Amy", to: "Ben")
        town.network.run(for: .milliseconds(500))
        town.crash("Amy")
        town.restart("Amy")
        town.network.run(for: .seconds(60))
        #expect(town.texts(of: "Ben").isEmpty)
        #expect(!town.network.notices(amy).contains(.accepted(message)))
    }

    @Test func aConversationKeepsItsOrderOverALossyNetwork() throws {
        var town = Town(nodes: 20, seed: 16, link: LinkModel(loss: 0.1, duplication: 0.1))
        town.addPerson("Amy")
        town.addPerson("Ben")
        town.network.run(for: .seconds(60))
        var expected: [String] = []
        for round in 0..<10 {
            try town.write("ping \(round)", from: "Amy", to: "Ben")
            expected.append("ping \(round)")
            let arrived = town.wait(for: expected, at: "Ben")
            #expect(arrived)
        }
        town.network.run(for: .seconds(600))
        #expect(town.texts(of: "Ben") == expected)
    }

    /// No buddy has room for what Amy writes while Ben is away. Each message has failed for long when he comes back.
    @Test func whoIsBackGetsAllAtOnceThatNobodyCouldKeep() throws {
        var town = Town(nodes: 20, seed: 77, bucketSize: 8)
        for name in ["Amy", "Ben"] { town.addPerson(name) }
        town.network.run(for: .seconds(30))
        try town.write("before", from: "Amy", to: "Ben")
        let arrived = town.wait(for: ["before"], at: "Ben")
        #expect(arrived)
        town.crash("Ben")
        for relay in town.relays { town.network.setDiskFull(true, of: relay) }
        let texts = (1...20).map { "waits \($0)" }
        for text in texts { try town.write(text, from: "Amy", to: "Ben") }
        town.network.run(for: .seconds(1_500))
        town.restart("Ben")
        town.network.run(for: .seconds(20))
        let already = town.texts(of: "Ben").count
        print("\(already) of 21 before he is heard of")
        try town.write("I am back", from: "Ben", to: "Amy")
        let all = town.wait(for: ["before"] + texts, at: "Ben", limit: .seconds(5))
        #expect(all, "\(town.texts(of: "Ben").count) of 21")
    }
}
