import Basics
import Simulation
import Testing

/// Coverage marks and rare paths in whole simulations.
@Suite struct MarkStories {
    private static func run(_ scenario: Scenario, _ prepare: (inout Simulator) -> Void = { _ in }) -> Summary {
        var simulator = Simulator(scenario)
        prepare(&simulator)
        while simulator.advance(events: 50_000) {}
        return simulator.summary()
    }

    /// A few nodes on bad links, and people who come and go.
    private static let scenario = SimulatorStories.small { scenario in
        (scenario.nodes, scenario.peers, scenario.messages, scenario.seed) = (24, 6, 40, 11)
        scenario.duration = .seconds(900)
        scenario.churn = Churn(halfLife: .seconds(1_800))
        scenario.link.loss = 0.05
    }

    @Test func countingChangesNoHistory() {
        let counted = MarkStories.run(MarkStories.scenario) { $0.countMarks() }
        #expect(counted.traceHash == MarkStories.run(MarkStories.scenario).traceHash)
        for mark: Mark in [
            .requestRepeated, .handshakeUnanswered, .lookupEndsForWantOfNodes, .firstOfTheNetwork, .fewContactsKnown,
            .clockConfirmed, .broughtThoughHere,
        ] {
            #expect(counted.marks[mark] > 0, "\(mark) isn't reached")
        }
        #expect(counted.marks.missing.contains(.envelopeOfLaterVersion))
    }

    @Test func whatIsNotAskedForIsNotCounted() {
        #expect(!MarkStories.run(SimulatorStories.small { $0.messages = 1 }).marks.isCounting)
    }

    /// All promises hold while the code takes rare paths, and the same seed is the same history.
    @Test(arguments: 1...4) func promisesHoldOnRarePaths(seed: UInt64) {
        var scenario = MarkStories.scenario
        scenario.seed = seed
        scenario.buggifies = true
        let rare = MarkStories.run(scenario)
        SimulatorStories.check(rare)
        guard seed == 1 else { return }
        #expect(rare.traceHash == MarkStories.run(scenario).traceHash)
        scenario.buggifies = false
        #expect(rare.traceHash != MarkStories.run(scenario).traceHash)
    }

    /// As small a network as has all that the points are about: also mail that comes in heaps, and nodes that
    /// have lost their sessions.
    private static let busy = SimulatorStories.small { scenario in
        (scenario.nodes, scenario.peers, scenario.messages, scenario.seed) = (12, 4, 60, 11)
        (scenario.duration, scenario.settling, scenario.spell) = (.seconds(600), .seconds(60), .seconds(120))
        scenario.flood = 20
        scenario.churn = Churn(halfLife: .seconds(1_800))
        scenario.faults = [
            Fault(at: .seconds(60), .crash(share: 0.6, back: .seconds(5), keepsDisk: true)),
            Fault(at: .seconds(200), .partition(share: 0.4, lasting: .seconds(120))),
            Fault(at: .seconds(400), .crash(share: 0.6, back: .seconds(5), keepsDisk: true)),
        ]
        scenario.buggifies = true
    }
    private static let plain = run(busy) { $0.buggify(Buggify()) }.traceHash

    /// Each point is somewhere in the code: alone it makes another history, in which all promises hold.
    @Test(arguments: Buggify.Point.allCases) func eachPointIsTaken(point: Buggify.Point) {
        let hash = (UInt64(1)...8).lazy.map { seed in
            let summary = MarkStories.run(MarkStories.busy) { $0.buggify(Buggify([point], seed: seed)) }
            SimulatorStories.check(summary)
            return summary.traceHash
        }.first { $0 != MarkStories.plain }
        #expect(hash != nil, "it never fires")
    }
}
