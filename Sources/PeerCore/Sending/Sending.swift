import Basics
import Conversations
import Cryptography
import Exchange
import Storage
import Wire

/// Brings pending messages to their recipients: asks for their records, seals once, delivers directly, and races the mailbox
/// against that, until a receipt comes or the message has expired.
struct Sending {
    private var sealer: EnvelopeSealer
    private var pending = PendingMessages()
    private var ways = DirectWays()
    private var deposited = DepositedEnvelopes()

    init(cipher: EnvelopeCipher, suite: CipherSuite) { sealer = EnvelopeSealer(cipher: cipher, suite: suite) }

    /// Begins with the messages that the store says are under way, after a pause. Returns what they are.
    mutating func load(pause: Duration, _ turn: inout Turn) -> [(id: MessageID, entry: OutboxEntry)] {
        pending = PendingMessages()
        (ways, deposited) = (DirectWays(), DepositedEnvelopes())
        var loaded: [(id: MessageID, entry: OutboxEntry)] = []
        for id in turn.view.activeMessageIDs() {
            guard let entry = turn.view.outboxEntry(id) else { continue }
            pending.insert(PendingMessage(id: id, entry: entry))
            let spread = turn.jitter.jittered(.seconds(2))
            turn.schedule(.attempt(id), in: pause + max(spread, entry.untilNextDeposit(turn.now.utc)))
            loaded.append((id, entry))
        }
        return loaded
    }

    // MARK: What is pending

    /// How many messages are pending, receipts left out.
    var messageCount: Int { pending.messageCount }
    /// The entry of what is pending under an ID.
    func entry(of id: MessageID) -> OutboxEntry? { pending[id]?.entry }
    /// Whether it is pending and no attempt has failed since its failures were last forgiven.
    func isFresh(_ id: MessageID) -> Bool { pending[id]?.failures == 0 }
    /// Whether this can be the ID of a person.
    mutating func isValid(_ peer: PeerID) -> Bool { sealer.isValid(peer) }

    // MARK: Beginning

    /// Something is being accepted. Its first attempt may begin in the same call, so that the envelope is written in the
    /// batch that accepts it: the disk then has room for both or for neither, and one commit is enough. Nothing leaves
    /// before that batch is durable, as an envelope is sent only then.
    mutating func insert(_ id: MessageID, _ entry: OutboxEntry, _ turn: inout Turn) {
        pending.insert(PendingMessage(id: id, entry: entry))
        becomeReady(id, &turn)
    }

    /// The time of an attempt has come.
    mutating func attemptIsDue(_ id: MessageID, _ turn: inout Turn) { becomeReady(id, &turn) }

    @discardableResult
    private mutating func becomeReady(_ id: MessageID, _ turn: inout Turn) -> Bool {
        guard pending.becomeReady(id) else { return false }
        turn.unschedule(.attempt(id))
        return true
    }

    /// Starts the attempt whose turn has come; nil where none may start now. `recordFound` goes on with it.
    mutating func startNext(_ turn: inout Turn) -> WantedRecord? {
        guard turn.isJoined, turn.clock.isUsable, turn.knowsSessions, let next = pending.startNext() else { return nil }
        turn.steps.add(.looksForRecord, of: next.entry.sequence)
        return WantedRecord(id: next.id, peer: next.entry.to)
    }

    /// While the clock is known to be wrong, states that as the reason for all messages whose turn has come.
    mutating func restWhileClockDiffers(_ turn: inout Turn) {
        guard case .differs = turn.clock.standing, !turn.clock.isUsable else { return }
        for id in pending.removeReady() { endAttempt(id, because: .clock(turn.clock.standing), &turn) }
    }

    // MARK: Sealing

