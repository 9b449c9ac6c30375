import Basics
import NodeCore
import PeerCore
import Simulation
import Testing

/// Civil clocks jump, and nothing is lost by it.
@Suite struct ClockStories {
    private static let day: Int64 = 86_400

    /// Amy and Ben in a small town whose nodes have confirmed their clocks.
    private func town(seed: UInt64) -> Town {
        var town = Town(nodes: 12, seed: seed, bucketSize: 8)
        town.addPerson("Amy")
        town.addPerson("Ben")
        town.network.run(for: .seconds(120))
        return town
    }

    @Test func everybodysClockIsConfirmedSoonAfterTheyJoin() {
        let town = town(seed: 61)
        for host in town.network.hostIDs { #expect(town.network.node(host).status.clock == .confirmed) }
    }

    /// Eight nodes that keep what Amy has written to Ben; both are away.
    private func townThatKeeps(_ text: String, seed: UInt64) throws -> Town {
        var town = Town(nodes: 8, seed: seed, bucketSize: 8)
        town.addPerson("Amy")
        town.addPerson("Ben")
        town.network.run(for: .seconds(120))
        town.crash("Ben")
        let message = try town.write(text, from: "Amy", to: "Ben")
        let isStored = town.wait(for: .stored, of: message, by: "Amy")
        #expect(isStored)
        town.network.run(for: .seconds(30))
        town.crash("Amy")
        return town
    }

    /// Six of eight nodes are right with each other and wrong, as where all ask one server of time: none of them erases by it,
    /// in its run or after a restart, until the clock has run on for two days.
    @Test(arguments: [20, 365] as [Int64])
    func mailSurvivesClocksThatAreWrongTogether(days: Int64) throws {
        var town = try townThatKeeps("Still here", seed: 67)
        let held = town.relays.map { town.network.node($0).status.envelopes }
        let wrong = town.relays.prefix(6)
        func expectHeld(_ comment: Comment) {
            #expect(town.relays.map { town.network.node($0).status.envelopes } == held, comment)
        }
        for relay in wrong { town.network.setClockSkew(days * ClockStories.day, of: relay) }
        town.network.run(for: .seconds(24 * 3_600))
        expectHeld("a day after the jump")
        let confirmed = wrong.count { town.network.node($0).status.clock == .confirmed }
        #expect(confirmed == 6, "they agree with each other")
        for relay in wrong {
            town.network.crash(relay)
            town.network.start(relay, bootstrap: [town.relays[6], town.relays[7]])
        }
        town.network.run(for: .seconds(22 * 3_600))
        expectHeld("restarted with it")
        for relay in wrong { town.network.setClockSkew(0, of: relay) }
        town.network.run(for: .seconds(4 * 3_600))
        expectHeld("set right")
        for relay in town.relays.dropFirst(6) { town.network.crash(relay) }
        town.network.start(town.host("Ben"), bootstrap: [wrong[0]])
        let arrived = town.wait(for: ["Still here"], at: "Ben")
        #expect(arrived)
    }

    /// What has expired goes all the same: at once where the clock ran on, and after two days where it was ahead at once.
    @Test func whatHasExpiredGoesTwoDaysAfterAJump() throws {
        var town = try townThatKeeps("Too late", seed: 68)
        for relay in town.relays { town.network.setClockSkew(20 * ClockStories.day, of: relay) }
        town.network.run(for: .seconds(47 * 3_600))
        #expect(town.relays.allSatisfy { town.network.node($0).status.envelopes > 0 })
        town.network.run(for: .seconds(2 * 3_600))
        #expect(town.relays.allSatisfy { town.network.node($0).status.envelopes == 0 })
    }

    /// The person's side: most of the network is 20 days ahead, and nothing is failed, erased or thrown out by it.
    @Test func aPersonWhoAgreesWithAWrongNetworkLosesNothing() throws {
        var town = town(seed: 69)
        let (amy, ben) = (town.host("Amy"), town.host("Ben"))
        let unsealed = try #require(try town.network.send("To nobody yet", from: amy, to: Town.stranger))
        town.crash("Ben")
        let waiting = try town.write("Waiting", from: "Amy", to: "Ben")
        let isStored = town.wait(for: .stored, of: waiting, by: "Amy")
        #expect(isStored)
        for host in town.relays + [amy, ben] { town.network.setClockSkew(20 * ClockStories.day, of: host) }
        town.restart("Ben")
        town.network.run(for: .seconds(6 * 3_600))
        #expect(town.network.node(amy).status.clock == .confirmed)
        #expect(town.state(of: unsealed, by: "Amy") == .queued && town.state(of: waiting, by: "Amy") != .failed)
        for host in town.relays + [amy, ben] { town.network.setClockSkew(0, of: host) }
        let arrived = town.wait(for: ["Waiting"], at: "Ben", limit: .seconds(60))
        #expect(arrived)
        #expect(town.state(of: unsealed, by: "Amy") == .queued)
    }

    /// A clock that is right again ends every wait that it caused, in both directions, whatever it was before.
    @Test(arguments: [3, 40, -2, -20_000] as [Int64])
    func mailGoesOnWithinHalfAMinuteOfTheClocksBeingSetRight(days: Int64) throws {
        var town = town(seed: 70)
        let ben = town.host("Ben")
        try town.write("Before", from: "Amy", to: "Ben")
        let arrivedBefore = town.wait(for: ["Before"], at: "Ben")
        #expect(arrivedBefore)
        town.network.setClockSkew(days * ClockStories.day, of: ben)
        town.network.run(for: .seconds(5))
        try town.write("To it", from: "Amy", to: "Ben")
        try town.write("From it", from: "Ben", to: "Amy")
        town.network.run(for: .seconds(240))
        // What is dated within a few days of its clock it takes; it dates nothing itself.
        #expect(town.texts(of: "Ben").count == (days == 3 ? 2 : 1) && town.texts(of: "Amy").isEmpty)
        town.network.setClockSkew(0, of: ben)
        let arrived = town.wait(for: ["Before", "To it"], at: "Ben", limit: .seconds(30))
        #expect(arrived)
        let left = town.wait(for: ["From it"], at: "Amy", limit: .seconds(30))
        #expect(left)
    }

    /// Amy's clock is right and most others' are not. She can't know: so her mail waits, but no longer than they are wrong.
    @Test(arguments: [3, -3] as [Int64])
    func mailGoesOnSoonAfterTheOthersClocksAreSetRight(days: Int64) throws {
        var town = town(seed: 71)
        let amy = town.host("Amy")
        for relay in town.relays { town.network.setClockSkew(days * ClockStories.day, of: relay) }
        town.network.run(for: .seconds(240))
        town.crash("Amy")
        town.network.start(amy, bootstrap: [town.relays[0]])
        town.network.run(for: .seconds(600))
        #expect(town.network.node(amy).status.clock.isUsable == false)
        let written = town.network.now.utc
        let message = try town.write("It waited", from: "Amy", to: "Ben")
        town.network.run(for: .seconds(60))
        #expect(town.texts(of: "Ben").isEmpty)
        for relay in town.relays { town.network.setClockSkew(0, of: relay) }
        let arrived = town.wait(for: ["It waited"], at: "Ben", limit: .seconds(180))
        #expect(arrived)
        #expect(town.network.node(amy).status.clock == .confirmed)
        let sent = town.network.peer(amy)?.outgoingMessages().first { $0.id == message }
        #expect(sent?.acceptedAt == written, "it is dated anew, and its time stays as Amy was told")
    }

    /// A third of the buddies, so that the others' clocks are most.
    @Test(arguments: [21, 365, -365 * 30] as [Int64])
    func mailThatIsKeptSurvivesItsBuddiesClocks(days: Int64) throws {
        var town = town(seed: 62)
        town.crash("Ben")
        let message = try town.write("Still here", from: "Amy", to: "Ben")
        let isStored = town.wait(for: .stored, of: message, by: "Amy")
        #expect(isStored)
        town.network.run(for: .seconds(30))
        town.crash("Amy")
        let buddies = town.relays.filter { town.network.node($0).status.envelopes > 0 }
        let wrong = buddies.prefix(buddies.count / 3)
        for buddy in wrong { town.network.setClockSkew(days * ClockStories.day, of: buddy) }
        town.network.run(for: .seconds(3_600))
        for buddy in wrong {
            let status = town.network.node(buddy).status
            guard case .differs(let seconds) = status.clock else {
                Issue.record("\(status.clock)")
                continue
            }
            #expect((seconds - days * ClockStories.day).magnitude < 60)
            #expect(status.envelopes == 1, "nothing is thrown out by a wrong clock")
            town.network.setClockSkew(0, of: buddy)
        }
        town.network.run(for: .seconds(120))
        for buddy in town.relays where !wrong.contains(buddy) { town.network.crash(buddy) }
        town.network.start(town.host("Ben"), bootstrap: [wrong[wrong.startIndex]])
        let arrived = town.wait(for: ["Still here"], at: "Ben")
        #expect(arrived)
    }

    @Test(arguments: [21, 365, -365 * 30] as [Int64])
    func aPersonsMessagesAndPrekeysSurviveTheirClock(days: Int64) throws {
        var town = town(seed: 63)
        let (amy, ben) = (town.host("Amy"), town.host("Ben"))
        let unsealed = try #require(try town.network.send("To nobody yet", from: amy, to: Town.stranger))
        town.network.partition = { from, to in from == amy || to == amy }
        let sealed = try town.write("Sealed to a prekey of before", from: "Amy", to: "Ben")
        town.network.run(for: .seconds(60))
        for host in [amy, ben] { town.network.setClockSkew(days * ClockStories.day, of: host) }
        town.network.run(for: .seconds(3_600))
        #expect(town.state(of: unsealed, by: "Amy") == .queued)
        #expect(town.state(of: sealed, by: "Amy") == .queued)
        for host in [amy, ben] { town.network.setClockSkew(0, of: host) }
        town.network.partition = nil
        let arrived = town.wait(for: ["Sealed to a prekey of before"], at: "Ben", limit: .seconds(900))
        #expect(arrived)
        #expect(town.state(of: unsealed, by: "Amy") == .queued)
    }

    /// Whose clock stays wrong is told so, and goes on as soon as it is right.
    @Test func aMessageWaitsUntilTheClockIsSetRight() throws {
        var town = town(seed: 64)
        let amy = town.host("Amy")
        town.network.setClockSkew(40 * ClockStories.day, of: amy)
        let message = try town.write("In time", from: "Amy", to: "Ben")
        town.network.run(for: .seconds(120))
        #expect(town.texts(of: "Ben").isEmpty)
        let reason = town.network.peer(amy)?.message(message)?.reason ?? ""
        #expect(reason.hasPrefix("This machine's clock is 40 days ahead of most others'"), "\(reason)")
        town.network.setClockSkew(0, of: amy)
        let arrived = town.wait(for: ["In time"], at: "Ben", limit: .seconds(60))
        #expect(arrived)
        let expiresAt = try #require(town.network.peer(amy)?.message(message)?.expiresAt)
        #expect(expiresAt < town.network.now.utc.advanced(bySeconds: 17 * ClockStories.day))
    }

    /// A machine without a battery: it writes in 1970, and its clock is set when the network comes up.
    @Test func whatWasWrittenIn1970IsDatedWhenTheClockIsSet() throws {
        var town = Town(nodes: 12, seed: 65, bucketSize: 8)
        town.addPerson("Ben")
        town.addPerson("Amy", skew: -town.network.now.utc.seconds)
        town.network.run(for: .seconds(60))
        let message = try town.write("From the past", from: "Amy", to: "Ben")
        town.network.run(for: .seconds(60))
        #expect(town.state(of: message, by: "Amy") == .queued)
        town.network.setClockSkew(0, of: town.host("Amy"))
        let arrived = town.wait(for: ["From the past"], at: "Ben", limit: .seconds(60))
        #expect(arrived)
        let sent = try #require(town.network.inbox(town.host("Ben")).first?.sentAt)
        #expect(sent.day.number == 0, "shown as it was said")
    }

    /// Without anybody to ask the clock is believed when it has run on for a day, and what it has gained two days later.
    @Test func whoIsAloneGivesNothingUpByAClockThatJumps() throws {
        var network = VirtualNetwork(seed: 66, suite: .cheap)
        let amy = network.addHost(withPerson: true)
        network.start(amy)
        network.run(for: .seconds(26 * 3_600))
        #expect(network.node(amy).status.clock == .confirmed)
        let sent = try network.send("Hello?", from: amy, to: Town.stranger)
        let message = try #require(sent)
        network.run(for: .seconds(60))
        network.setClockSkew(365 * ClockStories.day, of: amy)
        network.run(for: .seconds(20 * 3_600))
        #expect(network.peer(amy)?.message(message)?.state == .queued)
        network.setClockSkew(0, of: amy)
        network.run(for: .seconds(26 * 3_600))
        #expect(network.node(amy).status.clock == .confirmed)
        #expect(network.peer(amy)?.message(message)?.state == .queued)
        network.setClockSkew(17 * ClockStories.day, of: amy)
        network.run(for: .seconds(71 * 3_600))
        #expect(network.peer(amy)?.message(message)?.state == .queued)
        network.run(for: .seconds(3 * 3_600))
        #expect(network.peer(amy)?.message(message)?.state == .failed, "and then it is")
    }
}
