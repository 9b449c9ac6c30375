import Basics
import Simulation

/// How fast the simulator is, and what a node takes, by size: a network that forms, rests, is churned, and looks things up.
enum SimulatorSpeed {
    static func measure(nodes: Int) {
        var scenario = scenario(of: nodes)
        scenario.settling = .seconds(600)
        scenario.duration = .seconds(600)
        scenario.churn = Churn(halfLife: .seconds(3_600))
        scenario.link.loss = 0.01
        run(scenario)
    }

    /// The same of a network that is there from the beginning: for `seconds` it rests, and looks things up for as long.
    static func measureSettled(nodes: Int, seconds: Int) {
        var scenario = scenario(of: nodes)
        scenario.isSettled = true
        scenario.settling = .seconds(seconds)
        scenario.duration = .seconds(seconds)
        run(scenario)
    }

    private static func scenario(of nodes: Int) -> Scenario {
        var scenario = Scenario()
        scenario.nodes = nodes
        scenario.peers = 0
        scenario.healing = .zero
        scenario.lookups = 1_000
        return scenario
    }

    private static func run(_ scenario: Scenario) {
        var simulator = Simulator(scenario)
        let begun = processorTime()
        // The first step makes the tables of a settled network.
        _ = simulator.advance(events: 1)
        let formed = processorTime()
        if scenario.isSettled {
            print("made in                \((formed - begun) / 1e9) s, \(peakMemory()) MB at most")
        }
        while simulator.advance(events: 100_000) {}
        let elapsed = (processorTime() - formed) / 1e9
        let summary = simulator.summary()
        print("nodes                  \(scenario.nodes)")
        print(
            "events                 \(summary.events), of which \(summary.datagrams) datagrams and \(summary.timers) timers"
        )
        print("events/s of processor  \(Int(Double(summary.events) / elapsed))")
        print("datagrams/s            \(Int(Double(summary.datagrams) / elapsed))")
        print("bytes a node           \(summary.memory.total)")
        for part in summary.memory.parts { print("  \(part.name)  \(part.bytes)") }
        print("memory at most         \(peakMemory()) MB")
        print("lookups                \(summary.lookups.exact) of \(summary.lookups.count) exact")
        print("trace hash             \(String(summary.traceHash, radix: 16))")
        for violation in summary.violations.prefix(3) { print("violation              \(violation.sentence)") }
    }
}