    /// The record of a message's recipient is there, or can't be had now. `contacts`: where something may go straight to them.
    mutating func recordFound(
        _ record: PeerRecord?, at contacts: [Contact], otherwise failure: Failure, for id: MessageID,
        _ turn: inout Turn
    ) -> [SendingDirective] {
        let isDoubted = pending[id].map { sealer.isDoubted($0, turn.view) } ?? false
        let step = pending.change(id) { $0.recordFound(record, isDoubted: isDoubted, turn.clock, turn.now.utc) }
        guard let step, let message = pending[id] else { return [] }
        turn.mark(step.mark)
        switch step {
        case .nothing: break
        case .expire:
            guard let time = turn.erasingTime, message.entry.expiresAt <= time else {
                endAttempt(id, because: .clock(turn.clock.standing), &turn)
                return []
            }
            turn.mark(.messageExpired)
            return conclude(id, as: .failed, reason: message.entry.expiryReason, &turn)
        case .send(let isChanged):
            if isChanged { turn.view.putOutboxEntry(id, message.entry) }
            return transmit(id, to: contacts, by: record, &turn)
        case .seal(let record, let doubted):
            turn.steps.add(.foundRecord(contacts: record.contacts.count), of: message.entry.sequence)
            seal(message, to: record, doubting: doubted, &turn)
        case .giveUp:
            turn.steps.add(.foundNoRecord(answered: failure != .unreachable), of: message.entry.sequence)
            endAttempt(id, because: failure, &turn)
        }
        return []
    }

    /// Seals what is then sent once its envelope is durable.
    private mutating func seal(
        _ message: PendingMessage, to record: PeerRecord, doubting doubted: SessionName?, _ turn: inout Turn
    ) {
        let id = message.id
        guard turn.clock.isUsable else { return pending.postpone(id) }
        guard let sealed = sealer.seal(message, to: record, doubting: doubted, &turn) else {
            return endAttempt(id, because: .unusableRecord, &turn)
        }
        let now = turn.now.utc
        pending.change(id) { $0.wasSealed(to: record, in: sealed.session, at: now) }
        if let entry = entry(of: id) { turn.view.putOutboxEntry(id, entry) }
        let ticket = turn.view.put(.outbox, OutboxTable.envelopeKey(id), sealed.bytes)
        turn.after(ticket, .envelope(id, to: message.entry.to))
    }

    /// An envelope is durable. `record` and `contacts` are its recipient's.
    mutating func envelopeIsDurable(
        _ id: MessageID, to contacts: [Contact], by record: PeerRecord?, _ turn: inout Turn
    ) -> [SendingDirective] {
        pending[id]?.isBeingSealed == true ? transmit(id, to: contacts, by: record, &turn) : []
    }

    /// A peer's record has come: what was sealed to a prekey that it replaces doesn't wait for its time.
    mutating func recordIsNew(_ record: PeerRecord, _ turn: inout Turn) {
        for id in pending.superseded(by: record, turn.now.utc) {
            if becomeReady(id, &turn) { turn.mark(.sealingSuperseded) }
        }
    }

    // MARK: Sending

    private mutating func transmit(
        _ id: MessageID, to contacts: [Contact], by record: PeerRecord?, _ turn: inout Turn
    ) -> [SendingDirective] {
        pending.change(id) { $0.startSending(overWay: contacts != record?.contacts) }
        guard let message = pending[id] else { return [] }
        guard let sealed = sealer.sealed(message, toGoStraightTo: contacts, turn) else {
            tryMailbox(id, &turn)
            return contacts.isEmpty ? sealer.wish(for: message, turn) : []
        }
        let advice = turn.buggified(
            message.isOverWay
                ? .open : ways.advice(to: message.entry.to, at: contacts, record?.validUntil, now: turn.now.monotonic))
        turn.mark(advice.mark)
        if advice != .shut {
            if !message.isOverWay { ways.begin(to: message.entry.to) }
            let command = turn.command(
                .deliver(mailbox: sealed.key.location, envelope: sealed.envelope, to: contacts), for: .direct(id))
            turn.steps.add(.triesDirectly(command), of: message.entry.sequence)
            // Receipts are in no hurry: they take the mailbox only when the direct way is shut.
            guard turn.isLeaving || message.entry.kind == .message else { return [] }
        }
        if advice == .open { turn.schedule(.deposit(id), in: Limits.directHeadStart) } else { tryMailbox(id, &turn) }
        return advice == .open ? [] : sealer.wish(for: message, turn)
    }

