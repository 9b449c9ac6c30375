import Basics
import NodeCore
import PeerCore
import Simulation

/// How long messages take on a network of 50 nodes with 20 to 200 ms of latency, in virtual time.
enum MailLatency {
    static func measure(messages: Int) {
        for loss in [0, 0.05, 0.2] {
            measure(messages: messages, loss: loss)
        }
    }

    private static func measure(messages: Int, loss: Double) {
        var network = VirtualNetwork(
            seed: 7, link: LinkModel(loss: loss), suite: .cheap, configuration: NodeConfiguration(families: .ipv4))
        let relays = (0..<50).map { _ in network.addHost() }
        for (index, relay) in relays.enumerated() {
            network.start(relay, bootstrap: index == 0 ? [] : [relays[0]])
            network.run(for: .milliseconds(100))
        }
        let (alice, bob) = (network.addHost(withPerson: true), network.addHost(withPerson: true))
        network.start(alice, bootstrap: [relays[1]])
        network.start(bob, bootstrap: [relays[2]])
        network.run(for: .seconds(120))
        guard let recipient = network.peerID(bob) else { return }

        var direct: [Duration] = []
        var stored: [Duration] = []
        for isAway in [false, true] {
            if isAway { network.crash(bob) }
            for number in 0..<messages {
                let begun = network.time
                guard let id = try? network.send("message \(number)", from: alice, to: recipient) else { continue }
                let goal: MessageState = isAway ? .stored : .delivered
                let isThere = network.run(limit: .seconds(120)) {
                    ($0.peer(alice)?.message(id)?.state.rawValue ?? 0) >= goal.rawValue
                }
                if isThere { isAway ? stored.append(network.time - begun) : direct.append(network.time - begun) }
            }
        }
        network.start(bob)
        let returned = network.time
        let hasAll = network.run(limit: .seconds(600)) { $0.inbox(bob).count == 2 * messages }
        print("loss \(loss): \(messages) messages each way")
        print("  direct     \(direct.count) delivered, median \(median(direct)), slowest \(direct.max() ?? .zero)")
        print("  to buddies \(stored.count) stored, median \(median(stored)), slowest \(stored.max() ?? .zero)")
        print("  all read \(hasAll) after \(network.time - returned) from a restart")
    }

    private static func median(_ durations: [Duration]) -> Duration {
        durations.isEmpty ? .zero : durations.sorted()[durations.count / 2]
    }
}
