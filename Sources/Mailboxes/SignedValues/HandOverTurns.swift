import Basics

/// When a holder republishes the records it keeps to the nodes that are the closest now.
///
/// A holder republishes a record only if no other node republished it to this node within the interval (Kademlia,
/// §2.5). While its owner is online, the owner does so about every hour; afterwards the holder whose turn comes first
/// does it for all. A holder to which the record never comes back is no longer among the closest, and its intervals
/// grow.
struct HandOverTurns {
    private struct Turn {
        var due: Instant
        var pause: Duration
    }

    private static let firstPause = Duration.seconds(3_600)
    private static let longestPause = Duration.seconds(86_400)

    /// Makes this node's turns differ from other holders'.
    private let own: NodeID
    private var turns: [Location: Turn] = [:]

    init(own: NodeID) { self.own = own }

    /// The record was republished to this node: its next turn comes after a delay of the node's own, so that holders
    /// take turns.
    mutating func postpone(_ location: Location, now: Instant) {
        turns[location] = Turn(due: now + delay(HandOverTurns.firstPause, location), pause: .zero)
    }

    /// Whether it is this node's turn; if so, sets the next one. A record not known yet counts as republished just now.
    mutating func takeTurn(_ location: Location, now: Instant) -> Bool {
        guard let turn = turns[location] else {
            postpone(location, now: now)
            return false
        }
        guard turn.due <= now else { return false }
        let pause = min(max(turn.pause * 2, HandOverTurns.firstPause), HandOverTurns.longestPause)
        turns[location] = Turn(due: now + delay(pause, location), pause: pause)
        return true
    }

    /// The record at a location is gone.
    mutating func forget(_ location: Location) { turns[location] = nil }

    /// A delay between `pause` and twice as long, as good as random.
    private func delay(_ pause: Duration, _ location: Location) -> Duration {
        let spread = (location.bytes ^ own.bytes).words.3
        return pause + pause * Int(spread >> 54) / 1_024
    }
}