    /// The direct way has had its head start.
    mutating func depositIsDue(_ id: MessageID, _ turn: inout Turn) { tryMailbox(id, &turn) }

    /// Tries the mailbox, unless this attempt did or the recipient has fetched the envelope from there.
    private mutating func tryMailbox(_ id: MessageID, _ turn: inout Turn) {
        guard pending.change(id, { $0.tryMailbox() }) == true, let message = pending[id] else { return }
        turn.unschedule(.deposit(id))
        let isTriedDirectly = turn.errands.isUnderWay(.direct(id))
        if isTriedDirectly, !message.isOverWay { ways.observeSilence(of: message.entry.to) }
        guard message.isForMailbox, let sealed = sealer.sealed(message, turn.view) else {
            if !isTriedDirectly { endAttempt(id, because: .unreachable, &turn) }
            return
        }
        if message.entry.deposits > 0 { turn.count(.depositedAgain) }
        turn.mark(message.entry.deposits > 0 ? .depositedAgain : nil)
        if message.entry.kind == .message { deposited.insert(EnvelopeID(hashing: sealed.envelope.span.bytes), of: id) }
        let command = turn.command(
            .deposit(mailbox: sealed.key.location, key: sealed.key, envelope: sealed.envelope), for: .deposit(id))
        turn.steps.add(.deposits(command), of: message.entry.sequence)
    }

    /// The direct way has ended.
    mutating func deliveryEnded(
        _ command: CommandID, _ outcome: DeliveryOutcome, _ turn: inout Turn
    ) -> [SendingDirective] {
        guard case .direct(let id)? = turn.errands[command] else { return [] }
        turn.end(command)
        guard let message = pending[id] else { return [] }
        let peer = message.entry.to
        // What a peer refuses is among what waits for them: it would be tried again without end, round trip by round trip.
        let hasReturned = !message.isOverWay && ways.observe(outcome, of: peer, now: turn.now.monotonic) == .returned
        if hasReturned, outcome == .accepted { retryQueued(for: peer, &turn) }
        if case .refused = outcome { turn.mark(.directDeliveryRefused) }
        turn.steps.add(.triedDirectly(outcome), of: message.entry.sequence)
        if outcome == .accepted { return conclude(id, as: .delivered, via: .direct, &turn) }
        if outcome == .refused(.unopenable), pending.change(id, { $0.wasFoundUnopenable(turn.now.utc) }) == true {
            turn.mark(.sealingRefused)
            beginAgain(id, &turn)
            // What rests in the mailbox and was sealed in the same session can't be opened either.
            for other in pending.resting(sealedAs: message, turn.now.utc) { becomeReady(other, &turn) }
            return message.doubts(after: outcome)
        }
        let step = message.directWayFailed(isDepositUnderWay: turn.errands.isUnderWay(.deposit(id)))
        return message.doubts(after: outcome) + carry(step, id, &turn)
    }

    /// More buddies keep the envelope than before.
    mutating func depositProgressed(_ command: CommandID, _ tally: Tally, _ turn: inout Turn) {
        guard case .deposit(let id)? = turn.errands[command], tally.hasQuorum, let message = pending[id] else { return }
        if pending.change(id, { $0.quorumReached(tally, turn.now.utc) }) == true {
            turn.steps.add(.reachedQuorum(tally), of: message.entry.sequence)
        }
        writeChange(from: message, &turn)
    }

