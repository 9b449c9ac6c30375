import Basics
import Platform
import Simulation
import SimulationReport
import Synchronization

/// `roost sim --swarm`: many runs of scenarios by chance, several at once.
struct SimSwarm {
    let swarm: Swarm
    /// How many runs; fewer where the time is over.
    let runs: Int
    /// Nil: as long as it takes.
    let limit: Duration?
    /// Runs at the same time. What is found doesn't depend on it.
    let threads: Int
    /// Goes on after a failure.
    let keepsGoing: Bool
    let interruption: SimInterruption
    /// Where the runs are named that are under way.
    let underWay: RunsUnderWay

    /// How long a failure may be shrunk.
    private static let shrinking = Duration.seconds(60)

    /// What is kept of a run.
    private struct Outcome: Sendable {
        var number: Int
        var scenario: Scenario
        var failure: SwarmFailure?
        var isFinished: Bool
        var seconds: Double
        var events: Int
        var accepted: Int
        var delivered: Int
        var marks: Marks
    }

    func run() async -> SwarmReport {
        let begun = ContinuousClock.now
        let end = limit.map { begun + $0 }
        var report = SwarmReport(seed: swarm.seed)
        var progress = SwarmProgress(runs: runs)
        var outcomes: [Outcome] = []
        var hasFailed = false
        await Parallel.run(
            runs, threads: threads,
            while: {
                interruption.status == nil && end.map { ContinuousClock.now < $0 } != false
                    && (keepsGoing || !hasFailed)
            }, { self.outcome(ofRun: $0, end) },
            done: { outcome in
                outcomes.append(outcome)
                hasFailed = hasFailed || outcome.failure != nil
                progress.show(done: outcomes.count, failed: outcomes.count { $0.failure != nil })
            })
        progress.end()
        outcomes.sort { $0.number < $1.number }
        for outcome in outcomes where outcome.isFinished {
            report.runs += 1
            report.costs.append(
                SwarmReport.Cost(seed: outcome.scenario.seed, events: outcome.events, seconds: outcome.seconds))
            report.accepted += outcome.accepted
            report.delivered += outcome.delivered
            report.marks.add(outcome.marks)
            guard let failure = outcome.failure else { continue }
            report.failures.append(shrunk(outcome, failure))
            // What comes after the first failure was begun by chance of time: it isn't told.
            if !keepsGoing { break }
        }
        report.wallSeconds = (ContinuousClock.now - begun) / .seconds(1)
        return report
    }

    /// A run that is not over at the `end` is given up, and not counted.
    private func outcome(ofRun number: Int, _ end: ContinuousClock.Instant?) -> Outcome {
        let scenario = Scenario.drawn(from: swarm.seed(ofRun: number))
        let begun = ContinuousClock.now
        let trial = underWay.run(scenario.seed) {
            Trial(scenario) { interruption.status == nil && end.map { ContinuousClock.now < $0 } != false }
        }
        let messages = trial.summary.messages
        return Outcome(
            number: number, scenario: scenario, failure: trial.isFinished ? trial.failure : nil,
            isFinished: trial.isFinished,
            seconds: (ContinuousClock.now - begun) / .seconds(1),
            events: trial.summary.events, accepted: messages.accepted, delivered: messages.delivered,
            marks: trial.summary.marks)
    }

    private func shrunk(_ outcome: Outcome, _ failure: SwarmFailure) -> SwarmReport.Failure {
        Terminal.news("roost: run \(outcome.number + 1) has failed, and is made smaller…")
        var shrinker = Shrinker(outcome.scenario, failure)
        let end = ContinuousClock.now + SimSwarm.shrinking
        underWay.run(outcome.scenario.seed) {
            shrinker.shrink { interruption.status == nil && ContinuousClock.now < end }
        }
        return SwarmReport.Failure(
            run: outcome.number + 1, scenario: outcome.scenario, failure: failure, shrinker: shrinker)
    }
}

/// How far a swarm is, on standard error, from the third second on.
struct SwarmProgress {
    private let runs: Int
    private let begun = ContinuousClock.now
    private var line = ProgressLine()

    init(runs: Int) { self.runs = runs }

    mutating func show(done: Int, failed: Int) {
        let now = ContinuousClock.now
        guard now - begun > .seconds(2), line.isDue(now) else { return }
        line.show(
            "\(Readable.count(done)) of \(Readable.plural(runs, "run"))" + (failed > 0 ? ", \(failed) failed" : ""))
    }

    func end() {
        if ContinuousClock.now - begun > .seconds(2) { line.end() }
    }
}
