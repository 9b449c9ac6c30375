import Dispatch
import Platform
import Simulation
import SimulationReport
import Synchronization

/// Runs many simulations, several at a time. What each finds doesn't depend on how many there are beside it.
final class ParallelRuns: Sendable {
    private let scenarios: [Scenario]
    private let interruption: SimInterruption
    private let next = Atomic<Int>(0)
    private let state: Mutex<State>

    private struct State {
        var runs: [Run?]
        var done = 0
        var progress = ProgressLine()
    }

    init(_ scenarios: [Scenario], _ interruption: SimInterruption) {
        self.scenarios = scenarios
        self.interruption = interruption
        state = Mutex(State(runs: Array(repeating: nil, count: scenarios.count)))
    }

    /// The runs in the order of their scenarios: all, or after an interruption those until the first that did not end.
    func run(threads: Int) -> [Run] {
        DispatchQueue.concurrentPerform(iterations: min(threads, scenarios.count)) { _ in work() }
        return state.withLock { state in
            state.progress.end()
            return state.runs.prefix { $0 != nil }.compactMap { $0 }
        }
    }

    private func work() {
        while interruption.status == nil {
            let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard index < scenarios.count, let run = simulate(scenarios[index]) else { return }
            state.withLock { state in
                state.runs[index] = run
                state.done += 1
                if state.progress.isDue(.now) {
                    state.progress.show("\(state.done) of \(Readable.plural(scenarios.count, "run")) done")
                }
            }
        }
    }

    /// Nil where it was interrupted.
    private func simulate(_ scenario: Scenario) -> Run? {
        let begun = ContinuousClock.now
        var simulator = Simulator(scenario)
        while interruption.status == nil {
            guard simulator.advance(events: 10_000) else {
                return Run(simulator.summary(), wallSeconds: (ContinuousClock.now - begun) / .seconds(1))
            }
        }
        return nil
    }
}
