import Basics
import Exchange
import Mailboxes
import Sessions
import Storage
import Wire

/// What comes into mailboxes is announced: by this node to those who have subscribed, and by buddies to this node.
struct Announcing {
    private var subscriptions = Subscriptions()
    private var watches = Watches()
    private var depositors = Depositors()
    private var glances = Glances()

    // MARK: To others

    /// A client that reads a mailbox asks to be told what comes into it.
    mutating func subscribe(
        _ client: NodeID, to mailbox: MailboxID, seconds: UInt32, from source: Source, _ turn: inout Turn
    ) -> Response {
        guard !turn.buggifies(.subscriptionRefused),
            let granted = subscriptions.subscribe(
                client, to: mailbox, from: source, seconds: seconds, now: turn.now.monotonic)
        else {
            turn.mark(.subscriptionRefused)
            return .refused(.busy, retryAfterSeconds: Limits.retryAfterBusy)
        }
        return .subscribed(seconds: granted)
    }

    /// Somebody has brought something to this node, or an owner's word that it is done.
    mutating func observeServed(_ query: ServingQuery, _ body: RawSpan, _ answer: ServingAnswer) {
        switch (query.request, answer) {
        case (.deposit(let chunk), .after(let ticket, .kept)):
            let entry = MailboxEntry(envelope: EnvelopeID(chunk.object), size: chunk.size)
            subscriptions.observeKept(entry, in: chunk.location, ticket)
            observeDepositor(chunk, query)
        case (.deposit(let chunk), .response(.kept)): observeDepositor(chunk, query)
        case (.discard(let mailbox, _, let list), .after(let ticket, _)):
            observeDiscard(TombstoneReader.all(of: list, in: body), in: mailbox, ticket)
        default: break
        }
    }

    /// A server brings what it has found missing here, and compares again.
    private mutating func observeDepositor(_ chunk: UploadChunk, _ query: ServingQuery) {
        guard !query.isServer else { return }
        depositors.observeKept(
            EnvelopeID(chunk.object), in: chunk.location, broughtBy: query.asker, query.source)
    }

    /// An owner's word that envelopes are done will be durable with this ticket.
    mutating func observeDiscard(_ tombstones: [Tombstone], in mailbox: MailboxID, _ ticket: Ticket) {
        depositors.observeDiscard(tombstones.map(\.envelope), in: mailbox, ticket)
    }

    /// Something that this node has fetched by repair is to be kept, unless it was refused.
    mutating func observeRepaired(_ thing: RepairedThing, _ refusal: RefusalReason?, _ ticket: Ticket) {
        guard refusal == nil, case .bytes(let bytes, let item) = thing, item.itemKind == .envelope else { return }
        let entry = MailboxEntry(envelope: item.envelope, size: bytes.count)
        subscriptions.observeKept(entry, in: item.location, ticket)
    }

    /// The writes up to a ticket are durable, or lost.
    mutating func observeCommit(through ticket: Ticket, _ result: CommitResult) {
        subscriptions.observeCommit(through: ticket, isDurable: result == .committed)
        depositors.observeCommit(through: ticket, isDurable: result == .committed)
    }

    /// A session has ended.
    mutating func forget(_ sessions: [SessionID]) {
        for session in sessions {
            subscriptions.forget(session: session.number)
            depositors.forget(session: session.number)
        }
    }

    /// A client has no session any more.
    mutating func forget(client: NodeID) { subscriptions.end(of: client) }

    /// There was no room for an announcement.
    mutating func observeUnsent(to client: NodeID, of mailbox: MailboxID, _ turn: inout Turn) {
        turn.mark(.announcementNotSent)
        subscriptions.observe(.unsent, by: client, of: mailbox, now: turn.now.monotonic)
    }

    /// What a client is to be told now; nil where there is nothing. What the person is to be told is told here.
    mutating func next(_ turn: inout Turn) -> (client: NodeID, mailbox: MailboxID, entries: [MailboxEntry])? {
        while let announcement = subscriptions.next(now: turn.now.monotonic) {
            switch announcement.subscriber {
            case .person: turn.tell(.announced(mailbox: announcement.mailbox))
            case .client(let client): return (client, announcement.mailbox, announcement.entries)
            }
        }
        return nil
    }

    /// Who is to be told now that something of theirs was collected; called until nil.
    mutating func nextCollected() -> Depositors.Collected? { depositors.next() }

    /// When somebody is to be told something.
    var nextAnnouncement: Instant? { subscriptions.nextDue }

    /// The client that reads a mailbox and is told what comes into it; nil where there is none.
    func reader(of mailbox: MailboxID, now: Instant) -> NodeID? { subscriptions.reader(of: mailbox, now: now) }

    // MARK: From buddies

    /// The person's side wants to be told what comes into these mailboxes of theirs.
    mutating func watch(_ mailboxes: [MailboxID]) {
        watches.watch(mailboxes)
        subscriptions.subscribePerson(to: mailboxes)
    }

    /// Where buddies of a mailbox are to be asked to announce what comes into it: the number by which one of them is drawn.
    mutating func draw(of mailbox: MailboxID, _ turn: inout Turn) -> UInt64? {
        watches.draw(of: mailbox, turn.randomness.next())
    }

    /// The buddies that want a new proof that a mailbox is the person's.
    func doubted(of mailbox: MailboxID) -> [Contact] { watches.doubted(of: mailbox) }

