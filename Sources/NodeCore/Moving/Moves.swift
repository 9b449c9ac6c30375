import Basics
import Sessions

/// The peers that are still to be shown where this node is, after it has moved.
///
/// A peer follows a session to where it sees the node (`PathValidation`). Until something comes from there, it sends to where the node
/// was. So all whose session is in use get a ping: those heard last first, and not all in one moment, as most will hear something of
/// this node anyway. What it costs is bounded by the sessions there are.
package struct Moves {
    /// The next is the last.
    private var waiting: [Contact] = []
    /// When the next one's turn is.
    private var nextAt = Instant.origin
    /// Where most others saw this node last.
    private var seen: (ipv4: Endpoint?, ipv6: Endpoint?)
    /// When all were last to be shown it.
    private var begunAt: Instant?
    /// When a peer has last shown that it sees this node elsewhere, and that counted.
    private var challengedAt: Instant?

    private static let pace = Duration.seconds(1) / Limits.sessionsShownPerSecond

    package init() {}

    /// Most others see this node here. Returns whether they saw it elsewhere before, and weren't shown its place a moment ago.
    package mutating func observe(seenAt ipv4: Endpoint?, _ ipv6: Endpoint?, now: Instant) -> Bool {
        func isOther(_ now: Endpoint?, _ before: Endpoint?) -> Bool { now != nil && before != nil && now != before }
        if let begunAt, now - begunAt < Limits.placeShownPause {
            // Where they were shown it, unless it is known already.
            seen = (seen.ipv4 ?? ipv4, seen.ipv6 ?? ipv6)
            return false
        }
        defer { seen = (ipv4 ?? seen.ipv4, ipv6 ?? seen.ipv6) }
        return isOther(ipv4, seen.ipv4) || isOther(ipv6, seen.ipv6)
    }

    /// A peer has challenged this node: it sees it elsewhere, or somebody sends copies on. Returns whether that counts: it is a
    /// single peer's word.
    package mutating func observeChallenge(now: Instant) -> Bool {
        if let challengedAt, now - challengedAt < Limits.seenElsewherePause { return false }
        challengedAt = now
        return true
    }

    /// These are to be shown where this node is, the first one first.
    package mutating func begin(_ peers: [Contact], now: Instant) {
        waiting = peers.reversed()
        (nextAt, begunAt, seen) = (now, now, (nil, nil))
    }

    /// The next peer whose turn it is; called until nil.
    package mutating func next(now: Instant) -> Contact? {
        guard nextAt <= now, let next = waiting.popLast() else { return nil }
        // After a sleep of the machine's not all are due at once.
        nextAt = max(nextAt, now) + Moves.pace
        if waiting.isEmpty { waiting = [] }
        return next
    }

    /// When the next one's turn is.
    package var nextDue: Instant? { waiting.isEmpty ? nil : nextAt }
}
