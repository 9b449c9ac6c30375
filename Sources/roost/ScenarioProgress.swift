import SimulationReport
import Synchronization
import Testbed

/// How far a scenario with real nodes is, on standard error.
final class ScenarioProgress: Sendable {
    private let line = Mutex(ProgressLine())

    /// Shows it when it is time to.
    @Sendable func show(_ progress: Conductor.Progress) {
        line.withLock { line in
            if line.isDue(.now) { line.show(ScenarioProgress.text(progress)) }
        }
    }

    /// Clears the line.
    func end() { line.withLock { $0.end() } }

    private static func text(_ progress: Conductor.Progress) -> String {
        var parts: [String] = []
        switch progress.phase {
        case .forming: parts.append("forming, \(Readable.time(.seconds((.zero - progress.time).components.seconds)))")
        case .running:
            let time = Duration.seconds(progress.time.components.seconds)
            parts.append("\(Readable.time(time)) of \(Readable.time(progress.duration))")
        case .healing: parts.append("healing")
        }
        if progress.accepted > 0 {
            parts.append("\(Readable.count(progress.delivered)) of \(Readable.count(progress.accepted)) delivered")
        }
        if progress.lookups > 0 { parts.append("\(Readable.count(progress.lookups)) lookups") }
        parts.append("\(Readable.plural(progress.nodesUp, "node")) up")
        return parts.joined(separator: " · ")
    }
}
