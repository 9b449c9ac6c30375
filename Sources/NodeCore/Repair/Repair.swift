import Basics
import Mailboxes
import Wire

/// The repair of what nodes keep for others, as nodes come and go: when this node compares what it keeps with another node of its
/// range, and what it brings to that node afterwards.
///
/// The range is the smallest subtree of the keyspace around this node with k live nodes. All of them keep all mail, records and
/// tombstones whose location lies in it; the k closest to each location are among them.
struct Repair {
    private var schedule: RepairSchedule
    private var churn = ChurnEstimate()
    /// How many leading bits the nodes of the range share; nil while this node keeps nothing for others.
    private var depth: Int?
    private var nextLook = Instant.origin
    /// Whether a round is under way.
    private var isComparing = false
    /// Whether something that this round has fetched could not be kept now.
    private var hasRefused = false
    /// With whom the last round was, and what is still to be brought there.
    private var partner: Contact?
    private var offers: ArraySlice<ItemKey> = []
    private var underWay = 0
    /// Before this node leaves: with how many nodes it is still to compare; nil while it stays.
    private var roundsToLeave: Int?
    /// Before it leaves: rounds that came to nothing, as the other node did not answer.
    private var failuresToLeave = 0
    /// Nodes with which it has begun to compare since it began to leave.
    private(set) var askedToLeave: [NodeID] = []
    /// Things that were brought to others since it began to leave.
    private(set) var handedOver = 0

    /// Rounds that a node makes before it leaves: its range has nearly everything already.
    private static let roundsBeforeLeaving = 2
    /// After so many that don't answer a node that leaves gives up.
    private static let patienceToLeave = 4
    /// Things brought at once.
    private static let atOnce = 4
    /// How often the range is looked at.
    private static let look = Duration.seconds(60)

    /// `interval`: the usual time between two rounds; nil where it follows from how nodes come and go.
    init(every interval: Duration?) { schedule = RepairSchedule(every: interval) }

    // MARK: The range

    /// Whether the range is to be looked at: once a minute, when something else is done.
    func isLookDue(now: Instant) -> Bool { nextLook <= now }

    /// The range as it is now; nil where this node keeps nothing for others.
    mutating func observe(depth: Int?, now: Instant) {
        nextLook = now + Repair.look
        defer { self.depth = depth }
        guard let depth else { return schedule.stop() }
        // Where it has shrunk, nothing is lacking.
        if self.depth == nil || depth < self.depth ?? 0 { schedule.hasten(now: now) }
    }

    // MARK: Rounds

    /// When there is something to do: to bring something, or to begin a round.
    var due: Instant? { hasOffer ? .origin : nextRound }

    private var hasOffer: Bool { underWay < Repair.atOnce && !offers.isEmpty }

    /// When a round is due.
    var nextRound: Instant? {
        guard !isBusy else { return nil }
        guard let roundsToLeave else { return schedule.due }
        return roundsToLeave > 0 ? .origin : nil
    }

    private var isBusy: Bool { isComparing || !offers.isEmpty || underWay > 0 }

    /// A round with a node begins. `present`: the live nodes of the range; `isAlive` tells of any node whether it is there.
    mutating func begin(with partner: NodeID, present: [NodeID], isAlive: (NodeID) -> Bool, now: Instant) {
        if isLeaving { askedToLeave.append(partner) }
        churn.look(at: present, isAlive: isAlive, now: now)
        isComparing = true
        hasRefused = false
    }

    /// Something that was fetched is kept, or isn't for this reason. Returns the mark that this reaches.
    mutating func observeKept(_ refusal: RefusalReason?) -> Mark? {
        // What is not kept for good, such as a stranger's mail where there is much of it, is not lacking.
        if refusal == .nodeFull || refusal == .busy { hasRefused = true }
        return refusal == nil ? nil : .repairRefused
    }

    /// A commit has failed: what was fetched may be lost.
    mutating func observeLoss(now: Instant) { schedule.observeLoss(pause: Limits.pauseAfterFull, now: now) }

    /// A round has ended, or could not begin (nil).
    mutating func observe(_ outcome: RepairOutcome?, with partner: Contact?, randomness: UInt64, now: Instant) {
        isComparing = false
        let end: RepairSchedule.RoundEnd =
            switch outcome {
            case let outcome? where outcome.isAnswered: outcome.isComplete && !hasRefused ? .complete : .incomplete
            default: .unanswered
            }
        countRoundToLeave(end)
        schedule.observeEnd(end, halfLife: churn.halfLife, randomness: randomness, now: now)
        guard let outcome, let partner else { return }
        self.partner = partner
        offers = outcome.offered[...]
    }

    private mutating func countRoundToLeave(_ end: RepairSchedule.RoundEnd) {
        guard let rounds = roundsToLeave else { return }
        if end == .unanswered { failuresToLeave += 1 }
        if end != .unanswered || failuresToLeave >= Repair.patienceToLeave { roundsToLeave = rounds - 1 }
    }

    // MARK: Bringing

    /// What is to be brought to which node now; nil where nothing is.
    mutating func nextOffer() -> (item: ItemKey, partner: Contact)? {
        guard underWay < Repair.atOnce, let partner, let item = offers.popFirst() else { return nil }
        underWay += 1
        return (item, partner)
    }

    /// What became of something that was to be brought.
    mutating func observeBrought(_ state: AttemptState, now: Instant) {
        underWay = max(0, underWay - 1)
        if state == .done, roundsToLeave != nil { handedOver += 1 }
        switch state {
        case .failed, .refused(.busy):
            offers = []
            schedule.observeShortfall(now: now)
        // The node takes no more, and need not.
        case .refused(.nodeFull): offers = []
        case .busy, .done, .refused: break
        }
    }

    // MARK: Leaving

    /// This node is about to end: others get what only it may have.
    mutating func leave() { roundsToLeave = depth == nil ? 0 : Repair.roundsBeforeLeaving }

    /// Whether this node is about to end.
    var isLeaving: Bool { roundsToLeave != nil }

    /// Whether it begins to leave, or has yet to bring something.
    var isHandingOver: Bool { roundsToLeave.map { $0 > 0 || isBusy } ?? false }

    /// How long a tombstone takes at most to come round: two of the usual pauses between rounds.
    var tombstonePatience: Duration { schedule.interval(churn.halfLife) * 2 }

    /// Whether it fetches what it lacks: not any more once it leaves.
    var isFetching: Bool { !isLeaving }
}
