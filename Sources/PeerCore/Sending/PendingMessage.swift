import Basics
import Conversations
import Exchange

/// An outbox entry under way: what is on disk, and where the present attempt stands.
///
/// It is told what happens to it, and says what is to be done next; it does nothing itself.
struct PendingMessage {
    /// The phases of one attempt.
    /// ```
    ///   resting ─▶ ready ─▶ finding ─▶ sealing ─▶ sending
    ///      ▲         ▲         │  │                  │
    ///      │         └─────────┘  │                  │
    ///      └──────────────────────┴──────────────────┘
    /// ```
    private enum Phase {
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
    private(set) var entry: OutboxEntry
    private var phase: Phase
    /// Attempts in a row that failed.
    private(set) var failures = 0
    /// Whether the present attempt found a quorum.
    private(set) var hasReachedQuorum = false
    /// Whether the present attempt has tried the mailbox.
    private var hasTriedMailbox = false
    /// Why the present attempt found none in the mailbox's buddies.
    private var shortfall: Failure?
    /// Whether the present attempt goes over a way through NATs, and not to nodes that a record names.
    private(set) var isOverWay = false
    /// Whether the recipient has said that they can't open the envelope.
    private var isUnopenable = false

    /// It rests at first.
    init(id: MessageID, entry: OutboxEntry) {
        self.id = id
        self.entry = entry
        phase = .resting
    }

    /// Whether it holds one of the places for pending messages under way. Once a quorum keeps it, others go first.
    var isUnderWay: Bool { phase == .finding || phase == .sealing || (phase == .sending && !hasReachedQuorum) }

    var isResting: Bool { phase == .resting }

    /// Whether it is on its way, and no other node has it for sure, or buddies have it since just now.
    func isOnItsFirstWay(_ now: UnixTime) -> Bool {
        phase == .sending && (entry.state == .queued || entry.wasStoredLately(now))
    }

    /// Whether its envelope may be brought to the mailbox: not after the recipient fetched it from there.
    var isForMailbox: Bool { entry.sealing?.isCollected != true }

    private mutating func enter(_ next: Phase) {
        phase = next
        if next != .resting { hasReachedQuorum = false }
    }

    // MARK: Waiting

    /// Its time has come. Returns whether it was resting, and now waits for its turn.
    mutating func becomeReady() -> Bool {
        guard phase == .resting else { return false }
        enter(.ready)
        return true
    }

    /// Its turn has come. Returns whether its recipient's record is to be looked for.
    mutating func startAttempt() -> Bool {
        guard phase == .ready else { return false }
        enter(.finding)
        return true
    }

    /// It can't go on now, and waits for its turn again.
    mutating func postpone() { enter(.ready) }

    /// Its lookup is called off. Returns whether it was waiting for one.
    mutating func lookupWasCalledOff() -> Bool {
        guard phase == .finding else { return false }
        enter(.resting)
        return true
    }

    /// What brings it to others is called off.
    mutating func callOff() { enter(.resting) }

    /// Failed attempts say nothing about the next any more.
    mutating func forgiveFailures() { failures = 0 }

    /// It was accepted by a clock in doubt: counts its time from now on. Returns whether it was.
    mutating func date(_ now: UnixTime) -> Bool {
        guard entry.isUndated else { return false }
        entry.date(now)
        return true
    }

    // MARK: Sealing

    /// What is to be done once the recipient's record is there, or can't be had now.
    enum RecordStep {
        /// Nothing: it waits for no record.
        case nothing
        /// Its time is over by the clock. Whether that is certain depends on the clock's standing.
        case expire
        /// Send the envelope that there is. `isChanged`: the entry is to be written.
        case send(isChanged: Bool)
        /// Seal it. `doubting`: in no session of this name, as the recipient doesn't seem to have opened it there.
        case seal(PeerRecord, doubting: SessionName?)
        /// There is neither an envelope nor a record to seal one to.
        case giveUp

        /// What it is counted as, where it is a rare one.
        var mark: Mark? {
            switch self {
            case .nothing: .recordNotAwaited
            case .expire: .pendingPastItsTime
            case .send(isChanged: true): .sealingWatched
            case .send(isChanged: false), .seal, .giveUp: nil
            }
        }
    }

    /// `isDoubted`: the session that it was sealed in is not used any more.
    mutating func recordFound(
        _ record: PeerRecord?, isDoubted: Bool, _ clock: ClockGuard, _ now: UnixTime
    ) -> RecordStep {
        guard phase == .finding else { return .nothing }
        guard entry.expiresAt > now else { return .expire }
        if clock.isConfirmed, clock.isUsable, entry.state == .queued, entry.isDatedAhead(now), let record {
            entry.date(now)
            return .seal(record, doubting: nil)
        }
        guard let record else { return entry.epoch == nil ? .giveUp : .send(isChanged: false) }
        guard entry.epoch != nil else { return .seal(record, doubting: nil) }
        guard var sealing = entry.sealing else { return .send(isChanged: false) }
        // Whoever has collected it has opened it.
        let cantBeOpened = isUnopenable || (isDoubted && !sealing.isCollected)
        switch sealing.evaluate(record, isStored: entry.state == .stored, isUnopenable: cantBeOpened, now: now) {
        case .keep: return .send(isChanged: false)
        case .watch:
            entry.sealing = sealing
            entry.deposits = 0
            return .send(isChanged: true)
        case .sealAgain: return .seal(record, doubting: isDoubted && !isUnopenable ? nil : sealing.session)
        }
    }

