import Simulation
import SimulationReport

/// Runs made up.
enum Samples {
    /// With something of everything.
    static var full: Run {
        var summary = Samples.empty.summary
        summary.timeline = (0...100).map { index in
            var sample = Samples.small.timeline[0]
            sample.at = .seconds(index * 72)
            (sample.accepted, sample.delivered) = (index * 2, index)
            (sample.nodesUp, sample.peersOnline) = (200 - index, index % 20)
            sample.bytes = 1_000_000 + index
            return sample
        }
        summary.incidents = [(1_800, 600, "30 % are cut off"), (3_600, 0, "50 % of nodes stop")].map {
            at, lasting, what in
            var incident = Samples.small.incidents[0]
            (incident.at, incident.lasting, incident.what) = (.seconds(at), .seconds(lasting), what)
            return incident
        }
        summary.scenario.peers = 20
        summary.messages.accepted = 200
        summary.messages.delivered = 199
        summary.messages.failed = 1
        summary.messages.latencies = (1...199).map { .milliseconds($0 * $0 * $0) }
        summary.messages.latenciesOnline = (1...99).map { .milliseconds($0 * 20) }
        summary.lookups.count = 100
        summary.lookups.succeeded = 100
        summary.lookups.exact = 99
        summary.lookups.medianRoundTrip = .milliseconds(100)
        summary.lookups.rounds = (0..<100).map { 2 + $0 / 40 }
        summary.lookups.requests = (0..<100).map { 18 + $0 / 10 }
        summary.lookups.first = (1...100).map { .milliseconds($0 * 2) }
        summary.lookups.quorum = (1...100).map { .milliseconds($0 * 4) }
        summary.lookups.all = (1...100).map { .milliseconds($0 * 8) }
        summary.traffic.kinds = [.init(name: "find <node>", datagrams: 10, bytes: 5_000)]
        summary.traffic.idleKinds = [.init(name: "ping", datagrams: 5, bytes: 500)]
        summary.traffic.idleBytesPerSecondPerNode = 42.5
        summary.traffic.perNode = (1...200).map { Double($0) }
        summary.bucketFill = [20, 20, 19.5, 4]
        summary.map = map
        summary.memory.parts = [.init(name: "tables", bytes: 20_000), .init(name: "sessions", bytes: 10_000)]
        return Run(summary, wallSeconds: 2, residentBytes: 1 << 30, replay: ["roost sim --seed 7"])
    }

    /// Thirty nodes at even steps, of every kind, at whose middle a mailbox is.
    static var map: NetworkMap {
        var map = NetworkMap(living: 500)
        for index in 0..<30 {
            var node = NetworkMap.Node(id: UInt64(index) << 59, age: .seconds(7_200 - index * 200))
            node.isPersonal = index == 3
            node.isLiar = index == 15
            node.isHidden = index == 5
            map.nodes.append(node)
        }
        map.tables = [
            .init(node: 0, contacts: [1, 2, 14, 29], gone: 2), .init(node: 9, contacts: [], gone: 0),
            .init(node: 20, contacts: [0], gone: 1),
        ]
        map.mailbox = .init(
            location: 0x8000_0000_0000_0001, waiting: 2, collected: 1,
            buddies: [
                .init(node: 16, rank: 0, isClosest: true, waiting: 2, collected: 0),
                .init(node: 17, rank: 1, isClosest: true, waiting: 0, collected: 1),
                .init(node: 15, rank: 2, isClosest: true, waiting: 0, collected: 0),
                .init(node: 3, rank: 9, isClosest: false, waiting: 0, collected: 1),
            ])
        return map
    }

    /// Interrupted before anything happened.
    static var empty: Run {
        var scenario = Scenario()
        scenario.seed = 7
        scenario.peers = 0
        var summary = Simulator(scenario).summary()
        (summary.traceHash, summary.time) = (0xab, .seconds(7_200))
        (summary.events, summary.datagrams, summary.timers) = (1_000, 900, 100)
        (summary.nodesUp, summary.nodesEver) = (200, 220)
        summary.memory.parts = []
        return Run(summary, wallSeconds: 1)
    }

    /// A run of three nodes of which one stops: samples and incidents to make others from.
    private static let small: Summary = {
        var scenario = Scenario()
        (scenario.nodes, scenario.peers) = (3, 0)
        scenario.duration = .seconds(60)
        scenario.faults = [Fault(at: .seconds(1), .stop(share: 0.5))]
        var simulator = Simulator(scenario)
        while simulator.advance(events: 1_000) {}
        return simulator.summary()
    }()
}
