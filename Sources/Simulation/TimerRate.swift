import Basics

/// A monotonic clock that runs fast or slow, and so all timers of its machine. What it has gained stays: it never goes back.
package struct TimerRate {
    /// What it had gained at `since`, in nanoseconds; below zero where it is behind.
    private var gainedBefore: Int64 = 0
    /// By how many millionths it runs fast since then; slow below zero.
    private var millionths: Int64 = 0
    /// The true time since when it does so, in nanoseconds since the origin.
    private var since: Int64 = 0

    /// The largest error of the rate: a clock that is wrong by more than half is broken otherwise.
    package static let maximumMillionths: Int64 = 500_000

    private static let million: Int64 = 1_000_000

    /// A clock that has run right until now.
    package init() {}

    /// From a true time on it runs fast by so many millionths.
    package mutating func set(_ millionths: Int64, at time: Instant) {
        gainedBefore = gained(at: time)
        since = time.sinceOrigin.nanoseconds
        self.millionths = max(-TimerRate.maximumMillionths, min(TimerRate.maximumMillionths, millionths))
    }

    /// What it says at a true time.
    package func local(at time: Instant) -> Instant { time + .nanoseconds(gained(at: time)) }

    /// The first true time at which it says so, or more.
    package func truth(at local: Instant) -> Instant {
        let passed = local.sinceOrigin.nanoseconds - gainedBefore - since
        // local = passed · (1 + millionths / 1,000,000), rounded down: so rounded up here.
        let (high, low) = passed.multipliedFullWidth(by: TimerRate.million)
        let divisor = TimerRate.million + millionths
        let (quotient, remainder) = divisor.dividingFullWidth((high, low))
        return Instant(sinceOrigin: .nanoseconds(since + quotient + (remainder > 0 ? 1 : 0)))
    }

    private func gained(at time: Instant) -> Int64 {
        guard millionths != 0 else { return gainedBefore }
        let product = (time.sinceOrigin.nanoseconds - since).multipliedFullWidth(by: millionths)
        let (quotient, remainder) = TimerRate.million.dividingFullWidth(product)
        // Rounded down, so that it never goes back.
        return gainedBefore + quotient - (remainder < 0 ? 1 : 0)
    }
}
