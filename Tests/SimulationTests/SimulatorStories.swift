import Basics
import Simulation
import Testing

/// Whole simulations: what was accepted arrives, whatever goes wrong, and the same seed is the same history.
@Suite struct SimulatorStories {
    static func run(_ scenario: Scenario) -> Summary {
        var simulator = Simulator(scenario)
        while simulator.advance(events: 50_000) {}
        return simulator.summary()
    }

    static func small(_ change: (inout Scenario) -> Void = { _ in }) -> Scenario {
        var scenario = Scenario()
        scenario.nodes = 40
        scenario.peers = 8
        scenario.messages = 40
        scenario.lookups = 20
        scenario.duration = .seconds(1_800)
        scenario.spell = .seconds(300)
        scenario.settling = .seconds(120)
        change(&scenario)
        return scenario
    }

    static func check(_ summary: Summary, sourceLocation: SourceLocation = #_sourceLocation) {
        for violation in summary.violations + summary.unfinished {
            Issue.record(
                "seed \(summary.scenario.seed): \(violation.sentence)\n\(violation.trace.joined(separator: "\n"))",
                sourceLocation: sourceLocation)
        }
        #expect(summary.isFinished)
        #expect(summary.messages.delivered == summary.messages.accepted, sourceLocation: sourceLocation)
        #expect(summary.messages.accepted > 0, sourceLocation: sourceLocation)
    }

    /// What each fixed seed is run with.
    static let faults: [(name: String, change: @Sendable (inout Scenario) -> Void)] = [
        ("nothing goes wrong", { _ in }),
        ("churn", { $0.churn = Churn(halfLife: .seconds(900)) }),
        (
            "churn by Weibull, and loss",
            {
                $0.churn = Churn(halfLife: .seconds(900), law: .weibull)
                $0.link.loss = 0.1
            }
        ),
        (
            "half of the buddies die while one sleeps",
            {
                $0.offline = 0.8
                $0.faults = [Fault(at: .seconds(900), .stop(share: 0.5))]
            }
        ),
        (
            "a partition, and its healing",
            { $0.faults = [Fault(at: .seconds(300), .partition(share: 0.4, lasting: .seconds(900)))] }
        ),
        (
            "crashes",
            {
                $0.faults = [
                    Fault(at: .seconds(300), .crash(share: 0.5, back: .seconds(60), keepsDisk: true)),
                    Fault(at: .seconds(1_200), .crash(share: 0.2, back: .seconds(60), keepsDisk: false)),
                ]
            }
        ),
        (
            "slow and full disks",
            {
                $0.faults = [
                    Fault(at: .seconds(300), .slowDisk(share: 0.5, delay: .seconds(5), lasting: .seconds(600))),
                    Fault(at: .seconds(300), .fullDisk(share: 0.3, lasting: .seconds(600))),
                ]
            }
        ),
        ("clocks that jump", { $0.faults = [Fault(at: .seconds(600), .clockJump(share: 0.2, seconds: 86_400))] }),
        ("a fifth lies", { $0.liars = Liars(share: 0.2) }),
        ("liars crowd around a mailbox", { $0.liars = Liars(share: 0.15, lies: [.crowd, .dropDeposits]) }),
        ("half can't be reached", { $0.hidden = 0.5 }),
        ("a third let in whom they have written to", { ($0.hidden, $0.nat) = (0.3, .addressRestricted) }),
        ("a flood", { ($0.messages, $0.flood) = (0, 200) }),
        (
            "duplicates and reordering",
            {
                $0.link.duplication = 0.2
                $0.link.jitter = 1
            }
        ),
    ]

    @Test(arguments: faults.indices)
    func whatWasAcceptedArrivesOnce(index: Int) {
        let (name, change) = SimulatorStories.faults[index]
        print("\(name), seed \(100 + index)")
        let scenario = SimulatorStories.small { scenario in
            scenario.seed = UInt64(100 + index)
            change(&scenario)
        }
        SimulatorStories.check(SimulatorStories.run(scenario))
    }

    /// How each message came is known, and between people behind what.
    @Test func messagesBetweenPeopleBehindNATsComeStraightOrAnnounced() {
        let scenario = SimulatorStories.small { scenario in
            (scenario.seed, scenario.peers, scenario.messages, scenario.offline) = (121, 12, 80, 0)
            scenario.endpoints = .everyone
            scenario.nats = [
                NATShare("none", .open, 0.3), NATShare("port", .port, 0.4), NATShare("carrier", .carrier, 0.3),
            ]
            scenario.households = 0.3
        }
        let summary = SimulatorStories.run(scenario)
        SimulatorStories.check(summary)
        var (counts, opened) = ([0, 0, 0], 0)
        for pair in summary.messages.passages {
            for way in DeliveryWay.allCases { counts[Int(way.rawValue)] += pair.counts[Int(way.rawValue)] }
            if pair.to != "none" { opened += pair.counts[0] }
            if pair.to == "none" { #expect(pair.counts[0] > 0, "\(pair.from) to \(pair.to) not straight") }
        }
        #expect(opened > 0, "no way was opened")
        #expect(counts.reduce(0, +) == summary.messages.delivered && counts[0] == summary.messages.direct)
        #expect(counts[0] > 0 && counts[1] > 0 && counts[2] * 10 < counts[1], "\(counts)")
        #expect(summary.traffic.victims.map { $0.mostOfOne <= VictimLedger.mostPerAddress } == true)
    }

    @Test func whereHalfCantBeReachedLookupsFindTheClosestOfTheRest() {
        let scenario = SimulatorStories.small { ($0.seed, $0.hidden) = (120, 0.5) }
        let lookups = SimulatorStories.run(scenario).lookups
        #expect(lookups.count > 0 && 10 * lookups.exact >= 9 * lookups.count, "\(lookups.exact) of \(lookups.count)")
    }

    @Test func theSameSeedIsTheSameHistoryAndAnotherIsNot() {
        let scenario = SimulatorStories.small { scenario in
            scenario.churn = Churn(halfLife: .seconds(900))
            scenario.link.loss = 0.05
        }
        let first = SimulatorStories.run(scenario)
        let second = SimulatorStories.run(scenario)
        #expect(first.traceHash == second.traceHash)
        #expect(first.events == second.events && first.messages.latencies == second.messages.latencies)
        var other = scenario
        other.seed += 1
        #expect(SimulatorStories.run(other).traceHash != first.traceHash)
    }

    /// How often it is asked how far it is changes nothing.
    @Test func stepsOfAnySizeAreTheSameHistory() {
        let scenario = SimulatorStories.small { $0.duration = .seconds(300) }
        var simulator = Simulator(scenario)
        while simulator.advance(events: 1_013) { _ = simulator.progress }
        #expect(simulator.summary().traceHash == SimulatorStories.run(scenario).traceHash)
    }

    @Test func lookupsWithoutFaultsFindExactlyTheClosest() {
        let summary = SimulatorStories.run(
            SimulatorStories.small { scenario in
                (scenario.nodes, scenario.peers, scenario.messages, scenario.lookups) = (150, 0, 0, 100)
            })
        #expect(summary.lookups.count == 100)
        #expect(summary.lookups.exact == 100)
        #expect(summary.violations.isEmpty)
    }
}
