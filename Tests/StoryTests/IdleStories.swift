import Basics
import NodeCore
import Simulation
import Testing

/// What somebody costs who neither writes nor gets anything, with twenty buddies, over eight hours from the third after joining: bytes
/// with the heads of IP and UDP.
@Suite struct IdleStories {
    /// Somebody's node in a network of 60 that others reach, quiet for two hours.
    static func settled(behind kind: NATKind, seed: UInt64) -> Town {
        var town = Town(nodes: 60, seed: seed)
        town.addPerson("idle", behind: kind)
        town.network.run(for: .seconds(2 * 3_600))
        return town
    }

    /// Behind a NAT that forgets after two minutes, as Linux does.
    @Test func whoIsHidden() {
        var town = Self.settled(behind: .port, seed: 150)
        let cost = IdleCost(of: "idle", in: &town, hours: 8)
        #expect(cost.sent <= 150 && cost.received <= 100)
        #expect(cost.datagramsSent <= 0.65)
    }

    /// Another port for each remote, and whenever it has forgotten one: so each look opens sessions anew.
    @Test func whoIsHiddenByAnotherPortForEach() {
        var town = Self.settled(behind: .symmetric, seed: 150)
        let cost = IdleCost(of: "idle", in: &town, hours: 8)
        #expect(cost.sent <= 400 && cost.received <= 140)
    }

    /// A carrier's NAT and one at home, which forget after 65 s.
    @Test func whoIsBehindACarriersNAT() {
        var town = Self.settled(behind: .carrier, seed: 150)
        let cost = IdleCost(of: "idle", in: &town, hours: 8)
        #expect(cost.sent <= 150 && cost.received <= 100)
    }

    @Test func whoIsReached() {
        var town = Self.settled(behind: .open, seed: 150)
        let cost = IdleCost(of: "idle", in: &town, hours: 8)
        #expect(cost.sent <= 120 && cost.received <= 100)
    }
}
