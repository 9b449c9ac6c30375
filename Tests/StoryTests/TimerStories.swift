import Basics
import Exchange
import NodeCore
import Simulation
import Testing

/// The table of a node's timers: what rings is done, and rings no more until it is due again.
@Suite struct TimerStories {
    /// Nodes of a lively network, each taken out of it as it is at some moment and left alone for its next wake-ups.
    @Test func noTimerKeepsRinging() throws {
        var town = Town(nodes: 12, seed: 91, bucketSize: 4)
        town.addPerson("alice")
        town.addPerson("bob")
        town.network.run(for: .seconds(30))
        // Who has just joined compares what it keeps several times within a minute.
        town.addPerson("carol")
        try town.write(String(repeating: "x", count: 30_000), from: "alice", to: "bob")
        var rung: Set<NodeTimer> = []
        for moment in 0..<30 {
            town.network.run(for: .milliseconds(moment < 20 ? 40 : 5_000))
            for host in town.relays + ["alice", "bob", "carol"].map(town.host) {
                var node = town.network.node(host)
                if moment % 3 == 2 { change(&node, now: town.network.now) }
                if moment % 7 == 6 { openWay(&node, now: town.network.now) }
                try wake(node, times: 40, after: town.network.now, &rung)
            }
        }
        // What rings only among others: questions for the time and dials get answers, and there is one address family.
        // Of announcements only what gathers for a tenth of a second waits for a time. And other parts of the network are asked for after
        // minutes: SplitNetworkStories.
        rung.formUnion([.clock, .ownReach, .dials, .alternates, .toldReach, .announcements, .otherParts])
        #expect(rung == Set(NodeTimer.allCases), "not rung: \(NodeTimer.allCases.filter { !rung.contains($0) })")
    }

    private func change(_ node: inout Node, now: Now) {
        var outbox = Outbox()
        node.networkChanged(to: NetworkState(routes: .ipv4), now: now, into: &outbox)
    }

    private func openWay(_ node: inout Node, now: Now) {
        var outbox = Outbox()
        let command = NodeCommand.openWay(
            to: node.key, at: [Endpoint(ipv4: 0xcb00_7109, port: 9)], attested: Endpoint(ipv4: 0xcb00_7109, port: 9),
            nonce: 7)
        node.handle(command, id: CommandID(number: 7), now: now, into: &outbox)
    }

    private func wake(_ alone: Node, times: Int, after start: Now, _ rung: inout Set<NodeTimer>) throws {
        var (node, outbox) = (alone, Outbox())
        for _ in 0..<times {
            guard let next = node.nextDeadline else { return }
            let instant = max(next.at, start.monotonic)
            let passed = (instant - start.monotonic).components.seconds
            let now = Now(monotonic: instant, utc: start.utc.advanced(bySeconds: passed))
            let due = NodeTimer.allCases.filter { isDue($0, node, now) }
            node.handleDeadline(now: now, into: &outbox)
            for timer in due { try #require(!isDue(timer, node, now), "\(timer) keeps ringing") }
            rung.formUnion(due)
        }
    }

    private func isDue(_ timer: NodeTimer, _ node: Node, _ now: Now) -> Bool {
        node.deadline(of: timer).map { $0 <= now.monotonic } ?? false
    }
}
