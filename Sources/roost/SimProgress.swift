import Foundation
import Simulation
import SimulationReport

/// How far a simulation is, on standard error: one line rewritten on a terminal, elsewhere a line every half minute.
struct SimProgress {
    private let scenario: Scenario
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let begun = ContinuousClock.now
    private var shownAt: ContinuousClock.Instant
    private var eventsShown = 0
    /// When the network had formed, on the wall's clock and in virtual time.
    private var running: (since: ContinuousClock.Instant, time: Duration)?

    init(_ scenario: Scenario) {
        self.scenario = scenario
        shownAt = begun
    }

    /// Shows it when it is time to.
    mutating func show(_ progress: Simulator.Progress) {
        let now = ContinuousClock.now
        if running == nil, progress.phase == .running { running = (now, progress.time) }
        let elapsed = now - shownAt
        guard elapsed >= (isTerminal ? .milliseconds(200) : .seconds(30)) else { return }
        let rate = Double(progress.events - eventsShown) / (elapsed / .seconds(1))
        (shownAt, eventsShown) = (now, progress.events)
        let line = text(progress, eventsPerSecond: rate, now: now)
        if isTerminal {
            // Rewritten in place: a line that wraps could not be.
            write("\r" + line.prefix(max(20, columns - 1)) + "\u{1b}[K")
        } else {
            write(line + "\n")
        }
    }

    /// Clears the line.
    func end() {
        if isTerminal { write("\r\u{1b}[K") }
    }

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

    private var columns: Int {
        var size = winsize()
        let request = UInt(TIOCGWINSZ)
        return ioctl(STDERR_FILENO, request, &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
