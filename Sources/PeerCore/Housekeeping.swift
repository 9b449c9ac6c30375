import Basics

/// When what time alone brings about is seen to: the change of epochs, expiry, and what may be forgotten.
enum Housekeeping {
    /// At every UTC midnight, and hourly in case clocks jump; soon again where so much was `done` that there may be more.
    static func pause(_ now: UnixTime, done: Int) -> Duration {
        guard done < Limits.removalsPerSweep else { return Limits.sweepStep }
        let toMidnight = now.day.advanced(by: 1).start.seconds(since: now)
        return .seconds(max(1, min(3_600, toMidnight)))
    }
}
