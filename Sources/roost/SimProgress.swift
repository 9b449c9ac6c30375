import Simulation
import SimulationReport

/// How far a simulation is, on standard error.
struct SimProgress {
    private let scenario: Scenario
    private var line = ProgressLine()
    private var shownAt = ContinuousClock.now
    private var eventsShown = 0
    /// When the network had formed, on the wall's clock and in virtual time.
    private var running: (since: ContinuousClock.Instant, time: Duration)?

    init(_ scenario: Scenario) {
        self.scenario = scenario
    }

    /// Shows it when it is time to.
    mutating func show(_ progress: Simulator.Progress) {
        let now = ContinuousClock.now
        if running == nil, progress.phase == .running { running = (now, progress.time) }
        guard line.isDue(now) else { return }
        let rate = Double(progress.events - eventsShown) / ((now - shownAt) / .seconds(1))
        (shownAt, eventsShown) = (now, progress.events)
        line.show(text(progress, eventsPerSecond: rate, now: now))
    }

    /// Clears the line.
    func end() { line.end() }

    private func text(_ progress: Simulator.Progress, eventsPerSecond: Double, now: ContinuousClock.Instant) -> String {
        var parts: [String] = []
        switch progress.phase {
        case .forming: parts.append("forming, \(Readable.time(progress.time))")
        case .running:
            let time = progress.time - (progress.end - scenario.duration - scenario.healing)
            parts.append("\(Readable.time(time)) of \(Readable.time(scenario.duration))")
        case .healing: parts.append("healing")
        case .finished: parts.append("done")
        }
        // On a narrow terminal the end is cut off: what matters most stands first.
        if let left = left(progress, now: now) { parts.append("about \(Readable.time(left)) left") }
        if progress.accepted > 0 {
            parts.append("\(Readable.count(progress.delivered)) of \(Readable.count(progress.accepted)) delivered")
        }
        if progress.lookups > 0 { parts.append("\(Readable.count(progress.lookups)) lookups") }
        parts.append("\(Readable.count(progress.nodesUp)) nodes up")
        parts.append("\(Readable.number(eventsPerSecond)) events/s")
        return parts.joined(separator: " · ")
    }

    /// What is left until healing, at the speed so far; healing mostly ends soon. Unknown while the network forms.
    private func left(_ progress: Simulator.Progress, now: ContinuousClock.Instant) -> Duration? {
        guard progress.phase == .running, let running, progress.time > running.time else { return nil }
        let share = (progress.end - scenario.healing - progress.time) / (progress.time - running.time)
        let seconds = ((now - running.since) / .seconds(1)) * share
        return seconds.isFinite && seconds >= 0 ? .seconds(Int64(min(seconds, 1e9)) + 1) : nil
    }
}
