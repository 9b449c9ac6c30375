import Basics

/// When to try again.
enum Backoff {
    private static let shortest = Duration.seconds(2)
    static let longest = Duration.seconds(600)
    /// While no node at all can be reached, trying costs nothing, and the first that comes should not wait long.
    static let whileAlone = Duration.seconds(15)
    private static let firstDeposit = Duration.seconds(300)
    private static let lastDeposit = Duration.seconds(12 * 3_600)
    /// The longest pause between two deposits of what so few keep that all of them may be gone.
    static let longestOfFew = Duration.seconds(3_600)

    /// 2 s after the first failure, doubling to the longest, less up to a half.
    static func afterFailures(
        _ count: Int, upTo longest: Duration = longest, _ generator: inout SeededGenerator
    ) -> Duration {
        let doublings = min(max(count - 1, 0), 16)
        return generator.jittered(min(shortest * (1 << doublings), longest))
    }

    /// Five minutes after the envelope was stored first, for its buddies may not have been the closest; doubling to 12 h.
    static func afterDeposits(_ count: Int) -> Duration {
        min(firstDeposit * (1 << min(max(count, 0), 8)), lastDeposit)
    }
}

extension SeededGenerator {
    /// A duration between a half and the whole of the one given: many that fail together don't come back together.
    mutating func jittered(_ duration: Duration) -> Duration {
        duration * Int(512 + next() % 513) / 1_024
    }
}
