import Basics
import NodeCore
import PeerCore
import Simulation

/// What a message between two people who are online costs the cores of both together, with real cryptography: no sockets, disks,
/// threads or HTTP. The virtual network that carries it between them is counted as well.
enum Messages {
    static func measure(count: Int) {
        guard var pair = Pair(), pair.deliver(64) else { return print("The two didn't reach each other.") }
        let flights = max(1, count / 32)
        var least = Double.infinity
        for _ in 0..<5 {
            let begun = processorTime()
            for _ in 0..<flights { guard pair.deliver(32) else { return print("Not all was delivered.") } }
            least = min(least, processorTime() - begun)
        }
        print("a message, 32 in flight, both people's cores: \(Int(least / Double(32 * flights))) ns")
    }

    /// Twice so many messages, in flights of 32: for valgrind, which writes down what it has counted whenever `counted` returns.
    static func count(_ count: Int) {
        guard var pair = Pair() else { return print("The two didn't reach each other.") }
        guard counted(count, &pair), counted(count, &pair) else { return print("Not all was delivered.") }
    }

    @inline(never)
    @_optimize(none)
    private static func counted(_ count: Int, _ pair: inout Pair) -> Bool { deliver(count, &pair) }

    private static func deliver(_ count: Int, _ pair: inout Pair) -> Bool {
        for _ in 0..<count / 32 { guard pair.deliver(32) else { return false } }
        return true
    }

    /// Two people on a network of a few nodes, close to each other, who have written to each other.
    private struct Pair {
        private var network: VirtualNetwork
        private let (alice, bob): (HostID, HostID)
        private let recipient: PeerID
        private var sent = 0

        init?() {
            let link = LinkModel(latency: .microseconds(50)...(.microseconds(100)), jitter: 0)
            var network = VirtualNetwork(
                seed: 7, link: link, suite: .sodium, configuration: NodeConfiguration(families: .ipv4))
            let relays = (0..<3).map { _ in network.addHost() }
            for relay in relays { network.start(relay, bootstrap: relay == relays[0] ? [] : [relays[0]]) }
            let (alice, bob) = (network.addHost(withPerson: true), network.addHost(withPerson: true))
            network.start(alice, bootstrap: [relays[0]])
            network.start(bob, bootstrap: [relays[1]])
            network.run(for: .seconds(120))
            guard let sender = network.peerID(alice), let recipient = network.peerID(bob),
                let first = try? network.send("Hello.", from: bob, to: sender)
            else { return nil }
            let isThere = network.run(limit: .seconds(60)) { $0.peer(bob)?.message(first)?.state == .delivered }
            guard isThere else { return nil }
            (self.network, self.alice, self.bob, self.recipient) = (network, alice, bob, recipient)
        }

        /// Sends so many messages at once, and returns whether all were delivered.
        mutating func deliver(_ count: Int) -> Bool {
            for _ in 0..<count {
                sent += 1
                guard (try? network.send("message \(sent)", from: alice, to: recipient)) != nil else { return false }
            }
            let alice = alice
            return network.run(limit: .seconds(60)) { $0.peer(alice)?.pendingCount == 0 }
        }
    }
}
