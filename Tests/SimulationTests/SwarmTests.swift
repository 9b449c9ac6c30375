import Basics
import Simulation
import Testing

/// Scenarios by chance, and making those that fail smaller.
@Suite struct SwarmTests {
    @Test func everySeedStandsForOneScenarioThatCanBeRun() {
        for seed in 0..<2_000 as Range<UInt64> {
            let scenario = Scenario.drawn(from: seed)
            #expect(scenario.problem == nil, "seed \(seed)")
            #expect(scenario == Scenario.drawn(from: seed) && scenario.seed == seed)
        }
    }

    /// What a swarm is for: every feature and fault is on in some runs and off in others, and time comes to its borders.
    @Test func everyFeatureIsOnInSomeRunsAndOffInOthers() {
        let all = (0..<1_000 as Range<UInt64>).map(Scenario.drawn)
        func expect(_ name: String, least: Int = 50, _ isOn: (Scenario) -> Bool) {
            let count = all.count(where: isOn)
            #expect((least...900).contains(count), "\(name) is on in \(count) of 1,000")
        }
        expect("churn") { $0.churn != nil }
        expect("Weibull's churn") { $0.churn?.law == .weibull }
        expect("Weibull's absences") { $0.absences == .weibull }
        expect("loss") { $0.link.loss > 0 }
        expect("duplication") { $0.link.duplication > 0 }
        expect("hidden nodes") { $0.hidden > 0 }
        expect("uplinks") { $0.uplink != nil }
        expect("liars") { $0.liars != nil }
        expect("floods") { $0.flood > 0 }
        expect("lookups") { $0.lookups > 0 }
        expect("cancels") { $0.cancels > 0 }
        expect("reads") { $0.reads > 0 }
        expect("deletes") { $0.deletes > 0 }
        expect("hurries") { $0.hurries }
        expect("bootstrap names") { $0.hasBootstrapNames }
        expect("people behind NATs where nodes leave", least: 20) { !$0.nats.isEmpty && $0.churn != nil }
        expect("rare paths") { $0.buggifies }
        for size in [8, 12, 20] { expect("k = \(size)") { $0.bucketSize == size } }
        expect("days") { $0.duration > .seconds(86_400) }
        expect("an end of an epoch") {
            let end = $0.startTime.advanced(bySeconds: ($0.settling + $0.duration).components.seconds)
            return end.epoch != $0.startTime.epoch
        }
        for name in Set(all.flatMap(\.faults).map { SwarmTests.name($0.kind) }) {
            expect(name) { $0.faults.contains { SwarmTests.name($0.kind) == name } }
        }
        for among in Fault.Struck.allCases { expect(among.rawValue) { $0.faults.contains { $0.among == among } } }
    }

    /// The name of the case.
    private static func name(_ kind: Fault.Kind) -> String { Mirror(reflecting: kind).children.first?.label ?? "" }

    /// Thousands of runs must be affordable: most are small, and some are as large as it takes to fill tables.
    @Test func mostRunsAreSmall() {
        let works = (0..<2_000 as Range<UInt64>).map { seed in
            let scenario = Scenario.drawn(from: seed)
            let seconds = (scenario.settling + scenario.duration).components.seconds
            return Int(seconds) * (scenario.nodes + scenario.peers)
        }
        .sorted()
        // In seconds of one machine, of which each has some events: the median run takes less than a second.
        #expect((30_000...90_000).contains(works[1_000]), "\(works[1_000])")
        #expect(works.reduce(0, +) / works.count < 250_000, "\(works.reduce(0, +) / works.count)")
        #expect(works[1_990] > 500_000, "\(works[1_990])")
    }

