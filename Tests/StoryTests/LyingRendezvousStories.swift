import Basics
import NodeCore
import PeerCore
import Simulation
import Testing
import Wire

/// A fifth of all nodes, those that bring people together, say of everybody who makes or answers an offer that they see them at the address of somebody who never agreed.
@Suite struct LyingRendezvousStories {
    @Test(arguments: 160...162 as ClosedRange<UInt64>) func nobodyIsFlooded(seed: UInt64) throws {
        var town = Town(nodes: 20, seed: seed)
        let victim = town.network.addHost()
        let place = town.network.endpoint(victim)
        nonisolated(unsafe) var rendezvous: [HostID] = []
        town.network.requestTap = { host, _, body in
            guard !rendezvous.contains(host), case .subscribe? = try? Request.decode(body).request else { return }
            rendezvous.append(host)
        }
        let kinds: [NATKind] = [.port, .port, .address, .symmetric, .port, .full]
        let names = kinds.indices.map { "person \($0)" }
        for (name, kind) in zip(names, kinds) { town.addPerson(name, behind: kind) }
        town.network.run(for: .seconds(60))
        let liars = Set(rendezvous.filter(town.relays.contains).prefix(town.relays.count / 5))
        for liar in liars {
            town.network.setLiar(Liar(lies: [], names: FalseNames(count: 0, seed: 0), pretence: place), of: liar)
        }

        nonisolated(unsafe) var now = town.network.time
        nonisolated(unsafe) var (sent, minutes) = (0, [HostID: [Int64: Int]]())
        nonisolated(unsafe) var offered = 0
        town.network.tap = { from, to, datagram in
            guard to == victim else { return }
            sent += datagram.count
            minutes[from, default: [:]][now.sinceOrigin.components.seconds / 60, default: 0] += 1
        }
        town.network.requestTap = { host, _, body in
            guard liars.contains(host), case .punch? = try? Request.decode(body).request else { return }
            offered += body.byteCount
        }
        for round in 0..<40 {
            for name in names {
                for other in names where other != name { try town.write("\(round)", from: name, to: other) }
            }
            for _ in 0..<30 {
                town.network.run(for: .seconds(1))
                now = town.network.time
            }
        }
        let most = minutes.values.flatMap(\.values).max() ?? 0
        print("at most \(most) a minute of one node, \(sent) bytes in all, \(offered) of offers")
        #expect(offered > 0 && sent > 0, "nobody lied")
        #expect(most <= VictimLedger.mostPerAttestedAddress)
        #expect(sent <= 3 * offered)
    }
}
