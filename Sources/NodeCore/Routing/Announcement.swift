import Basics

/// Contacts that are yet to be shown where this node is now: nearest first, a few at a time, so that a change of network
/// does not begin with a flood.
struct Announcement: Sendable {
    /// So many at once, and that again after each pause: fifty a second.
    private static let batch = 10
    private static let pause = Duration.milliseconds(200)

    /// The nearest is the last.
    private var waiting: [Contact] = []
    /// When the next few are due; nil while there are none.
    private(set) var nextBatch: Instant?

    /// Begins with the first of `contacts`; contacts that still waited from before are dropped.
    mutating func begin(_ contacts: [Contact], now: Instant) {
        waiting = contacts.reversed()
        nextBatch = waiting.isEmpty ? nil : now
    }

    /// Those whose turn it is now.
    mutating func takeBatch(now: Instant) -> [Contact] {
        guard let due = nextBatch, due <= now else { return [] }
        let batch = Array(waiting.suffix(Announcement.batch).reversed())
        waiting.removeLast(batch.count)
        nextBatch = waiting.isEmpty ? nil : now + Announcement.pause
        if waiting.isEmpty { waiting = [] }
        return batch
    }
}
