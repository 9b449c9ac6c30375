import Basics

// Each function that a driver calls with an outbox is one turn.
extension Node {
    /// Begins a turn: lends it this node's randomness until `endTurn`.
    mutating func beginTurn(_ turn: inout Turn, _ now: Now) { turn.borrow(&randomness, at: now) }

    /// Ends a turn.
    mutating func endTurn(_ turn: inout Turn) { turn.giveBack(&randomness) }
}
