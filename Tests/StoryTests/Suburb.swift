import Basics
import Exchange
import NodeCore
import Simulation
import Wire

/// A network of which every so many can be reached, the first among them.
struct Suburb {
    var network: VirtualNetwork
    let share: Int

    init(
        of count: Int, reachableEvery share: Int, seed: UInt64, loss: Double = 0, people: Set<Int> = [],
        settling: Duration = .seconds(300)
    ) {
        print("story seed \(seed)")
        self.share = share
        network = VirtualNetwork(
            seed: seed, link: LinkModel(loss: loss), suite: .cheap,
            configuration: NodeConfiguration(network: "story", families: .ipv4, bucketSize: 8))
        for index in 0..<count {
            let host = network.addHost(
                withPerson: people.contains(index), behind: index % share == 0 ? nil : .portRestricted)
            network.start(host, bootstrap: index == 0 ? [] : [network.hostIDs[0]])
            network.run(for: .milliseconds(50))
        }
        network.run(for: settling)
    }

    func isHidden(_ host: HostID) -> Bool { host.index % share != 0 }
    var hidden: [HostID] { network.hostIDs.filter(isHidden) }
    var reachable: [HostID] { network.hostIDs.filter { !isHidden($0) } }

    /// How often the tables of these nodes name one that can't be reached.
    func strays(in hosts: [HostID]) -> Int {
        let ids = Set(hidden.map { network.node($0).id })
        var strays = 0
        for host in hosts {
            network.node(host).forEachContact { if ids.contains($0.contact.id) { strays += 1 } }
        }
        return strays
    }

    /// How many of these have a node in their table.
    func count(knowing host: HostID, of hosts: [HostID]) -> Int {
        let id = network.node(host).id
        return hosts.count { other in
            var found = false
            network.node(other).forEachContact {
                if $0.contact.id == id, $0.contact.ipv4 == network.endpoint(host) { found = true }
            }
            return found
        }
    }

    mutating func lookup(_ target: Bytes32, at host: HostID) -> LookupReport? {
        let command = network.command(.lookup(target: target), at: host)
        var report: LookupReport?
        _ = network.run(limit: .seconds(60)) { network in
            for case .lookupFinished(command, let found) in network.answers(host) { report = found }
            return report != nil
        }
        return report
    }
}
