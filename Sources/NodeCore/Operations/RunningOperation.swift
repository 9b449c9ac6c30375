import Basics
import Exchange
import Mailboxes
import Wire

/// An operation under way, with the search that it began with and what the node keeps about it.
struct RunningOperation {
    let serial: UInt64
    private(set) var operation: Operation
    /// Nil where it asks nodes that were known before.
    private(set) var search: Search?
    /// When it wants to go on by itself.
    var wakeAt: Instant?
    /// Whether it would send a chunk if the pacer let it.
    var isHeld = false
    let startedAt: Instant
    /// When it is ended in any case: no operation runs without limit.
    let endsAt: Instant

    /// The longest that any may take: a deposit of the largest envelope over the worst link takes a fraction.
    private static let patience = Duration.seconds(300)

    init(_ operation: Operation, search: Search?, serial: UInt64, now: Instant) {
        self.serial = serial
        self.operation = operation
        self.search = search
        startedAt = now
        endsAt = now + RunningOperation.patience
    }

    /// Whether this is to join the network.
    var isJoining: Bool { if case .find(let find) = operation { find.role == .join } else { false } }

    /// Whether the node has found its network through this. A slow node more or less close by doesn't keep it from that.
    var hasJoined: Bool { isJoining && search?.isUsable == true }

    /// Whether it has done what its command waits for, and goes on for the sake of stragglers.
    var isTrailing: Bool { if case .upload(let upload) = operation { upload.isTrailing } else { false } }

    /// Waits for stragglers no longer: others need the room.
    mutating func conclude() { operation.changeUpload { $0.conclude() } }

    /// Adds a contact through which the search may find more.
    mutating func add(_ seed: Contact) { search?.add(seed) }

    /// Goes on with its search at other points, from the contacts closest to each.
    mutating func spread(to points: [(target: Bytes32, seeds: [Contact])], own: NodeID, now: Instant) {
        search?.spread(to: points, own: own, now: now)
    }

    /// Waits until `instant`, or until it is ended.
    mutating func wait(until instant: Instant?, isHeld: Bool) {
        self.isHeld = isHeld
        wakeAt = min(instant ?? endsAt, endsAt)
    }

    /// What to do now: the steps of the search come before those of the operation.
    mutating func next(now: Now, turns: inout TransferTurns, events: inout [NodeEvent]) -> OperationStep {
        if search?.isFinished == false {
            reportRound(now: now, to: &events)
            if let step = search?.next(now: now) { return step }
            if let search { operation.addClosest(of: search) }
        }
        return operation.next(search: search, now: now, turns: &turns, events: &events)
    }

    private mutating func reportRound(now: Now, to events: inout [NodeEvent]) {
        guard case .find(let find) = operation, let command = find.command else { return }
        if let report = search?.reportNewRound(now: now) { events.append(.lookupRound(command, report)) }
    }

    /// The answer to a request.
    mutating func observe(_ response: Response, body: RawSpan, to token: RequestToken, from context: ResponseContext) {
        if case .search = token {
            search?.observe(response, body: body, from: context)
        } else {
            operation.observe(response, body: body, to: token, from: context)
        }
    }

    /// A request without an answer.
    mutating func observe(_ silence: Silence, of token: RequestToken) {
        if case .search(let node) = token {
            search?.observe(silence, of: node)
        } else {
            operation.observe(silence, of: token)
        }
    }

    /// What it compares, as it is kept now.
    mutating func compare(_ items: KeptItems, now: Instant) { operation.compare(items, now: now) }

    // MARK: What the person answers to a collection

    /// The mailbox that it reads, or nil.
    var collectedMailbox: MailboxID? {
        if case .collection(let collection) = operation { collection.mailbox } else { nil }
    }

    /// The node passed a buddy's challenge on as `challenge`; its answer will come under that ID.
    mutating func observeChallenge(_ challenge: ChallengeID, attempt: Int) {
        _ = operation.changeCollection { $0.observeChallenge(challenge, attempt: attempt) }
    }

    /// Answers a challenge. Returns whether it was this operation's.
    mutating func authorize(_ challenge: ChallengeID, signature: Signature?) -> Bool {
        operation.changeCollection { $0.authorize(challenge, signature: signature) } ?? false
    }

    /// Answers an offer: which envelopes are wanted.
    mutating func fetch(_ envelopes: [EnvelopeID]) {
        _ = operation.changeCollection { $0.fetch(envelopes) }
    }

    // MARK: The end

    /// Marks that it and its search have reached.
    var marks: MarkSet {
        var marks = operation.marks
        if let search { marks.formUnion(search.marks) }
        return marks
    }

    /// Counts and reports that it has ended.
    func count(
        _ outcome: Activity.OperationOutcome, now: Instant, in activity: inout Activity, _ reports: inout NodeReports
    ) {
        let duration = now - startedAt
        activity.record(.operation(operation.kind, outcome))
        reports.add(
            .ended(
                OperationReport(
                    operation.kind, outcome, command: operation.command, duration: duration,
                    search: search.map { ($0.closest.count, $0.requests) },
                    attempts: AttemptCounts(operation.attempts))))
        guard outcome == .finished else { return }
        activity.record(.operation(operation.kind, duration))
        if let search, let finishedAt = search.finishedAt {
            let lookup = search.lookup
            activity.record(.search(rounds: lookup.rounds, requests: search.requests, finishedAt - lookup.started))
        }
    }
}
