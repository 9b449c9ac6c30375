import Basics

/// When a node compares what it keeps with what another node of its range keeps.
///
/// Who comes compares soon, with several others one after the other: none need have all, and some may lie. So does a node
/// whose range has grown, as others have gone. From then on a node compares with one node drawn by chance each time, as in
/// the anti-entropy of epidemic protocols (Demers et al., "Epidemic Algorithms for Replicated Database Maintenance", PODC
/// 1987, §1.3): what few hold is held by all after some rounds.
package struct RepairSchedule: Sendable {
    /// - Parameter interval: the usual time between two rounds; nil where it follows from how nodes come and go.
    package init(every interval: Duration? = nil) { fixed = interval }

    private let fixed: Duration?

    /// The pauses before the first rounds.
    private static let firstPauses: [Duration] = [.seconds(2), .seconds(5), .seconds(20)]
    /// How long a node waits that got no answer, before it tries another. After a round that fell short, or whose yield was lost,
    /// it waits as long, and then twice as long each time.
    private static let pauseAfterFailure = Duration.seconds(10)
    /// Failures in a row after which the next round comes at its usual time: this node itself is cut off.
    private static let patience = 5
    /// The usual time between two rounds is a half of the half-life of nodes unless it is fixed, but no shorter and no longer than
    /// these.
    package static let shortestInterval = Duration.seconds(600)
    package static let longestInterval = Duration.seconds(3_600)

    /// When the next round is due; nil while this node keeps nothing for others.
    package private(set) var due: Instant?
    /// Of the first rounds, those that are over.
    private var early = RepairSchedule.firstPauses.count
    private var failures = 0
    /// Rounds in a row that fell short, and losses.
    private var shortfalls = 0
    /// Whether something was lost since the last round began. That a round is complete says nothing then.
    private var hasLost = false

    /// How a round ended.
    package enum RoundEnd: Sendable {
        /// The other node did not answer at all.
        case unanswered
        /// Not all was compared, or not all that was lacking could be fetched, kept or brought.
        case incomplete
        case complete
    }

    /// The node has begun to keep things for others, or its range has grown.
    package mutating func hasten(now: Instant) {
        early = 0
        (failures, shortfalls) = (0, 0)
        due = now + RepairSchedule.firstPauses[0]
    }

    /// The node keeps nothing for others any more.
    package mutating func stop() { due = nil }

    /// A round has ended. `randomness` spreads the usual rounds of many nodes.
    package mutating func observeEnd(_ end: RoundEnd, halfLife: Duration, randomness: UInt64, now: Instant) {
        failures = end == .unanswered ? failures + 1 : 0
        if end == .unanswered, failures < RepairSchedule.patience {
            due = now + RepairSchedule.pauseAfterFailure
            return
        }
        if end == .incomplete {
            due = nil
            return observeShortfall(now: now)
        }
        if end == .complete, !hasLost { shortfalls = 0 }
        hasLost = false
        early = min(early + 1, RepairSchedule.firstPauses.count)
        if early < RepairSchedule.firstPauses.count {
            due = now + RepairSchedule.firstPauses[early]
        } else {
            due = now + interval(halfLife) * Int(640 + randomness % 385) / 1_024
        }
    }

    /// The last round fell short after it had ended: something could not be brought to the other node.
    package mutating func observeShortfall(now: Instant) { retry(now: now) }

    /// What was fetched may be lost, as a commit has failed. `pause`: until then nothing is kept.
    package mutating func observeLoss(pause: Duration, now: Instant) {
        guard due != nil else { return }
        hasLost = true
        retry(after: pause, now: now)
    }

    private mutating func retry(after least: Duration = .zero, now: Instant) {
        let pause = min(RepairSchedule.pauseAfterFailure * (1 << min(shortfalls, 6)), RepairSchedule.shortestInterval)
        shortfalls += 1
        let next = now + max(pause, least)
        due = due.map { min($0, next) } ?? next
    }

    /// The longest usual pause between two rounds.
    package func interval(_ halfLife: Duration) -> Duration {
        fixed ?? min(max(halfLife / 2, RepairSchedule.shortestInterval), RepairSchedule.longestInterval)
    }
}
