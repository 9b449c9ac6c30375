import Basics
import Platform
import Simulation

/// What a swarm of runs found.
public struct SwarmReport: Sendable {
    /// A run that failed, and the smallest scenario that was found to fail alike.
    public struct Failure: Sendable {
        /// Its number among all, from 1.
        public var run: Int
        public var scenario: Scenario
        public var failure: SwarmFailure
        /// After so many tries.
        public var tries: Int
        public var shrunk: Scenario
        /// What broke in the smallest.
        public var shrunkFailure: SwarmFailure

        public init(run: Int, scenario: Scenario, failure: SwarmFailure, shrinker: Shrinker) {
            (self.run, self.scenario, self.failure) = (run, scenario, failure)
            (tries, shrunk, shrunkFailure) = (shrinker.tries, shrinker.scenario, shrinker.failure)
        }

        /// Does the same again.
        public var command: String { "roost sim --swarm 1 --seed \(scenario.seed)" }
    }

    /// What a run took.
    public struct Cost: Sendable {
        public var seed: UInt64
        public var events: Int
        /// Of wall time.
        public var seconds: Double

        public init(seed: UInt64, events: Int, seconds: Double) {
            (self.seed, self.events, self.seconds) = (seed, events, seconds)
        }
    }

    public var seed: UInt64
    /// How many ran to their end.
    public var runs = 0
    /// Of each of these, in their order.
    public var costs: [Cost] = []
    /// Of all runs together.
    public var events: Int { costs.reduce(0) { $0 + $1.events } }
    public var accepted = 0
    public var delivered = 0
    public var wallSeconds = 0.0
    /// The rare branches that they reached together.
    public var marks = Marks.counting
    /// In the order of runs.
    public var failures: [Failure] = []

    public init(seed: UInt64) { self.seed = seed }

    /// For scripts.
    public var json: JSONValue {
        .object([
            "seed": JSONValue(seed), "runs": JSONValue(runs), "events": JSONValue(events),
            "wallSeconds": JSONValue(wallSeconds),
            "messages": .object(["accepted": JSONValue(accepted), "delivered": JSONValue(delivered)]),
            "failures": .array(failures.map(json)), "marks": marks.json,
            "costs": .array(
                costs.map { cost in
                    .object([
                        "seed": JSONValue(cost.seed), "events": JSONValue(cost.events),
                        "seconds": JSONValue(cost.seconds),
                    ])
                }),
        ])
    }

    private func json(_ failure: Failure) -> JSONValue {
        .object([
            "run": JSONValue(failure.run), "seed": JSONValue(failure.scenario.seed),
            "command": .string(failure.command),
            "kind": .string(failure.failure.kind == .safety ? "safety" : "liveness"),
            "sentence": .string(failure.failure.violation.sentence),
            "trace": .array(failure.failure.violation.trace.map { .string($0) }),
            "shrunk": ScenarioFile.json(failure.shrunk), "tries": JSONValue(failure.tries),
        ])
    }

    /// For people.
    public var text: String {
        var text =
            failures.isEmpty
            ? "All held" : "\(Readable.plural(failures.count, "run")) FAILED"
        text += " · \(Readable.plural(runs, "run")), seed \(seed) · \(Readable.count(delivered)) of "
        text += "\(Readable.plural(accepted, "message")) delivered · \(Readable.count(events)) events in "
        text += "\(Readable.time(.seconds(wallSeconds)))\n"
        for failure in failures { text += SwarmReport.text(failure) }
        return text + marks.text
    }

    private static func text(_ failure: Failure) -> String {
        let what = failure.failure.kind == .safety ? "safety broken" : "liveness not reached"
        var text = "\nRun \(failure.run): \(what): \(Readable.sentence(failure.scenario))\n"
        text += SwarmReport.text(failure.failure.violation)
        text += "The same again:\n  \(failure.command)\n"
        text += "The smallest that fails alike, after \(Readable.plural(failure.tries, "try", "tries")); "
        text += "save it to a file for roost sim --replay FILE:\n"
        text += SwarmReport.text(failure.shrunkFailure.violation)
        return text + ScenarioFile.json(failure.shrunk).lines
    }

    private static func text(_ violation: Violation) -> String {
        "  ✗ \(violation.sentence)\n" + violation.trace.map { "      \($0)\n" }.joined()
    }
}