    /// The deposit has ended. A tombstone says that the recipient has fetched the envelope.
    mutating func depositFinished(
        _ command: CommandID, _ tally: Tally, _ tombstone: Tombstone?, _ turn: inout Turn
    ) -> [SendingDirective] {
        depositProgressed(command, tally, &turn)
        guard case .deposit(let id)? = turn.errands[command] else { return [] }
        turn.end(command)
        guard let message = pending[id] else { return [] }
        let isCollected = sealer.isProof(tombstone, of: message, turn.view)
        if isCollected { turn.mark(.depositedThoughCollected) }
        turn.steps.add(.deposited(tally, isCollected: isCollected), of: message.entry.sequence)
        let isTriedDirectly = turn.errands.isUnderWay(.direct(id))
        let step = pending.change(id) {
            $0.depositEnded(tally, isCollected: isCollected, isTriedDirectly: isTriedDirectly, turn.now.utc)
        }
        writeChange(from: message, &turn)
        return step.map { carry($0, id, &turn) } ?? []
    }

    /// A buddy says at once that envelopes were collected which were brought to it. It is believed where it shows the owner's word for
    /// that. Who has read the message, it doesn't say: delivered is what a receipt says is.
    mutating func envelopesWereCollected(_ tombstones: [Tombstone], _ turn: inout Turn) {
        for tombstone in tombstones {
            guard let id = deposited[tombstone.envelope], let before = pending[id], before.isForMailbox else {
                continue
            }
            guard sealer.isProof(tombstone, of: before, turn.view) else {
                turn.mark(.collectionNotProven)
                continue
            }
            turn.mark(.collectedToldAtOnce)
            pending.change(id) { $0.wasCollected(turn.now.utc) }
            deposited.remove(id)
            writeChange(from: before, &turn)
        }
    }

    private mutating func carry(_ step: PendingMessage.WayStep, _ id: MessageID, _ turn: inout Turn)
        -> [SendingDirective]
    {
        switch step {
        case .conclude: return conclude(id, as: .stored, &turn)
        case .wait: break
        case .tryMailbox: tryMailbox(id, &turn)
        case .endAttempt(let failure): endAttempt(id, because: failure, &turn)
        }
        return []
    }

    /// Writes down what has changed of a pending message.
    private func writeChange(from before: PendingMessage, _ turn: inout Turn) {
        guard let entry = entry(of: before.id), entry != before.entry else { return }
        turn.writeChange(of: before.id, from: before.entry, to: entry)
    }

    /// Lets a pending message rest until its next attempt.
    private mutating func endAttempt(_ id: MessageID, because failure: Failure, _ turn: inout Turn) {
        guard let before = pending[id] else { return }
        turn.mark(failure.mark)
        let now = turn.now.utc
        guard let rest = pending.change(id, { $0.endAttempt(because: failure, now, &turn.jitter) }) else { return }
        if let entry = entry(of: id), entry != before.entry { turn.view.putOutboxEntry(id, entry) }
        turn.steps.add(.rests(rest.delay, reason: rest.reason), of: before.entry.sequence)
        turn.schedule(.attempt(id), in: turn.buggifies(.attemptSoon) ? rest.delay / 8 : rest.delay)
    }

    // MARK: The end

    /// Ends a pending message, or changes what is known of a message that has ended: no state follows but by a receipt.
    mutating func conclude(
        _ id: MessageID, as state: MessageState, via: Via? = nil, reason: String? = nil, _ turn: inout Turn
    ) -> [SendingDirective] {
        guard let before = entry(of: id) ?? turn.view.outboxEntry(id) else { return [] }
        remove(id, &turn)
        turn.view.remove(.outbox, OutboxTable.activeKey(before.sequence))
        turn.view.remove(.outbox, OutboxTable.envelopeKey(id))
        guard before.kind == .message else {
            turn.view.remove(.outbox, OutboxTable.entryKey(id))
            turn.view.remove(.outbox, OutboxTable.contentKey(id))
            return [.receiptsHaveEnded(before.to)]
        }
        var after = before
        after.state = state
        after.via = via ?? before.via
        after.reason = reason
        turn.writeChange(of: id, from: before, to: after)
        return []
    }

