import Basics

/// An outbox entry under way: what is on disk, and where the present attempt stands.
struct PendingMessage {
    /// The phases of one attempt.
    /// ```
    ///   accepting ─▶ resting ─▶ ready ─▶ finding ─▶ sealing ─▶ sending
    ///                   ▲                   │                     │
    ///                   └───────────────────┴─────────────────────┘
    /// ```
    enum Phase {
        /// Its acceptance is not durable yet.
        case accepting
        /// It waits for its time on the agenda.
        case resting
        /// Its time has come, and it waits for others to make way.
        case ready
        /// The recipient's record is being looked for.
        case finding
        /// Its envelope is not durable yet.
        case sealing
        /// Its envelope is on its way.
        case sending
    }

    let id: MessageID
    var entry: OutboxEntry
    var phase: Phase
    /// Attempts in a row that failed.
    var failures = 0
    /// Whether the present attempt has tried the mailbox.
    var hasTriedMailbox = false
    /// Whether the present attempt found a quorum.
    var hasReachedQuorum = false
    /// Why the present attempt found none in the mailbox's buddies.
    var shortfall: Failure?

    init(id: MessageID, entry: OutboxEntry, phase: Phase) {
        self.id = id
        self.entry = entry
        self.phase = phase
    }

    /// Whether it holds one of the places for pending messages under way. Once a quorum keeps it, others go first.
    var isUnderWay: Bool { phase == .finding || phase == .sealing || (phase == .sending && !hasReachedQuorum) }
}

/// When to try again.
enum Backoff {
    private static let shortest = Duration.seconds(2)
    static let longest = Duration.seconds(600)
    /// Where nobody at all can be reached, trying costs nothing, and the first who comes should not wait long.
    static let whileAlone = Duration.seconds(15)
    private static let firstDeposit = Duration.seconds(300)
    private static let lastDeposit = Duration.seconds(12 * 3_600)

    /// 2 s after the first failure, doubling to the longest, less up to a half.
    static func afterFailures(
        _ count: Int, upTo longest: Duration = longest, _ generator: inout SeededGenerator
    ) -> Duration {
        let doublings = min(max(count - 1, 0), 16)
        return generator.jittered(min(shortest * (1 << doublings), longest))
    }

    /// Five minutes after the envelope was stored first, for its buddies may not have been the closest; doubling to 12 h.
    static func afterDeposits(_ count: Int) -> Duration {
        min(firstDeposit * (1 << min(max(count, 0), 8)), lastDeposit)
    }
}

extension SeededGenerator {
    /// A duration between a half and the whole of the one given: many that fail together don't come back together.
    mutating func jittered(_ duration: Duration) -> Duration {
        duration * Int(512 + next() % 513) / 1_024
    }
}
