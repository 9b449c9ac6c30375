import Basics
import Cryptography
import Exchange
import Kademlia
import Mailboxes
import Sessions
import Wire

/// The operations under way, their turns to bring something, and what is remembered from one to the next.
///
/// `next` is called again and again for what an operation wants, until it waits or has ended. The pool is told the
/// outcomes.
struct OperationPool {
    private var running: [RunningOperation] = []
    private var turns = TransferTurns()
    private var lastSerial: UInt64 = 0
    /// The operation that was first to send when chunks were last let go on.
    private var lastReleased: UInt64 = 0
    private var collectBuddies = KnownBuddies(mailboxes: Limits.mailboxesRemembered)
    /// Those of mailboxes that something was deposited in just now.
    private var depositBuddies = KnownBuddies(
        mailboxes: Limits.recipientsRemembered, firstLifetime: Limits.depositSearchLifetime,
        longestLifetime: Limits.depositSearchLifetime)

    /// What an operation wants.
    enum Directive {
        /// Send this request under this identity, and report its outcome under this token.
        case ask(Contact, Request, RequestToken, as: IdentityID, payload: [UInt8])
        /// Have the person's side prove that a mailbox is theirs in the session with this buddy, whose attempt has this index.
        case challenge(Contact, attempt: Int, as: IdentityID)
        /// Go on with a comparison by `compare`, with what is kept in this scope now.
        case compare(ItemScope)
        /// Go on by `spread`, with the contacts closest to other points of this region.
        case spread(Region)
        /// Keep this, which a node has given.
        case keep(RepairedThing, from: Contact)
        /// Nothing now. `isHeld`: it would send a chunk if it might. `hasFound`: the node has found its network through it.
        case wait(isHeld: Bool, hasFound: Bool)
        /// It is over.
        case ended(OperationResult)
        /// There is no such operation any more.
        case gone
    }

    // MARK: Beginning

    /// Makes room if as many operations as allowed only wait for stragglers: returns the oldest of them, which is to
    /// end, or nil.
    mutating func concludeTrailing() -> UInt64? {
        guard running.count >= Limits.trailingDeposits else { return nil }
        let trailing = running.indices.filter { running[$0].isTrailing }
        guard trailing.count >= Limits.trailingDeposits else { return nil }
        running[trailing[0]].conclude()
        return running[trailing[0]].serial
    }

    /// Adds an operation and the search that it begins with, if any; nil when as many run as may.
    mutating func begin(_ operation: Operation, _ search: Search?, now: Instant) -> UInt64? {
        guard running.count < Limits.operations else { return nil }
        lastSerial += 1
        running.append(RunningOperation(operation, search: search, serial: lastSerial, now: now))
        return lastSerial
    }

    /// Adds contacts to the search for the own ID that is under way. Returns its operation; nil where there is none.
    mutating func addToJoin(_ seeds: [Contact]) -> UInt64? {
        guard let index = running.firstIndex(where: \.isJoining) else { return nil }
        for seed in seeds { running[index].add(seed) }
        return running[index].serial
    }

    /// How many pass an offer on.
    var passages: Int {
        running.count { if case .single(let request) = $0.operation { request.isPassage } else { false } }
    }

    /// Whether the node is joining.
    var isJoining: Bool { running.contains(where: \.isJoining) }

    // MARK: Going on

    /// What an operation wants. `maySend`: whether a chunk may be sent now.
    mutating func next(_ serial: UInt64, maySend: Bool, _ turn: inout Turn) -> Directive {
        guard let index = index(of: serial) else { return .gone }
        turns.operation = serial
        turns.mayUpload = maySend
        switch running[index].next(now: turn.now, turns: &turns, events: &turn.events) {
        case .ask(let contact, let request, let token):
            return .ask(
                contact, request, token, as: running[index].operation.identity,
                payload: running[index].operation.payload)
        case .challenge(let contact, let attempt):
            return .challenge(contact, attempt: attempt, as: running[index].operation.identity)
        case .compare(let scope): return .compare(scope)
        case .spread(let region):
            turn.mark(.crowdFound)
            return .spread(region)
        case .keep(let thing, let holder): return .keep(thing, from: holder)
        case .held(let until):
            running[index].wait(until: until, isHeld: true)
            turn.mark(.chunkHeldBack)
            return .wait(isHeld: true, hasFound: false)
        case .wait(let until):
            running[index].wait(until: until, isHeld: false)
            return .wait(isHeld: false, hasFound: running[index].hasJoined)
        case .finished:
            return .ended(end(index, .finished, &turn))
        }
    }

