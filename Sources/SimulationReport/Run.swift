import Platform
import Simulation

/// A simulation, or a scenario that real nodes lived, that has ended or was interrupted: what it found, and what it took.
public struct Run: Sendable {
    public var summary: Summary
    public var wallSeconds: Double
    /// How many threads simulated it.
    public var threads: Int
    /// What the whole process occupied at the end; nil where it can't be known.
    public var residentBytes: Int?
    /// Whether it was ended early.
    public var wasInterrupted: Bool
    /// Commands that do the same again.
    public var replay: [String]
    /// Nil where the nodes were simulated.
    public var real: RealNodes?

    public init(
        _ summary: Summary, wallSeconds: Double, threads: Int = 1, residentBytes: Int? = nil,
        wasInterrupted: Bool = false, replay: [String] = [], real: RealNodes? = nil
    ) {
        self.summary = summary
        self.wallSeconds = wallSeconds
        self.threads = threads
        self.residentBytes = residentBytes
        self.wasInterrupted = wasInterrupted
        self.replay = replay
        self.real = real
    }

    /// How a run ends.
    public enum Verdict: Equatable, Sendable {
        case allHeld
        /// Something happened that must never happen.
        case safetyBroken
        /// Something had not arrived when healing was over.
        case livenessNotReached
        /// Ended early; nothing had been broken until then.
        case interrupted
    }

    public var verdict: Verdict {
        if !summary.violations.isEmpty { return .safetyBroken }
        if wasInterrupted { return .interrupted }
        return summary.unfinished.isEmpty ? .allHeld : .livenessNotReached
    }

    public var eventsPerSecond: Double { wallSeconds > 0 ? Double(summary.events) / wallSeconds : 0 }

    /// As text: 16 hexadecimal digits.
    public var traceHash: String {
        let digits = String(summary.traceHash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// A time in median round trips of the network; nil where none was measured.
    func roundTrips(_ duration: Duration) -> Double? {
        let roundTrip = summary.lookups.medianRoundTrip.inSeconds
        return roundTrip > 0 ? duration.inSeconds / roundTrip : nil
    }
}