    /// The next few of a mailbox's buddies to be looked at, none of which announces what comes.
    mutating func few(of buddies: [Contact], of mailbox: MailboxID, _ turn: inout Turn) -> [Contact] {
        var random = SeededGenerator(seed: turn.randomness.next())
        let others = buddies.filter { !watches.isAnnouncer($0.id, of: mailbox) }
        return glances.next(of: mailbox, among: others, by: &random)
    }

    /// A buddy agrees to announce what comes into a mailbox. `wanted`: so many are to.
    mutating func observeGrant(_ response: Response, to request: PendingRequest, wanted: Int, _ turn: inout Turn) {
        guard case .subscribed(let seconds) = response, case .subscribe(let mailbox, _) = request.request else {
            return
        }
        let count = watches.observeGrant(
            of: mailbox, by: request.contact, as: request.identity, seconds: seconds, wanted: wanted,
            now: turn.now.monotonic)
        turn.tell(.announcers(mailbox: mailbox, count))
    }

    /// Mail is announced to this node, under one of its keys. `isReader`: it is the key that was made for reading this mailbox. Nobody
    /// else learns whether it is read here.
    mutating func observeAnnouncement(
        of entries: ByteRange, in mailbox: MailboxID, _ body: RawSpan, from sender: SessionInfo, isReader: Bool,
        _ turn: inout Turn
    ) -> ServingAnswer {
        guard isReader else {
            turn.mark(.announcementUnasked)
            return .response(.refused(.unauthorized, retryAfterSeconds: 0))
        }
        var reader = EntryReader(entries)
        var announced: [MailboxEntry] = []
        while let entry = reader.next(in: body) { announced.append(entry) }
        let isBelieved = watches.observe(
            announced, in: mailbox, by: sender.remoteID, to: sender.identity, now: turn.now.monotonic)
        guard isBelieved else {
            turn.mark(.announcementTooSoon)
            return .nothing
        }
        turn.tell(.announced(mailbox: mailbox))
        return .response(.noticed)
    }

    /// A buddy says that the owner of a mailbox has collected what this node has brought there, under one of its keys. `isDepositor`:
    /// it is the key that was made for that. The person's side sees whether the tombstones are the owner's.
    func observeCollected(
        _ tombstones: ByteRange, _ body: RawSpan, isDepositor: Bool, _ turn: inout Turn
    ) -> Response {
        guard isDepositor else {
            turn.mark(.announcementUnasked)
            return .refused(.unauthorized, retryAfterSeconds: 0)
        }
        turn.tell(.collected(TombstoneReader.all(of: tombstones, in: body)))
        return .noticed
    }

    /// Whether a node has agreed to announce what comes into a mailbox to one of our keys.
    func isAnnouncer(_ node: NodeID, of mailbox: MailboxID, to identity: IdentityID) -> Bool {
        watches.isAnnouncer(node, of: mailbox, to: identity)
    }

    /// Hands over what was announced of a mailbox.
    mutating func removeAnnounced(in mailbox: MailboxID) -> [Watches.Announced] {
        watches.removeAnnounced(in: mailbox)
    }

    /// Asks buddies to go on, where that is due.
    mutating func renewals(at pace: Watches.Pace, _ turn: inout Turn) -> [SingleRequest] {
        let now = turn.now.monotonic
        for mailbox in watches.removeDoubted(at: pace, now: now) {
            turn.tell(.announcers(mailbox: mailbox, watches.count(mailbox)))
        }
        return watches.renewals(at: pace, now: now)
    }

    /// When they are asked next.
    func nextRenewal(at pace: Watches.Pace) -> Instant? { watches.nextRenewal(at: pace) }

    /// A buddy has lost its session with one of our keys, and with it what it agreed to there.
    mutating func observeLoss(of buddy: NodeID, as identity: IdentityID, _ turn: inout Turn) {
        guard let mailbox = watches.mailbox(announcedBy: buddy, to: identity) else { return }
        end(of: mailbox, by: buddy, &turn)
    }

    private mutating func end(of mailbox: MailboxID, by buddy: NodeID, _ turn: inout Turn) {
        report(watches.observeEnd(of: mailbox, by: buddy), of: mailbox, &turn)
    }

    private func report(_ left: Announcers?, of mailbox: MailboxID, _ turn: inout Turn) {
        guard let left else { return }
        turn.mark(.announcerLost)
        turn.tell(.announcers(mailbox: mailbox, left))
    }

    /// The buddies that announce the person's mail, each with the key under which it was asked.
    var buddies: [(buddy: Contact, identity: IdentityID)] { watches.buddies }

    /// The network is another: buddies may not find this node any more.
    mutating func startOver(_ turn: inout Turn) {
        for mailbox in watches.startOver() { turn.tell(.announcers(mailbox: mailbox, Announcers(0))) }
    }

    // MARK: Both

    /// What became of an announcement or a renewal.
    mutating func follow(_ request: SingleRequest, _ turn: inout Turn) {
        let (node, now) = (request.node.id, turn.now.monotonic)
        switch (request.goal, request.response) {
        case (.audit, _), (.passage, _), (.collected, _), (.renewal, .subscribed): break
        case (.announcement, .noticed): subscriptions.observe(.noticed, by: node, of: request.mailbox, now: now)
        case (.announcement, .refused(.unauthorized, _)): subscriptions.end(of: node)
        case (.announcement, _):
            turn.mark(.announcementUnanswered)
            subscriptions.observe(.unanswered, by: node, of: request.mailbox, now: now)
        case (.renewal, .refused(.unauthorized, _)):
            report(watches.observeDoubt(of: request.mailbox, by: request.node.id), of: request.mailbox, &turn)
        case (.renewal, _): end(of: request.mailbox, by: request.node.id, &turn)
        }
    }
}
