import Basics
import NodeCore

/// Notices when many datagrams begin to be dropped and when that has ended, so that each is reported once, not per
/// datagram.
package struct DropWatch: Sendable {
    package enum Change: Hashable, Sendable {
        case many
        case over
    }

    /// So many in a minute are no accident: healthy networks drop some dozens.
    package static let many = 3_000
    /// With fewer in a whole minute the alarm ends. Far enough below `many` that the two states don't alternate.
    package static let few = 300
    private static let span = Duration.seconds(60)

    private var start: Instant?
    private var count = 0
    private var isMany = false

    package init() {}

    /// Counts the datagrams dropped since the last call; returns the change of state that this causes, if any.
    package mutating func record(_ dropped: Int, now: Instant) -> Change? {
        var change: Change?
        let elapsed = now - (start ?? now)
        if start == nil || elapsed >= DropWatch.span {
            if isMany, start != nil, count < DropWatch.few {
                isMany = false
                change = .over
            }
            start = now
            count = 0
        }
        count += dropped
        if !isMany, count >= DropWatch.many {
            isMany = true
            change = .many
        }
        return change
    }

    /// By an event's index: whether it counts as a dropped datagram, because it was noise, a repetition or too much.
    static let counts: [Bool] = Activity.events.map { event in
        guard case .dropped(let reason) = event else { return false }
        switch reason {
        case .malformed, .unauthentic, .replayed, .rateLimited, .full: return true
        case .unknownSession, .unexpected, .empty, .answered, .challenged, .repeated: return false
        }
    }
}
