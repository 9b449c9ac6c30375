import Basics
import NodeCore
import Simulation
import Testing

/// What somebody costs who neither writes nor gets anything, with twenty buddies, from the third hour after joining: bytes with the heads of
/// IP and UDP. Over a day, as a record is another each day, or over eight hours with one such change in them.
@Suite struct IdleStories {
    /// Somebody's node in a network of 60 that others reach, quiet for two hours.
    static func settled(behind kind: NATKind, seed: UInt64, power: PowerSetting = .normal) -> Town {
        var town = Town(nodes: 60, seed: seed)
        town.addPerson("idle", behind: kind, power: power)
        town.network.run(for: .seconds(2 * 3_600))
        return town
    }

    /// Behind a NAT that forgets after two minutes, as Linux does.
    @Test func whoIsHidden() {
        var town = Self.settled(behind: .port, seed: 150)
        let cost = IdleCost(of: "idle", in: &town, hours: 24)
        #expect(cost.sent <= 30 && cost.received <= 15)
        #expect(cost.datagramsSent <= 0.15 && cost.datagramsReceived <= 0.15)
    }

    /// Another port for each remote, and whenever it has forgotten one: so each look opens sessions anew.
    @Test func whoIsHiddenByAnotherPortForEach() {
        var town = Self.settled(behind: .symmetric, seed: 150)
        let cost = IdleCost(of: "idle", in: &town, hours: 8)
        #expect(cost.sent <= 45 && cost.received <= 25)
    }

    /// A carrier's NAT and one at home, which forget after 65 s.
    @Test func whoIsBehindACarriersNAT() {
        var town = Self.settled(behind: .carrier, seed: 150)
        let cost = IdleCost(of: "idle", in: &town, hours: 8)
        #expect(cost.sent <= 45 && cost.received <= 25)
    }

    /// On a battery, behind a NAT that forgets after two minutes: mail comes when the one buddy that announces it is asked to go on.
    @Test func whoseDeviceIsToSleep() throws {
        var town = Self.settled(behind: .port, seed: 150, power: .low)
        let cost = IdleCost(of: "idle", in: &town, hours: 4)
        #expect(cost.wakings <= 1 / 50.0 && cost.sent <= 35)
        town.addPerson("friend", behind: .open)
        town.network.run(for: .seconds(120))
        try town.write("hello", from: "friend", to: "idle")
        let isThere = town.wait(for: ["hello"], at: "idle", limit: Limits.renewalInLowPower + .seconds(30))
        #expect(isThere)
    }

    /// Where the NAT remembers for longer it comes at once.
    @Test func whoseDeviceSleepsHearsAtOnceWhereItCan() throws {
        var kind = NATKind.port
        kind.answered = .seconds(600)
        var town = Self.settled(behind: kind, seed: 150, power: .low)
        town.addPerson("friend", behind: .open)
        town.network.run(for: .seconds(120))
        try town.write("hello", from: "friend", to: "idle")
        let isThere = town.wait(for: ["hello"], at: "idle", limit: .seconds(5))
        #expect(isThere)
    }

    @Test func whoIsReached() {
        var town = Self.settled(behind: .open, seed: 150)
        let cost = IdleCost(of: "idle", in: &town, hours: 24)
        #expect(cost.sent <= 55 && cost.received <= 40)
    }
}
