/// Many runs, each of a scenario by chance: see `Scenario.drawn`.
public struct Swarm: Sendable {
    /// From which the seeds of all runs follow.
    public let seed: UInt64

    public init(seed: UInt64) { self.seed = seed }

    /// The seed of a run, by its number from 0. The first has the swarm's own: so a run is repeated by a swarm of one.
    public func seed(ofRun number: Int) -> UInt64 {
        guard number > 0 else { return seed }
        var chance = Chance(seed: seed, .swarm, host: number)
        // Below 2⁵³, so that scripts of all languages read it as it is written.
        return chance.next() >> 11
    }
}

/// What came of running a scenario once.
public struct Trial: Sendable {
    public let scenario: Scenario
    public let summary: Summary
    /// Nil: all held, or the trial was interrupted.
    public let failure: SwarmFailure?
    /// Whether it ran to its end.
    public let isFinished: Bool

    /// The most events of a run: the largest that are drawn have a tenth of it. What takes more goes round in circles.
    public static let maximumEvents = 50_000_000

    /// Runs a scenario for as long as `goesOn` says.
    public init(_ scenario: Scenario, goesOn: () -> Bool = { true }) {
        self.scenario = scenario
        var simulator = Simulator(scenario)
        simulator.countMarks()
        var isEndless = false
        while goesOn(), !isEndless, simulator.advance(events: 20_000) {
            isEndless = simulator.progress.events > Trial.maximumEvents
        }
        summary = simulator.summary()
        isFinished = summary.isFinished || isEndless
        failure = SwarmFailure(summary, isEndless: isEndless)
    }
}

/// What a run broke first.
public struct SwarmFailure: Sendable {
    public let kind: Kind
    /// What broke.
    public let violation: Violation

    /// What is broken.
    public enum Kind: Sendable {
        /// Something happened that must never happen.
        case safety
        /// Something had not happened when healing was over, or the run didn't end.
        case liveness
    }

    init?(_ summary: Summary, isEndless: Bool) {
        if let violation = summary.violations.first {
            (kind, self.violation) = (.safety, violation)
        } else if isEndless {
            kind = .liveness
            violation = Violation("It had not ended after \(Trial.maximumEvents) events.")
        } else if let violation = summary.unfinished.first {
            (kind, self.violation) = (.liveness, violation)
        } else {
            return nil
        }
    }

    /// Whether it is the same promise that is broken: all but the numbers in the sentences is the same.
    public func isLike(_ other: SwarmFailure) -> Bool {
        func words(_ sentence: String) -> String { sentence.filter { !$0.isNumber } }
        return kind == other.kind && words(violation.sentence) == words(other.violation.sentence)
    }
}
