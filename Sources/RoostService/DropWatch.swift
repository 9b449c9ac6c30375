import Basics
import NodeCore

/// Notices when many datagrams are dropped and when that is over, so that it is told once and not for each of them.
package struct DropWatch: Sendable {
    package enum Change: Hashable, Sendable {
        case many
        case over
    }

    /// So many in a minute are no accident: networks where all is well drop some dozens.
    package static let many = 3_000
    /// Below this in a whole minute it is over: far enough from the other that they don't alternate.
    package static let few = 300
    private static let span = Duration.seconds(60)

    private var start: Instant?
    private var count = 0
    private var isMany = false

    package init() {}

    /// Takes what was dropped since the last call; says what has changed by that.
    package mutating func note(_ dropped: Int, now: Instant) -> Change? {
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

    /// By an event's place: whether it is a datagram that was noise or a repetition, or too much.
    static let counts: [Bool] = Activity.events.map { event in
        guard case .dropped(let reason) = event else { return false }
        switch reason {
        case .malformed, .unauthentic, .replayed, .rateLimited, .full: return true
        case .unknownSession, .unexpected, .empty, .answered, .challenged, .repeated: return false
        }
    }
}
