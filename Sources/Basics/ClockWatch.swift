/// Notices when the civil clock was set, or when the machine has slept: until somebody confirms it again, nobody here can
/// tell the one from the other.
public struct ClockWatch: Sendable {
    /// The civil time at the monotonic clock's origin.
    private var origin: Int64

    public init(_ now: Now) { origin = ClockWatch.origin(now) }

    /// Whether the civil clock stands elsewhere against the monotonic one than when the watch was made. Where it was only
    /// trimmed, that is followed; a clock that is put back has not jumped.
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
