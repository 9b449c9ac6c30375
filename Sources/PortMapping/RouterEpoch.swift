import Basics

/// A router counts the seconds since it has known its mappings. Where that count doesn't go on as a clock does, the router has
/// lost them (RFC 6887, §8.5; RFC 6886, §3.6).
struct RouterEpoch: Sendable {
    private var last: (seconds: UInt32, at: Instant)?

    /// The router has told its count. Returns true if it has lost its mappings since it told it last.
    mutating func observe(_ seconds: UInt32, now: Instant) -> Bool {
        defer { last = (seconds, now) }
        return isRestart(seconds, now: now)
    }

    /// The same of what anybody may have said: it isn't remembered.
    func isRestart(_ seconds: UInt32, now: Instant) -> Bool {
        guard let last else { return false }
        // It may go back by a second, as answers may overtake each other.
        guard Int64(seconds) + 1 >= Int64(last.seconds) else { return true }
        let here = (now - last.at).components.seconds
        let there = Int64(seconds) - Int64(last.seconds)
        // Clocks may differ by a sixteenth, and by two seconds.
        return here + 2 < there - there / 16 || there + 2 < here - here / 16
    }
}
