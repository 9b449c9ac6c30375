import Basics
import NodeCore
import PeerCore
import Simulation
import Testing
import Wire

/// Nodes that acknowledge mail and don't keep it are found out, others take their place, and nobody else is blamed.
@Suite struct AuditStories {
    private func lie(_ town: inout Town, _ lie: Liars.Lie, at relay: Int) -> HostID {
        let host = town.relays[relay]
        town.network.setLiar(Liar(lies: [lie], names: FalseNames(count: 0, seed: 0)), of: host)
        return host
    }

    /// Amy writes to Ben, who is away.
    private func town(nodes: Int, seed: UInt64, bucketSize: Int, link: LinkModel = LinkModel()) -> Town {
        var town = Town(nodes: nodes, seed: seed, link: link, bucketSize: bucketSize)
        for name in ["Amy", "Ben"] { town.addPerson(name) }
        town.network.run(for: .seconds(60))
        town.crash("Ben")
        return town
    }

    /// One drops what it is brought; the other also says in each comparison that it keeps the same.
    @Test(arguments: [Liars.Lie.dropDeposits, .claimEqual]) func whoDropsMailIsFoundAndReplaced(
        lie kind: Liars.Lie
    ) throws {
        var town = town(nodes: 9, seed: 111, bucketSize: 8)
        let liar = lie(&town, kind, at: 3)
        let liarID = town.network.node(liar).id
        for number in 0..<4 {
            let message = try town.write("Message \(number)", from: "Amy", to: "Ben")
            let isStored = town.wait(for: .stored, of: message, by: "Amy")
            #expect(isStored)
        }
        let all = town.relays + [town.host("Amy")]
        let amy = town.host("Amy")
        var blamed: Set<NodeID> = []
        let isFound = town.network.run(limit: .seconds(5 * 24 * 3_600)) { network in
            for host in all { blamed.formUnion(network.node(host).leftOut) }
            return network.node(amy).leftOut.contains(liarID)
        }
        #expect(isFound && blamed == [liarID], "\(blamed.count) nodes were blamed")
        // What Amy writes now goes to as many others, and not to the liar.
        nonisolated(unsafe) var brought: Set<HostID> = []
        town.network.requestTap = { host, _, body in
            if case .deposit? = try? Request.decode(body).request { brought.insert(host) }
        }
        let message = try town.write("Afterwards", from: "Amy", to: "Ben")
        let isStored = town.wait(for: .stored, of: message, by: "Amy")
        town.network.run(for: .seconds(2))
        #expect(isStored && brought.count == 8 && !brought.contains(liar))
    }

    /// Nodes come and go, datagrams get lost, and Ben reads his mail half-way.
    @Test func honestNodesAreNeverBlamed() throws {
        var town = town(nodes: 12, seed: 112, bucketSize: 6, link: LinkModel(loss: 0.1))
        nonisolated(unsafe) var (asked, proved) = (0, Set<HostID>())
        town.network.requestTap = { host, _, body in
            guard case .has(_, _, let nonce)? = try? Request.decode(body).request, nonce != 0 else { return }
            asked += 1
            proved.insert(host)
        }
        var living = town.relays
        for hour in 0..<24 {
            for number in 0..<2 { try town.write("Message \(hour) \(number)", from: "Amy", to: "Ben") }
            town.network.run(for: .seconds(1_200))
            let newcomer = town.network.addHost()
            town.network.start(newcomer, bootstrap: [living[3], living[4]])
            living.append(newcomer)
            let (gone, away) = (living.removeFirst(), living[1])
            town.network.crash(gone)
            town.network.crash(away)
            town.network.run(for: .seconds(1_200))
            town.network.start(away, bootstrap: [living[3], living[4]])
            if hour == 12 { town.restart("Ben") }
            if hour == 14 { town.crash("Ben") }
            town.network.run(for: .seconds(1_200))
            let blamed = (living + [town.host("Amy")]).flatMap { town.network.node($0).leftOut }
            #expect(blamed.isEmpty)
        }
        #expect(asked > 50 && proved.count > 10, "\(asked) audits of \(proved.count) nodes")
    }
}