    /// An operation whose turn has come to bring something; nil where there is none.
    mutating func nextWoken() -> UInt64? { turns.takeWoken() }

    /// Shows the person's side what to sign for a buddy.
    mutating func challenge(
        _ serial: UInt64, attempt: Int, _ contact: Contact, binding: Digest512, _ turn: inout Turn
    ) {
        guard let index = index(of: serial), let command = running[index].operation.command,
            let mailbox = running[index].collectedMailbox
        else { return }
        lastSerial += 1
        let challenge = ChallengeID(number: lastSerial)
        running[index].observeChallenge(challenge, attempt: attempt)
        turn.tell(
            .challenge(
                command, challenge, mailbox: mailbox, channelBinding: binding.array, responder: contact.id))
    }

    /// What the operation compares, as it is kept now.
    mutating func compare(_ serial: UInt64, _ items: KeptItems, now: Instant) {
        if let index = index(of: serial) { running[index].compare(items, now: now) }
    }

    /// The points at which the search of an operation goes on, with the contacts closest to each.
    mutating func spread(
        _ serial: UInt64, to points: [(target: Bytes32, seeds: [Contact])], own: NodeID, _ now: Now
    ) {
        if let index = index(of: serial) { running[index].spread(to: points, own: own, now: now.monotonic) }
    }

    // MARK: What comes of it

    /// The answer to a request of an operation.
    mutating func observe(
        _ response: Response, body: RawSpan, to token: RequestToken, of serial: UInt64, from context: ResponseContext
    ) {
        guard let index = index(of: serial) else { return }
        running[index].observe(response, body: body, to: token, from: context)
    }

    /// A request of an operation without an answer. Returns whether there is such an operation.
    mutating func observe(_ silence: Silence, of token: RequestToken, of serial: UInt64) -> Bool {
        guard let index = index(of: serial) else { return false }
        running[index].observe(silence, of: token)
        return true
    }

    /// The bytes that the ranges in a request refer to. Nil where the request belongs to an operation that has ended: it
    /// may not be sent any more.
    func payload(of request: PendingRequest) -> [UInt8]? {
        guard case .operation(let serial, _) = request.owner else { return [] }
        return index(of: serial).map { running[$0].operation.payload }
    }

    /// How long to wait for the answer to a request, where a transfer has measured that.
    func timeout(for owner: RequestOwner) -> Duration? {
        guard case .operation(let serial, let token) = owner, let index = index(of: serial) else { return nil }
        return running[index].operation.timeout(of: token)
    }

    // MARK: What the person's side answers

    /// The answer to a challenge. Returns the operation that goes on with it.
    mutating func authorize(_ challenge: ChallengeID, _ signature: Signature?) -> UInt64? {
        running.indices.first { running[$0].authorize(challenge, signature: signature) }.map { running[$0].serial }
    }

    /// The mailbox that the operation of a command reads, and the operation; nil where there is none.
    func collection(for command: CommandID) -> (serial: UInt64, mailbox: MailboxID?)? {
        index(for: command).map { (running[$0].serial, running[$0].collectedMailbox) }
    }

    /// The answer to an offer: which envelopes are wanted.
    mutating func fetch(_ envelopes: [EnvelopeID], in serial: UInt64) {
        if let index = index(of: serial) { running[index].fetch(envelopes) }
    }

    // MARK: The end

