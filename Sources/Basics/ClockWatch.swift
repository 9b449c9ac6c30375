/// Notices when the civil clock was set, or when the machine has slept. The two can't be told apart here until other
/// nodes confirm the clock again.
public struct ClockWatch: Sendable {
    /// The civil time at the monotonic clock's origin.
    private var origin: Int64

    public init(_ now: Now) { origin = ClockWatch.origin(now) }

    /// Whether the civil clock has moved against the monotonic one since the watch was made. Small corrections are
    /// followed and don't count; a clock that was set back to the former time has not jumped.
    public mutating func hasJumped(_ now: Now) -> Bool {
        let present = ClockWatch.origin(now)
        let (moved, overflow) = present.subtractingReportingOverflow(origin)
        guard !overflow, moved.magnitude <= Limits.clockJumpSeconds else { return true }
        origin = present
        return false
    }

    private static func origin(_ now: Now) -> Int64 {
        now.utc.advanced(bySeconds: -now.monotonic.sinceOrigin.components.seconds).seconds
    }
}
