import Basics
import NodeCore
import Sessions
import Simulation
import Testing

/// Virtual machines work in turns, as real ones do.
@Suite struct TurnTests {
    private static let newcomers = 20

    /// A network with one node, and as many who join through it at the same moment.
    private static func crowd(jitter: Double) -> VirtualNetwork {
        var network = VirtualNetwork(
            seed: 9, link: LinkModel(latency: .milliseconds(20)...(.milliseconds(20)), jitter: jitter), suite: .cheap,
            configuration: NodeConfiguration(network: "turns", families: .ipv4))
        let first = network.addHost()
        network.start(first)
        network.run(for: .seconds(1))
        for _ in 0..<newcomers { network.start(network.addHost(), bootstrap: [first]) }
        return network
    }

    @Test func datagramsThatComeTogetherAreOneTurn() {
        var network = TurnTests.crowd(jitter: 0)
        let (events, turns, datagrams) = (network.events, network.turns, network.datagrams)
        network.run(for: .milliseconds(21))
        #expect(network.datagrams - datagrams == TurnTests.newcomers, "all their hellos")
        let joined = (network.events - events) - (network.turns - turns)
        #expect(joined == TurnTests.newcomers - 1, "they are one turn of the first node's")
        // Each is answered, in that turn.
        network.run(for: .milliseconds(20))
        #expect(network.datagrams - datagrams == 2 * TurnTests.newcomers)
    }

    @Test func datagramsThatComeOneByOneAreTurnsOfTheirOwn() {
        var network = TurnTests.crowd(jitter: 1)
        let (events, turns) = (network.events, network.turns)
        network.run(for: .milliseconds(41))
        let joined = (network.events - events) - (network.turns - turns)
        #expect(joined < TurnTests.newcomers / 2)
    }

    /// Datagrams that sessions send by themselves too: proofs of an address, hints, cookies.
    @Test func everyDatagramCountsOnceAsWhatItIsFor() {
        var network = TurnTests.crowd(jitter: 1)
        network.run(for: .seconds(600))
        let sent = network.traffic.relays
        #expect(sent.total.datagrams == network.hostIDs.reduce(0) { $0 + network.datagramsSent(by: $1) })
        #expect(sent.total.bytes == network.hostIDs.reduce(0) { $0 + network.bytesSent(by: $1) })
        for kind: Traffic.Kind in [.initiation, .hello, .other, .request(.findNode), .answer(.findNode)] {
            #expect(sent[kind].datagrams > 0, "\(kind)")
        }
        #expect(network.traffic.people.total == Traffic.Count())
    }
}
