import Basics
import Conversations
import Cryptography
import Exchange
import Storage

/// What serves a person: it brings their messages to others, fetches what waits for them, and tells the truth about both.
///
/// A pure state machine. Its driver hands it the node's events and the time, and drains the outbox and the writes after
/// every call. All that must survive lies in the store: what one call writes is durable as a whole or not at all, and
/// what follows from a write (an acceptance, the first sending of an envelope, a discard, a receipt) is done only when
/// it is durable. Everything else is rebuilt from the store, after a start as after a failed commit.
public struct PeerAgent {
    /// The person served.
    public var id: PeerID { profile.peerID }

    let profile: ProfileKey
    let suite: CipherSuite
    let cipher: EnvelopeCipher
    var view: StoreView
    /// For keys, nonces and IDs.
    var secrets: SecureGenerator
    /// For times only.
    var jitter: SeededGenerator

    var errands = Errands()
    var agenda = Agenda()
    /// What waits for its writes to be durable, in the order of tickets.
    var awaited: [(ticket: Ticket, step: AwaitedStep)] = []
    var isJoined = false
    /// What may be done by the civil clock.
    var clock: ClockGuard

    /// What happens on the way, for a driver that wants to tell.
    public var steps = DeliverySteps()

    // What is on its way to others.
    var pendingMessages: [MessageID: PendingMessage] = [:]
    /// Pending messages whose time has come and that wait for a place, in the order in which they came.
    var ready: [MessageID] = []
    var underWay = 0
    var messagesUnderWay = 0
    var durableStates = DurableStates()
    var history = SentHistory()
    /// The batch of receipts under way to a peer: one at a time, so that the next gathers more.
    var receiptBatches: [PeerID: MessageID] = [:]
    /// Whether the program is about to end, so that nothing gathers, and receipts take both ways at once.
    var isLeaving = false
    var records = RecordCache()
    var ways = DirectWays()
    var peerKeys = PeerKeys()

    // What comes in.
    /// Ascending by epoch.
    var mailboxes: [OwnMailbox] = []
    var rhythm = PollingRhythm()
    /// Received messages not shown yet, ascending by position.
    var unshown: [UnshownMessage] = []
    var inboxCount: UInt64 = 0
    var arrivals = Arrivals()
    var verifiedSenders = VerifiedSenders()
    /// What waits in these mailboxes and can't be opened.
    var unopenedMail = UnopenedMail()

    // What others need to write to this person.
    var prekeys = PrekeyRing()
    var publication = Publication()
    var secondCopy = SecondCopy()

    /// Rebuilds everything from the store. `seed` is secret and never used twice.
    public init(profile: ProfileKey, suite: CipherSuite, store: any StoreReader, seed: Bytes32, now: Now) {
        self.profile = profile
        self.suite = suite
        cipher = EnvelopeCipher(profile: profile, suite: suite)
        view = StoreView(base: store)
        secrets = SecureGenerator(seed: seed)
        jitter = SeededGenerator(seed: secrets.next())
        clock = ClockGuard(now)
        load(now: now, pause: .zero)
    }

    // MARK: The driver's side

    /// Begins; called once, before any event.
    public mutating func start(now: Now, into outbox: inout PeerOutbox) {
        writeOwner()
        acceptDeliveries(&outbox)
    }

    /// Takes what the node reports.
    public mutating func handle(_ event: NodeEvent, now: Now, into outbox: inout PeerOutbox) {
        clock.look(now)
        switch event {
        case .clock(let standing): clockStands(standing, now)
        case .erasureDelay(let seconds): clock.erasureDelay = seconds
        case .joined: joined(now, &outbox)
        case .networkReturned: beginAnew(now, &outbox)
        case .reachable(let contact): publish(contact: contact, now)
        case .unreachable: publish(contact: nil, now)
        case .record(let id, let record, let answered):
            recordFetched(id, record, answered: answered, now, &outbox)
            ownRecordFetched(id, record, answered: answered, now, &outbox)
        case .recordPublished(let id, let tally): recordPublished(id, tally, now)
        case .depositProgress(let id, let tally): depositProgressed(id, tally, now, &outbox)
        case .depositFinished(let id, let tally, let tombstone): depositFinished(id, tally, tombstone, now, &outbox)
        case .delivery(let id, let outcome): deliveryEnded(id, outcome, now, &outbox)
        case .challenge(let id, let challenge, let mailbox, let channelBinding, let responder):
            authorize(id, challenge, mailbox, channelBinding, responder, &outbox)
        case .offer(let id, let mailbox, let envelopes): offered(id, mailbox, envelopes, now, &outbox)
        case .envelope(let id, let mailbox, let envelope, let bytes):
            fetched(id, mailbox, envelope, bytes, now, &outbox)
        case .collectFinished(let id, _, let tally): collectFinished(id, tally, now)
        case .discarded(let id, _): discardFinished(id, now, &outbox)
        case .envelopeDelivered(let delivery, let mailbox, let bytes): delivered(delivery, mailbox, bytes, now, &outbox)
        case .busy(let id): refusedAsBusy(id, now, &outbox)
        case .envelopeUnavailable, .lookupRound, .lookupFinished: break
        }
        startReady(now, &outbox)
    }

