import Basics
import Cryptography
import NodeCore
import PeerCore
import Simulation
import Testing

/// Records outlive the absence of their owners, the death of their holders, and clocks that are a day off.
@Suite struct AbsenceStories {
    /// When Ben leaves, and whose clocks are how many days ahead.
    struct Absence: CustomTestStringConvertible, Sendable {
        var hoursIntoEpoch: Int64
        var sender: Int64 = 0
        var recipient: Int64 = 0
        var buddies: Int64 = 0
        var testDescription: String {
            "leaving after \(hoursIntoEpoch) h; sender \(sender), recipient \(recipient), buddies \(buddies) days ahead"
        }
    }

    /// Ben leaves at some time of an epoch: in its first hours his next record is not out yet, in its last it is.
    @Test(arguments: [
        Absence(hoursIntoEpoch: 3), Absence(hoursIntoEpoch: 165),
        Absence(hoursIntoEpoch: 3, sender: 1), Absence(hoursIntoEpoch: 165, sender: -1),
        Absence(hoursIntoEpoch: 165, recipient: 1), Absence(hoursIntoEpoch: 3, recipient: -1),
        Absence(hoursIntoEpoch: 165, buddies: 1), Absence(hoursIntoEpoch: 3, buddies: -1),
    ])
    func benIsAwayFor13DaysAndAStrangerWritesOnThe12th(absence: Absence) throws {
        let relayed = absence.buddies * UnixTime.secondsPerDay
        var town = Town(nodes: 16, seed: 71, bucketSize: 8, settling: .zero)
        town.network.startOfTime = Epoch(number: 3_000).start.advanced(bySeconds: absence.hoursIntoEpoch * 3_600)
        for relay in town.relays { town.network.setClockSkew(relayed, of: relay) }
        town.network.run(for: .seconds(60))
        town.addPerson("Ben", skew: absence.recipient * UnixTime.secondsPerDay)
        town.network.run(for: .seconds(300))
        town.crash("Ben")
        var living = town.relays
        for _ in 0..<24 {
            town.network.sleep(for: .seconds(12 * 3_600 - 240))
            town.network.run(for: .seconds(180))
            // The one that has been there for the longest leaves for good, and another comes.
            town.network.crash(living.removeFirst())
            let newcomer = town.network.addHost()
            town.network.setClockSkew(relayed, of: newcomer)
            town.network.start(newcomer, bootstrap: [living[0], living[7]])
            living.append(newcomer)
            town.network.run(for: .seconds(60))
        }
        #expect(town.relays.allSatisfy { !town.network.isUp($0) }, "nobody is left of those whom Ben knew")
        town.addPerson("Amy", skew: absence.sender * UnixTime.secondsPerDay, bootstrap: [living[1], living[5]])
        town.network.run(for: .seconds(60))
        let message = try town.write("Welcome back", from: "Amy", to: "Ben")
        let isStored = town.wait(for: .stored, of: message, by: "Amy", limit: .seconds(60))
        #expect(isStored, "\(town.network.peer(town.host("Amy"))?.message(message)?.reason ?? "")")
        town.network.sleep(for: .seconds(86_400))
        town.network.start(town.host("Ben"), bootstrap: [living[2], living[9]])
        let arrived = town.wait(for: ["Welcome back"], at: "Ben")
        #expect(arrived)
        let told = town.wait(for: .delivered, of: message, by: "Amy")
        #expect(told)
    }

    /// What is read is repaired, long before it is anybody's turn to hand it on.
    @Test func whoReadsARecordBringsItToThoseThatLackIt() throws {
        var town = Town(nodes: 12, seed: 72, bucketSize: 8)
        town.addPerson("Ben")
        town.network.run(for: .seconds(120))
        let ben = town.id("Ben")
        let location = try #require(
            ben.blindedKey(for: .record, epoch: town.network.now.utc.epoch, suite: .cheap)?.location)
        town.crash("Ben")
        let newcomers = (0..<12).map { _ in town.network.addHost() }
        for newcomer in newcomers { town.network.start(newcomer, bootstrap: [town.relays[0], town.relays[1]]) }
        // Before they compare what they keep with others.
        town.network.run(for: .milliseconds(1_800))
        let all = town.relays + newcomers
        let closest = all.sorted {
            town.network.node($0).id.distance(to: location.bytes)
                < town.network.node($1).id.distance(to: location.bytes)
        }.prefix(8)
        func holders() -> Int { closest.count { town.network.node($0).holdsRecord(at: location) } }
        let before = holders()
        #expect((1...7).contains(before), "some of the closest have come later, not all")
        let reader = newcomers[0]
        let command = town.network.command(.fetchRecord(at: location), at: reader)
        let hasEnded = town.network.run(limit: .seconds(10)) { $0.answers(reader).contains { $0.command == command } }
        #expect(hasEnded)
        town.network.run(for: .seconds(5))
        #expect(holders() > before, "all that it heard of before it was done")
    }
}
