/// An `Instant` to a tenth of a second in four bytes: a node holds three for each contact and each session, and a simulation
/// thousands of nodes.
///
/// It counts from the clock's origin and saturates at both ends, 13.6 years apart.
package struct CompactInstant: Hashable, Comparable, BitwiseCopyable, Sendable {
    private let tenths: UInt32

    private init(tenths: UInt32) { self.tenths = tenths }

    /// Rounds down: never later than `instant`.
    package init(_ instant: Instant) { tenths = CompactDuration(instant.sinceOrigin).tenths }

    /// Before all others: "never".
    package static let past = CompactInstant(tenths: 0)
    /// After all others: "not planned".
    package static let future = CompactInstant(tenths: .max)

    package var instant: Instant {
        .origin
            + Duration(
                secondsComponent: Int64(tenths / 10),
                attosecondsComponent: Int64(tenths % 10) * CompactDuration.attosecondsPerTenth)
    }

    /// The first of moments a duration apart that isn't before it; a word says which moments.
    package func rounded(up step: CompactDuration, phase word: UInt64) -> CompactInstant {
        let late = (tenths &+ UInt32(truncatingIfNeeded: word % UInt64(step.tenths))) % step.tenths
        return late == 0 ? self : self + CompactDuration(tenths: step.tenths - late)
    }

    package static func < (left: CompactInstant, right: CompactInstant) -> Bool { left.tenths < right.tenths }

    package static func + (instant: CompactInstant, duration: CompactDuration) -> CompactInstant {
        let (sum, overflow) = instant.tenths.addingReportingOverflow(duration.tenths)
        return overflow ? .future : CompactInstant(tenths: sum)
    }
}

/// A `Duration` in tenths of a second, from 0 to 13.6 years: `Duration` counts attoseconds in 128 bits, and arithmetic
/// on it took most of the time of `observe`.
package struct CompactDuration: Hashable, BitwiseCopyable, Sendable {
    fileprivate let tenths: UInt32
    fileprivate static let attosecondsPerTenth: Int64 = 100_000_000_000_000_000

    fileprivate init(tenths: UInt32) { self.tenths = tenths }

    /// Rounds down, and saturates.
    package init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, attoseconds >= 0 else {
            self.init(tenths: 0)
            return
        }
        guard seconds < Int64(UInt32.max / 10) else {
            self.init(tenths: .max)
            return
        }
        self.init(tenths: UInt32(seconds) * 10 + UInt32(attoseconds / CompactDuration.attosecondsPerTenth))
    }

    /// Doubled so many times, and at most `limit`.
    package func doubled(_ times: Int, limit: CompactDuration) -> CompactDuration {
        let product = UInt64(tenths) << UInt64(min(max(times, 0), 16))
        return CompactDuration(tenths: UInt32(min(product, UInt64(limit.tenths))))
    }

    /// Three to five quarters of it, always the same for the same word.
    package func jittered(by word: UInt64) -> CompactDuration {
        let fraction = (word &* 0x9e37_79b9_7f4a_7c15) >> 54
        return CompactDuration(tenths: UInt32(UInt64(tenths) * 3 / 4 + UInt64(tenths) * fraction / 2_048))
    }
}