    /// Ends the operation of a command without a word.
    mutating func cancel(_ command: CommandID, _ turn: inout Turn) -> (serial: UInt64, result: OperationResult)? {
        guard let index = index(for: command) else { return nil }
        let serial = running[index].serial
        return (serial, end(index, .cancelled, &turn))
    }

    /// Ends an operation that has outlived all patience; nil where it has not.
    mutating func giveUp(_ serial: UInt64, _ turn: inout Turn) -> OperationResult? {
        guard let index = index(of: serial), running[index].endsAt <= turn.now.monotonic else { return nil }
        return end(index, .gaveUp, &turn)
    }

    /// Ends an operation: the only place where one goes.
    private mutating func end(
        _ index: Int, _ reason: Activity.OperationOutcome, _ turn: inout Turn
    ) -> OperationResult {
        let ended = running.remove(at: index)
        if running.isEmpty { running = [] }
        turn.marks.count(ended.marks)
        if reason == .cancelled { turn.mark(.operationCancelled) }
        ended.count(reason, now: turn.now.monotonic, in: &turn.activity, &turn.reports)
        turns.leaveAll(ended.serial)
        if reason == .gaveUp, let command = ended.operation.command { turn.tell(.busy(command)) }
        let result = ended.operation.result(reason, search: ended.search)
        switch result {
        case .collected(let finding, let mailbox):
            if case .lost = finding { turn.mark(.knownBuddiesLost) }
            collectBuddies.observe(finding, of: mailbox, now: turn.now.monotonic)
        case .deposited(let finding, let mailbox):
            if case .lost = finding { turn.mark(.knownBuddiesLost) }
            depositBuddies.observe(finding, of: mailbox, now: turn.now.monotonic)
        case .nothing, .found, .record, .confirmed, .repaired, .brought, .broughtAgain, .audited, .answered: break
        }
        return result
    }

    /// The buddies of a mailbox that a collection of it may begin with.
    func buddiesToCollect(from mailbox: MailboxID, now: Instant) -> [Contact] {
        collectBuddies.buddies(of: mailbox, now: now)
    }

    /// Those of which a few are enough for a look.
    func settledBuddies(of mailbox: MailboxID, now: Instant) -> [Contact] {
        collectBuddies.settled(of: mailbox, now: now)
    }

    /// All are to be found anew.
    mutating func forgetBuddies() {
        collectBuddies.removeAll()
        depositBuddies.removeAll()
    }

    /// The same for a deposit.
    func buddiesToDeposit(in mailbox: MailboxID, now: Instant) -> [Contact] {
        depositBuddies.buddies(of: mailbox, now: now)
    }

    // MARK: Time

    /// When the first operation wants to go on. By index: to copy an operation costs more than to look at it.
    var nextWake: Instant? {
        var next: Instant?
        for index in running.indices {
            if let wakeAt = running[index].wakeAt { next = min(next ?? wakeAt, wakeAt) }
        }
        return next
    }

    /// The operations whose own time has come.
    func due(now: Instant) -> [UInt64] {
        running.indices.filter { running[$0].wakeAt.map { $0 <= now } ?? false }.map { running[$0].serial }
    }

    /// Whether any would send a chunk if it might.
    var hasHeld: Bool { running.indices.contains { running[$0].isHeld } }

    /// Those, in the order in which they may: each time another is the first.
    var held: [UInt64] {
        let held = running.indices.filter { running[$0].isHeld }.map { running[$0].serial }
        return held.filter { $0 > lastReleased } + held.filter { $0 <= lastReleased }
    }

    /// An operation was the first that might.
    mutating func observeReleased(_ serial: UInt64) { lastReleased = serial }

    // MARK: -

    private func index(of serial: UInt64) -> Int? { running.indices.first { running[$0].serial == serial } }

    private func index(for command: CommandID) -> Int? {
        running.indices.first { running[$0].operation.command == command }
    }

    /// Traps where something that holds between any two calls doesn't. For tests.
    func checkInvariants() { precondition(running.count <= Limits.operations) }
}