    private mutating func remove(_ id: MessageID, _ turn: inout Turn) {
        guard pending[id] != nil else { return }
        callOff(id, &turn)
        turn.unschedule(.attempt(id))
        turn.unschedule(.deposit(id))
        pending.remove(id)
        deposited.remove(id)
    }

    /// Has the node stop bringing a message to others.
    private mutating func callOff(_ id: MessageID, _ turn: inout Turn) {
        if turn.cancel(.direct(id)), let sent = pending[id], !sent.isOverWay { ways.abandon(to: sent.entry.to) }
        turn.cancel(.deposit(id))
    }

    /// Ends the present attempt, and begins the next.
    private mutating func beginAgain(_ id: MessageID, _ turn: inout Turn) {
        callOff(id, &turn)
        turn.unschedule(.deposit(id))
        pending.change(id) { $0.callOff() }
        becomeReady(id, &turn)
    }

    // MARK: What changes around them

    /// The clock can be used: counts the time of what was accepted by a clock in doubt from now on.
    mutating func dateMessages(_ turn: inout Turn) {
        let now = turn.now.utc
        for id in turn.view.activeMessageIDs() {
            guard let before = pending[id], pending.change(id, { $0.date(now) }) == true else { continue }
            turn.mark(.messageDatedLate)
            writeChange(from: before, &turn)
        }
    }

    /// A peer was heard of: they have come here just now.
    mutating func peerWasHeard(_ peer: PeerID, _ turn: inout Turn) {
        if ways.hear(of: peer, now: turn.now.monotonic) == .returned { retryQueued(for: peer, &turn) }
    }

    /// Retries at once what no buddy keeps yet, for a peer who is there again, in the order in which it was written:
    /// otherwise each message would rest for as long as it has failed.
    private mutating func retryQueued(for peer: PeerID, _ turn: inout Turn) {
        turn.mark(.peerReturned)
        for id in turn.view.activeMessageIDs() {
            guard let entry = entry(of: id), entry.to == peer, entry.state == .queued else { continue }
            pending.change(id) { $0.forgiveFailures() }
            becomeReady(id, &turn)
        }
    }

    /// Retries at once what no buddy keeps yet: others can be reached now. Where the network came back, what was stored just now as
    /// well: then only a few nodes could be reached, and by now the recipient may be among those that can be.
    mutating func retryUnstored(andStoredLately: Bool = false, _ turn: inout Turn) {
        for id in turn.view.activeMessageIDs() {
            guard let message = pending[id] else { continue }
            let isStoredLately = andStoredLately && message.entry.wasStoredLately(turn.now.utc)
            guard message.entry.state == .queued || isStoredLately else { continue }
            pending.change(id) { $0.forgiveFailures() }
            if message.isResting { turn.schedule(.attempt(id), in: .zero) }
        }
    }

    /// The network is another. What is on its way may wait for answers that can't come any more, and has counted nodes
    /// that were silent meanwhile as gone: it begins again. So does what a few buddies keep since just now: the straight
    /// way was given up while there was no network. Buddies keep the chunks that they have.
    mutating func startOver(_ turn: inout Turn) {
        for id in turn.view.activeMessageIDs() where pending[id]?.isOnItsFirstWay(turn.now.utc) == true {
            turn.mark(.sendingCalledOff)
            beginAgain(id, &turn)
        }
        ways.reopen()
    }

    /// The lookups that these messages waited for were called off: they begin again.
    mutating func lookupsWereCalledOff(_ ids: [MessageID], _ turn: inout Turn) {
        turn.mark(ids.isEmpty ? nil : .recordLookupCalledOff)
        for id in ids where pending.change(id, { $0.lookupWasCalledOff() }) == true { becomeReady(id, &turn) }
    }

    /// The program is about to end: receipts leave now, and those on their way take the mailbox as well.
    mutating func hurryReceipts(_ turn: inout Turn) {
        for id in turn.view.activeMessageIDs() where entry(of: id)?.kind == .receipt {
            becomeReady(id, &turn)
            tryMailbox(id, &turn)
        }
    }
}
