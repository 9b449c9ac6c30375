import Basics
import NodeCore
import Simulation

/// What nodes send when nobody does anything: upkeep of routing tables and sessions.
enum IdleTraffic {
    /// What somebody who is online adds: looking for mail, and keeping their record up.
    static func measurePeople(nodes: Int) {
        var network = VirtualNetwork(seed: 2, suite: .cheap, configuration: NodeConfiguration(families: .ipv4))
        let relays = (0..<nodes).map { _ in network.addHost() }
        let person = network.addHost(withPerson: true)
        for (index, host) in (relays + [person]).enumerated() {
            network.start(host, bootstrap: index == 0 ? [] : [relays[0]])
            network.run(for: .milliseconds(50))
        }
        network.run(for: .seconds(600))
        nonisolated(unsafe) var sent = [0, 0]
        nonisolated(unsafe) var received = [0, 0]
        network.tap = { from, to, datagram in
            for (index, host) in [person, relays[1]].enumerated() {
                if from == host { sent[index] += datagram.count }
                if to == host { received[index] += datagram.count }
            }
        }
        network.run(for: .seconds(3_600))
        print("bytes/s        sent, received")
        print("with a person  \(sent[0] / 3_600), \(received[0] / 3_600)")
        print("without        \(sent[1] / 3_600), \(received[1] / 3_600)")
    }

    static func measure(nodes: Int) {
        var network = VirtualNetwork(seed: 1, suite: .cheap, configuration: NodeConfiguration(families: .ipv4))
        let hosts = (0..<nodes).map { _ in network.addHost() }
        let joining = nanosecondsEach(nodes) {
            for (index, host) in hosts.enumerated() {
                network.start(host, bootstrap: index == 0 ? [] : [hosts[0]])
                network.run(for: .milliseconds(50))
            }
            network.run(for: .seconds(600))
        }
        let joined = hosts.reduce(0) { $0 + network.datagramsSent(by: $1) }

        nonisolated(unsafe) var bytes = [Int](repeating: 0, count: 8)
        nonisolated(unsafe) var datagrams = 0
        network.tap = { _, _, datagram in
            bytes[Int(min(datagram[0], 7))] += datagram.count
            datagrams += 1
        }
        let hour = nanosecondsEach(1) { network.run(for: .seconds(3_600)) }
        let total = bytes.reduce(0, +)
        let share = { (kind: Int) in String(Double(bytes[kind]) / 3_600 / Double(nodes)) }
        print("nodes                     \(nodes)")
        print("join, datagrams per node  \(joined / nodes)")
        print("join, ms per node         \(joining / 1e6)")
        print("idle, bytes/s per node    \(Double(total) / 3_600 / Double(nodes))")
        print("  of which handshakes     \(share(1)) sent, \(share(2)) answered")
        print("  of which transport      \(share(3))")
        print("simulated datagrams/s     \(Double(datagrams) / (hour / 1e9))")
        print("contacts, sessions        \(network.node(hosts[nodes / 2]).status.contacts), ", terminator: "")
        print("\(network.node(hosts[nodes / 2]).status.sessions)")
    }
}
