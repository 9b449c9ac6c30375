/// An `Instant` to a tenth of a second in four bytes: a node holds three for each contact and each session, and a
/// simulation thousands of nodes.
///
/// It counts from the clock's origin and saturates at both ends, 13.6 years apart. Public and not of the package, as
/// the compiler inlines nothing of a package's into other modules: a check of a contact took three times as long.
public struct CompactInstant: Hashable, Comparable, BitwiseCopyable, Sendable {
    @usableFromInline let tenths: UInt32

    @inlinable init(tenths: UInt32) { self.tenths = tenths }

    /// Rounds down: never later than `instant`.
    public init(_ instant: Instant) { tenths = CompactDuration(instant.sinceOrigin).tenths }

    /// Before all others: "never".
    @inlinable public static var past: CompactInstant { CompactInstant(tenths: 0) }
    /// After all others: "not planned".
    @inlinable public static var future: CompactInstant { CompactInstant(tenths: .max) }

    /// The same moment, to a tenth of a second.
    public var instant: Instant {
        .origin
            + Duration(
                secondsComponent: Int64(tenths / 10),
                attosecondsComponent: Int64(tenths % 10) * CompactDuration.attosecondsPerTenth)
    }

    /// The first instant not before this one in a series whose members are `step` apart; `word` decides the phase of
    /// the series.
    @inlinable
    public func rounded(up step: CompactDuration, phase word: UInt64) -> CompactInstant {
        let late = (tenths &+ UInt32(truncatingIfNeeded: word % UInt64(step.tenths))) % step.tenths
        return late == 0 ? self : self + CompactDuration(tenths: step.tenths - late)
    }

    /// The time that has passed since another instant; none where that lies ahead.
    @inlinable
    public func since(_ earlier: CompactInstant) -> CompactDuration {
        CompactDuration(tenths: tenths > earlier.tenths ? tenths - earlier.tenths : 0)
    }

    @inlinable
    public static func < (left: CompactInstant, right: CompactInstant) -> Bool { left.tenths < right.tenths }
    // Not left to `Comparable`: those are called through its witness table.
    @inlinable
    public static func <= (left: CompactInstant, right: CompactInstant) -> Bool { left.tenths <= right.tenths }
    @inlinable
    public static func > (left: CompactInstant, right: CompactInstant) -> Bool { left.tenths > right.tenths }
    @inlinable
    public static func >= (left: CompactInstant, right: CompactInstant) -> Bool { left.tenths >= right.tenths }

    /// Saturates.
    @inlinable
    public static func + (instant: CompactInstant, duration: CompactDuration) -> CompactInstant {
        let (sum, overflow) = instant.tenths.addingReportingOverflow(duration.tenths)
        return overflow ? .future : CompactInstant(tenths: sum)
    }
}

/// A `Duration` in tenths of a second, from 0 to 13.6 years: `Duration` counts attoseconds in 128 bits, and arithmetic
/// on it took most of the time of `observe`.
public struct CompactDuration: Hashable, Comparable, BitwiseCopyable, Sendable {
    @usableFromInline let tenths: UInt32
    fileprivate static let attosecondsPerTenth: Int64 = 100_000_000_000_000_000

    @inlinable init(tenths: UInt32) { self.tenths = tenths }

    /// Rounds down, and saturates.
    public init(_ duration: Duration) {
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

    /// One of `count` equal parts.
    @inlinable
    public func divided(by parts: UInt32) -> CompactDuration { CompactDuration(tenths: tenths / parts) }

    @inlinable
    public static func < (left: CompactDuration, right: CompactDuration) -> Bool { left.tenths < right.tenths }

    /// Doubled so many times, and at most `limit`.
    @inlinable
    public func doubled(_ times: Int, limit: CompactDuration) -> CompactDuration {
        let product = UInt64(tenths) << UInt64(min(max(times, 0), 16))
        return CompactDuration(tenths: UInt32(min(product, UInt64(limit.tenths))))
    }

    /// Three to five quarters of it, always the same for the same word.
    public func jittered(by word: UInt64) -> CompactDuration { jittered(by: Jitter(word)) }

    /// Three to five quarters of it.
    @inlinable
    public func jittered(by jitter: Jitter) -> CompactDuration {
        CompactDuration(tenths: UInt32(UInt64(tenths) * 3 / 4 + UInt64(tenths) * UInt64(jitter.fraction) / 2_048))
    }
}

/// By how much durations are stretched or shortened: what `CompactDuration.jittered` takes of a word.
public struct Jitter: Hashable, BitwiseCopyable, Sendable {
    /// In 1,024ths, from three to five quarters.
    @usableFromInline let fraction: UInt16

    /// Always the same for the same word.
    @inlinable
    public init(_ word: UInt64) { fraction = UInt16((word &* 0x9e37_79b9_7f4a_7c15) >> 54) }
}