    /// Does what is due; harmless when nothing is.
    public mutating func handleDeadline(now: Now, into outbox: inout PeerOutbox) {
        clock.look(now)
        while let item = agenda.popDue(now.monotonic) {
            switch item {
            case .attempt(let id): becomeReady(id)
            case .deposit(let id): startDeposit(id, now, &outbox)
            case .receipts(let peer): batchReceipts(for: peer, now)
            case .poll(let epoch): poll(epoch, now, &outbox)
            case .discard(let epoch): startDiscard(epoch, &outbox)
            case .publish: publish(now, &outbox)
            case .ordering: showNext(now, &outbox)
            case .numbering: numberOldMessages()
            case .housekeeping: keepHouse(now, &outbox)
            }
        }
        startReady(now, &outbox)
    }

    /// The batch of writes that ends with a ticket of `takeWrites` is durable, or lost.
    public mutating func handleCommit(
        through ticket: Ticket, _ result: CommitResult, now: Now, into outbox: inout PeerOutbox
    ) {
        clock.look(now)
        let settled = view.settle(through: ticket, result)
        let count = awaited.prefix { $0.ticket <= settled }.count
        let steps = awaited[..<count].map(\.step)
        awaited.removeFirst(count)
        if result == .committed {
            for step in steps { resume(step, now, &outbox) }
        } else {
            for step in steps { giveUp(step, result, &outbox) }
            errands.cancelAll(&outbox)
            load(now: now, pause: Limits.pauseAfterFull)
            resumePolling(now, after: Limits.pauseAfterFull)
        }
        startReady(now, &outbox)
    }

    /// When to call `handleDeadline` next, and why.
    public var nextDeadline: (at: Instant, reason: PeerDeadline)? { agenda.next.map { ($0.at, $0.item.reason) } }

    /// Whether `takeWrites` has anything to give.
    public var hasWrites: Bool { view.hasWrites }

    /// The writes since the last call: to be committed as one transaction, and reported to `handleCommit`.
    public mutating func takeWrites() -> (writes: [StoreWrite], through: Ticket) { view.takeWrites() }
}

/// What is done when a write is durable.
enum AwaitedStep {
    case accept(MessageID)
    case tell(SentChange)
    case send(MessageID)
    case arrive(Arrival)
    case clear(UnopenedMail.Entry)
    case show(InboxPosition, arrival: UInt64)
    case number(through: UInt64)
    case publish
}

extension PeerAgent {
    private mutating func resume(_ step: AwaitedStep, _ now: Now, _ outbox: inout PeerOutbox) {
        switch step {
        case .accept(let id): accepted(id, &outbox)
        case .tell(let change): tell(change, now, &outbox)
        case .send(let id): envelopeIsDurable(id, now, &outbox)
        case .arrive(let arrival): arrivalIsDurable(arrival, now, &outbox)
        case .clear(let entry): clearDiscarded(entry, now)
        case .show(let position, let arrival): showLate(position, arrival: arrival, &outbox)
        case .number(let last): oldMessagesAreNumbered(through: last, now)
        case .publish: publishBuiltRecords(&outbox)
        }
    }

    private mutating func giveUp(_ step: AwaitedStep, _ result: CommitResult, _ outbox: inout PeerOutbox) {
        switch step {
        case .accept(let id) where pendingMessages[id]?.entry.kind != .receipt:
            let reason =
                result == .full
                ? "The disk is full; make room and send the message again."
                : "The disk failed; check it and send the message again."
            outbox.notices.append(.notAccepted(id, reason: reason))
        case .arrive(let arrival):
            for delivery in arrival.deliveries { answer(delivery, accepted: false, &outbox) }
        case .accept, .tell, .send, .clear, .show, .number, .publish: break
        }
    }

    /// Builds all that is not in the store from what is. After a failure, work resumes only after a pause.
    private mutating func load(now: Now, pause: Duration) {
        agenda.removeAll()
        loadOutbox(now, pause)
        loadInbox(now)
        prekeys = view.prekeyRing()
        unopenedMail.load(view.unopenedMail())
        publication = Publication(contact: publication.contact)
        secondCopy = view.secondCopy()
        if isJoined { agenda.set(.publish, at: now.monotonic + pause) }
        agenda.set(.housekeeping, at: now.monotonic)
    }

    private mutating func joined(_ now: Now, _ outbox: inout PeerOutbox) {
        isJoined = true
        publication.startOver()
        resumePolling(now, after: .zero)
        // A record that names no endpoint would send its first readers to the mailbox for as long as they remember it.
        let pause = publication.contact == nil ? Publication.patience : .zero
        agenda.set(.publish, at: now.monotonic + pause)
        retryUnstored(now)
    }

    private mutating func refusedAsBusy(_ id: CommandID, _ now: Now, _ outbox: inout PeerOutbox) {
        switch errands[id] {
        case .record: recordFetched(id, nil, answered: 0, now, &outbox)
        case .readOwnRecord: ownRecordFetched(id, nil, answered: 0, now, &outbox)
        case .direct: deliveryEnded(id, .unreachable, now, &outbox)
        case .deposit: depositFinished(id, Tally(), nil, now, &outbox)
        case .collect: collectFinished(id, nil, now)
        case .discard: discardFinished(id, now, &outbox)
        case .publish: recordPublished(id, Tally(), now)
        case nil: break
        }
    }
}