    /// Where the only buddy is a liar that keeps nothing, there is no copy but the sender's. They bring it again every hour, as so few keep
    /// it: that long a run has to heal.
    @Test(arguments: [14, 25] as [UInt64])
    func mailOfWhichALiarKeptNothingIsBroughtAgain(seed: UInt64) {
        var scenario = Scenario()
        (scenario.seed, scenario.startTime) = (seed, UnixTime(seconds: 2_009_138_079))
        (scenario.nodes, scenario.peers, scenario.messages) = (2, 3, 20)
        (scenario.settling, scenario.duration) = (.seconds(120), .seconds(86_400))
        (scenario.offline, scenario.spell, scenario.endpoints) = (0.8, .seconds(3 * 3_600), .everyone)
        scenario.link.jitter = 0.1
        scenario.liars = Liars(share: 0.5, lies: [.dropDeposits])
        scenario.faults = [Fault(at: .seconds(2 * 3_600), .stop(share: 0.5))]
        scenario.healing = .seconds(60)
        let early = SimulatorStories.run(scenario)
        #expect(early.violations.isEmpty)
        // With the other seed it arrives even so.
        if seed == 14 { #expect(!early.unfinished.isEmpty) }
        scenario.healing = .seconds(2 * 3_600)
        SimulatorStories.check(SimulatorStories.run(scenario))
    }

    @Test func theFirstRunOfASwarmHasItsSeed() {
        #expect(Swarm(seed: 77).seed(ofRun: 0) == 77)
        let seeds = (0..<1_000).map { Swarm(seed: 77).seed(ofRun: $0) }
        #expect(Set(seeds).count == seeds.count)
        #expect(seeds[5] == Swarm(seed: 77).seed(ofRun: 5) && seeds[5] != Swarm(seed: 78).seed(ofRun: 5))
    }

    /// Fails by design: who is cut off for good, and all mail is demanded at once.
    private static var failing: Scenario {
        SimulatorStories.small { scenario in
            scenario.seed = 5
            (scenario.nodes, scenario.peers, scenario.messages, scenario.lookups) = (8, 4, 20, 5)
            (scenario.duration, scenario.healing, scenario.offline) = (.seconds(600), .zero, 0.9)
            (scenario.cancels, scenario.reads, scenario.link.duplication) = (0.1, 0.5, 0.1)
            scenario.faults = [
                Fault(at: .seconds(60), .clockJump(share: 0.1, seconds: 30)),
                Fault(at: .seconds(100), .partition(share: 0.5, lasting: .seconds(500))),
                Fault(at: .seconds(200), .slowDisk(share: 0.3, delay: .seconds(1), lasting: .seconds(10))),
            ]
        }
    }

    @Test func whatFailsIsMadeSmallerAndStillFailsAlike() throws {
        let scenario = SwarmTests.failing
        let failure = try #require(Trial(scenario).failure)
        #expect(failure.kind == .liveness)
        var shrinker = Shrinker(scenario, failure)
        shrinker.shrink()
        #expect(shrinker.tries <= Shrinker.maximumTries)
        let shrunk = shrinker.scenario
        #expect(shrunk.nodes < scenario.nodes && shrunk.messages < scenario.messages)
        #expect(shrunk.faults.count < scenario.faults.count && shrunk.duration <= scenario.duration)
        let again = try #require(Trial(shrunk).failure)
        #expect(again.isLike(failure) && again.violation.sentence == shrinker.failure.violation.sentence)
    }

    @Test func shrinkingEndsWhenItIsTold() throws {
        let failure = try #require(Trial(SwarmTests.failing).failure)
        var shrinker = Shrinker(SwarmTests.failing, failure)
        shrinker.shrink { false }
        #expect(shrinker.tries == 0 && shrinker.scenario == SwarmTests.failing)
    }

    /// What people do with messages that have come is excused, and changes the history.
    @Test func peopleCancelReadAndDelete() {
        let plain = SimulatorStories.run(SimulatorStories.small { $0.duration = .seconds(600) })
        let busy = SimulatorStories.run(
            SimulatorStories.small { scenario in
                scenario.duration = .seconds(600)
                (scenario.cancels, scenario.reads, scenario.deletes, scenario.hurries) = (0.3, 1, 0.5, true)
            })
        #expect(busy.violations.isEmpty && busy.unfinished.isEmpty && busy.traceHash != plain.traceHash)
        #expect(busy.messages.delivered + busy.messages.failed == busy.messages.accepted)
    }

    @Test func theWorldBeginsWhenTheScenarioSays() {
        var network = VirtualNetwork(seed: 1)
        network.startOfTime = UnixTime(seconds: 1_900_000_000)
        network.run(for: .seconds(5))
        #expect(network.now.utc == UnixTime(seconds: 1_900_000_005))
        let day = UnixTime.secondsPerDay
        // Two minutes before an epoch ends: it ends while people come and write.
        let summary = SimulatorStories.run(
            SimulatorStories.small { scenario in
                scenario.duration = .seconds(600)
                scenario.startTime = UnixTime(seconds: 7 * day * 3_000 - 240)
            })
        SimulatorStories.check(summary)
    }

    @Test func aFaultStrikesThoseWhomItNames() {
        for among in Fault.Struck.allCases {
            var simulator = Simulator(
                SimulatorStories.small { scenario in
                    (scenario.duration, scenario.offline, scenario.messages) = (.seconds(120), 0, 0)
                    scenario.faults = [
                        Fault(
                            at: .seconds(60), .crash(share: 1, back: .seconds(3_600), keepsDisk: true), among: among)
                    ]
                })
            var (fewestNodes, fewestPeople) = (Int.max, Int.max)
            while simulator.advance(events: 100) {
                guard simulator.phase == .running else { continue }
                let sample = simulator.summary().timeline.last
                fewestNodes = min(fewestNodes, sample?.nodesUp ?? .max)
                fewestPeople = min(fewestPeople, sample?.peersOnline ?? .max)
            }
            // One node must remain to join through.
            #expect(fewestNodes == (among == .people ? 40 : 1), "\(among)")
            #expect(fewestPeople == (among == .nodes ? 8 : 0), "\(among)")
        }
    }
}
