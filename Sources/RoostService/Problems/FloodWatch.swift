import Basics

/// Notices that some block of addresses brings or asks more than it may, by two counts of the node's that only grow.
package struct FloodWatch: Sendable {
    /// How long it counts as going on after the last that was displaced or refused.
    private static let memory = Duration.seconds(60)

    private var seen = 0
    private var lastAt: Instant?

    package init() {}

    /// How much has been displaced, and how many requests refused as too much work, since the start. Returns whether that
    /// goes on.
    package mutating func observe(displaced: Int, refused: Int, now: Instant) -> Bool {
        if displaced + refused > seen {
            seen = displaced + refused
            lastAt = now
        }
        return lastAt.map { now - $0 < FloodWatch.memory } ?? false
    }
}