    /// Whether it rests and is to be sealed again, as its recipient now publishes another prekey than the one that it
    /// is sealed to.
    func isSuperseded(by record: PeerRecord, _ now: UnixTime) -> Bool {
        guard entry.to == record.peer, phase == .resting, var sealing = entry.sealing, sealing.isSuperseded(by: record)
        else { return false }
        return sealing.evaluate(record, isStored: false, isUnopenable: false, now: now) == .sealAgain
    }

    /// It was sealed, and its envelope is being written.
    mutating func wasSealed(to record: PeerRecord, in session: SessionName, at now: UnixTime) {
        entry.wasSealed(to: record, in: session, for: now.epoch, at: now)
        isUnopenable = false
        enter(.sealing)
    }

    /// The recipient says that they can't open its envelope. Returns whether it may be sealed anew at once.
    mutating func wasFoundUnopenable(_ now: UnixTime) -> Bool {
        isUnopenable = true
        return phase == .sending && entry.sealing?.mayBeRepeated(now) == true
    }

    /// Whether it waits for its envelope to be durable.
    var isBeingSealed: Bool { phase == .sealing }

    // MARK: Sending

    /// Its envelope is on its way.
    mutating func startSending(overWay: Bool) {
        enter(.sending)
        isOverWay = overWay
        hasTriedMailbox = false
        shortfall = nil
    }

    /// It is to try the mailbox. Returns whether the present attempt hasn't yet.
    mutating func tryMailbox() -> Bool {
        guard phase == .sending, !hasTriedMailbox else { return false }
        hasTriedMailbox = true
        return true
    }

    /// What is not to be relied on after a direct delivery that failed so. Silence over a way says nothing of the record; a refusal may
    /// come of a record that is out of date, whichever way it came.
    func doubts(after outcome: DeliveryOutcome) -> [SendingDirective] {
        isOverWay && outcome == .unreachable ? [.giveUpWay(entry.to)] : [.distrust(entry.to)]
    }

    /// What is to be done when one of its two ways has ended.
    enum WayStep {
        /// It is where it was to be.
        case conclude
        /// The other way is under way still.
        case wait
        case tryMailbox
        /// Nothing is under way any more.
        case endAttempt(Failure)
    }

    /// The direct way has led nowhere.
    func directWayFailed(isDepositUnderWay: Bool) -> WayStep {
        guard hasTriedMailbox else { return .tryMailbox }
        return isDepositUnderWay ? .wait : .endAttempt(shortfall ?? .unreachable)
    }

    /// A quorum keeps it; more may. Returns whether that is news in this attempt.
    mutating func quorumReached(_ tally: Tally, _ now: UnixTime) -> Bool {
        defer { hasReachedQuorum = true }
        if entry.kind == .message { entry.wasStored(tally, at: now) }
        return !hasReachedQuorum
    }

    /// The recipient's side has fetched it from the mailbox, as a buddy has shown. What brings it there ends by itself.
    mutating func wasCollected(_ now: UnixTime) { entry.learn(Tally(), isCollected: true, now) }

    /// The deposit has ended.
    mutating func depositEnded(
        _ tally: Tally, isCollected: Bool, isTriedDirectly: Bool, _ now: UnixTime
    ) -> WayStep {
        // A receipt is done with when a quorum keeps it.
        if entry.kind == .receipt, isCollected || hasReachedQuorum { return .conclude }
        entry.learn(tally, isCollected: isCollected, now)
        shortfall = Failure(tally)
        return isTriedDirectly ? .wait : .endAttempt(Failure(tally))
    }

    /// How a pending message rests.
    struct Rest {
        let delay: Duration
        /// Why, unless it is safe where it is.
        let reason: String?
    }

    /// Lets it rest until its next attempt: for hours if a quorum keeps it; otherwise the longer, the more attempts in
    /// a row have failed.
    mutating func endAttempt(because failure: Failure, _ now: UnixTime, _ jitter: inout SeededGenerator) -> Rest {
        let isKept = hasReachedQuorum
        let delay: Duration
        if isKept || entry.sealing?.isCollected == true {
            failures = 0
            entry.storedAt = now
            entry.deposits += 1
            let whole = entry.pauseAfterDeposit
            delay = whole + jitter.jittered(whole) / 10
        } else {
            failures += 1
            if entry.state == .queued { entry.reason = failure.sentence }
            let longest = failure == .unreachable ? Backoff.whileAlone : Backoff.longest
            delay = Backoff.afterFailures(failures, upTo: longest, &jitter)
        }
        enter(.resting)
        return Rest(delay: delay, reason: isKept || entry.state == .collected ? nil : failure.sentence)
    }
}
