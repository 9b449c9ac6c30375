import Basics
import Simulation

/// How fast the simulator is, and what a node takes, by size: a network that forms, rests, is churned, and looks things up.
enum SimulatorSpeed {
    static func measure(nodes: Int) {
        var scenario = Scenario()
        scenario.nodes = nodes
        scenario.peers = 0
        scenario.settling = .seconds(600)
        scenario.duration = .seconds(600)
        scenario.healing = .zero
        scenario.lookups = 1_000
        scenario.churn = Churn(halfLife: .seconds(3_600))
        scenario.link.loss = 0.01
        var simulator = Simulator(scenario)
        let begun = processorTime()
        while simulator.advance(events: 100_000) {}
        let elapsed = (processorTime() - begun) / 1e9
        let summary = simulator.summary()
        print("nodes                  \(nodes)")
        print(
            "events                 \(summary.events), of which \(summary.datagrams) datagrams and \(summary.timers) timers"
        )
        print("events/s of processor  \(Int(Double(summary.events) / elapsed))")
        print("datagrams/s            \(Int(Double(summary.datagrams) / elapsed))")
        print("bytes a node           \(summary.memory.total)")
        for part in summary.memory.parts { print("  \(part.name)  \(part.bytes)") }
        print("trace hash             \(String(summary.traceHash, radix: 16))")
    }
}
