import Basics

/// Notices that some address block stores or requests more than its share. Watches two counters of the node, which only
/// grow.
package struct FloodWatch: Sendable {
    /// How long a flood counts as ongoing after the last record or tombstone was displaced or request refused.
    private static let memory = Duration.seconds(60)

    private var seen = 0
    private var lastAt: Instant?

    package init() {}

    /// Takes the total of displaced records and tombstones, and of requests refused as too much work, since the start.
    /// Returns whether a flood is going on.
    package mutating func observe(displaced: Int, refused: Int, now: Instant) -> Bool {
        if displaced + refused > seen {
            seen = displaced + refused
            lastAt = now
        }
        return lastAt.map { now - $0 < FloodWatch.memory } ?? false
    }
}
