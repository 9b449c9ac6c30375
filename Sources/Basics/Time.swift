/// A point on a clock that never jumps. The driver chooses its origin: only differences mean anything.
public struct Instant: InstantProtocol, Hashable, Sendable, BitwiseCopyable {
    /// The time since the driver's origin.
    public let sinceOrigin: Duration

    @inlinable
    public init(sinceOrigin: Duration) { self.sinceOrigin = sinceOrigin }

    public static let origin = Instant(sinceOrigin: .zero)

    @inlinable
    public func advanced(by duration: Duration) -> Instant { Instant(sinceOrigin: sinceOrigin + duration) }

    @inlinable
    public func duration(to other: Instant) -> Duration { other.sinceOrigin - sinceOrigin }

    @inlinable
    public static func < (left: Instant, right: Instant) -> Bool { left.sinceOrigin < right.sinceOrigin }

    @inlinable
    public static func + (instant: Instant, duration: Duration) -> Instant { instant.advanced(by: duration) }

    @inlinable
    public static func - (later: Instant, earlier: Instant) -> Duration { earlier.duration(to: later) }
}

/// Civil time: whole seconds since 1970-01-01 00:00 UTC, without leap seconds. It may jump, so it must not be used for
/// timers.
public struct UnixTime: Hashable, Comparable, Sendable, BitwiseCopyable {
    public let seconds: Int64

    @inlinable
    public init(seconds: Int64) { self.seconds = seconds }

    @inlinable
    public static func < (left: UnixTime, right: UnixTime) -> Bool { left.seconds < right.seconds }

    /// The number of seconds later, saturating: a time from outside can't overflow.
    @inlinable
    public func advanced(bySeconds count: Int64) -> UnixTime {
        let (sum, overflow) = seconds.addingReportingOverflow(count)
        return UnixTime(seconds: overflow ? (count < 0 ? .min : .max) : sum)
    }

    /// The seconds since another time, negative before it; saturating.
    @inlinable
    public func seconds(since other: UnixTime) -> Int64 {
        let (difference, overflow) = seconds.subtractingReportingOverflow(other.seconds)
        return overflow ? (seconds < 0 ? .min : .max) : difference
    }

    public static let secondsPerDay: Int64 = 86_400

    /// The day this falls in.
    @inlinable
    public var day: Day { Day(number: UInt32(clamping: seconds / UnixTime.secondsPerDay)) }

    /// The epoch this falls in.
    @inlinable
    public var epoch: Epoch { Epoch(number: UInt32(clamping: seconds / (7 * UnixTime.secondsPerDay))) }
}

/// A day of UTC, counted from 1970-01-01. Expiry is by the day, so that every buddy agrees on it.
public struct Day: Hashable, Comparable, Sendable, BitwiseCopyable {
    public let number: UInt32

    @inlinable
    public init(number: UInt32) { self.number = number }

    @inlinable
    public static func < (left: Day, right: Day) -> Bool { left.number < right.number }

    /// The number of days later, saturating.
    @inlinable
    public func advanced(by days: Int) -> Day { Day(number: number.advancedSaturating(by: days)) }

    /// Its first second.
    @inlinable
    public var start: UnixTime { UnixTime(seconds: Int64(number) * UnixTime.secondsPerDay) }
}

/// Seven days of UTC, counted from 1970-01-01: the time for which a blinded location holds.
public struct Epoch: Hashable, Comparable, Sendable, BitwiseCopyable {
    public let number: UInt32

    @inlinable
    public init(number: UInt32) { self.number = number }

    @inlinable
    public static func < (left: Epoch, right: Epoch) -> Bool { left.number < right.number }

    /// The number of epochs later, saturating.
    @inlinable
    public func advanced(by epochs: Int) -> Epoch { Epoch(number: number.advancedSaturating(by: epochs)) }

    /// Its first second.
    @inlinable
    public var start: UnixTime { UnixTime(seconds: Int64(number) * 7 * UnixTime.secondsPerDay) }
}

/// The two clocks as the driver read them: timers run by the first, epochs and expiry by the second.
public struct Now: Hashable, Sendable, BitwiseCopyable {
    public var monotonic: Instant
    public var utc: UnixTime

    @inlinable
    public init(monotonic: Instant, utc: UnixTime) {
        self.monotonic = monotonic
        self.utc = utc
    }
}

extension UInt32 {
    @usableFromInline
    func advancedSaturating(by count: Int) -> UInt32 {
        let (sum, overflow) = Int(self).addingReportingOverflow(count)
        return overflow ? .max : UInt32(clamping: sum)
    }
}
