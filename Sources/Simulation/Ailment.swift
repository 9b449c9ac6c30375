import Basics
import Station

/// What is wrong with one host, beside its disk and its clock.
struct Ailment {
    /// How its next commit ends.
    enum CommitEnd {
        /// It fails, and the program ends once it has heard so.
        case failed
        /// The machine crashes within it.
        case torn
    }

    /// How its next commit ends; nil: as ever.
    var commitEnd: CommitEnd?
    /// Until then its program is stopped.
    var pausedUntil: Instant?
    /// Datagrams that wait for it meanwhile.
    var datagramsWaiting = 0
    /// By how many millionths its civil clock runs fast, and since when.
    var drift: (millionths: Int64, since: Instant)?
    /// How its monotonic clock runs; nil: as it should.
    var timers: TimerRate?
    /// Larger datagrams that it sends vanish.
    var largestSent: Int?
    /// Whether it has no network.
    var isUnplugged = false

    /// The most datagrams that wait for a program that is stopped: about what a socket's buffer of 212,992 bytes holds of
    /// large ones.
    static let mostWaiting = 160

    /// What its clock has gained by drifting, in seconds.
    func gained(at time: Instant) -> Int64 {
        guard let drift else { return 0 }
        return (time - drift.since).nanoseconds / 1_000 * drift.millionths / 1_000_000_000_000
    }

    var isNothing: Bool {
        commitEnd == nil && pausedUntil == nil && drift == nil && timers == nil && largestSent == nil && !isUnplugged
    }
}

/// What happens on the way to datagrams of all hosts.
package struct Interference {
    /// The share that arrives with a bit flipped.
    package var bitErrors = 0.0
    /// The share that arrives once more, and how much later.
    package var replays = 0.0
    package var later = Duration.zero

    package init(bitErrors: Double = 0, replays: Double = 0, later: Duration = .zero) {
        (self.bitErrors, self.replays, self.later) = (bitErrors, replays, later)
    }
}
