import Basics
import Conversations
import Cryptography
import Exchange
import Wire

/// Bringing a pending message to its recipient: finds their record, seals once, delivers directly, and races the mailbox
/// against that.
extension PeerAgent {
    /// The pending messages that the store says are under way.
    mutating func loadOutbox(_ now: Now, _ pause: Duration) {
        pendingMessages = [:]
        ready = []
        underWay = 0
        ways = DirectWays()
        messagesUnderWay = 0
        receiptBatches = [:]
        durableStates = DurableStates()
        history = SentHistory(view)
        records.removeAll()
        for id in view.outboxIDs(OutboxTable.active) {
            guard let entry = view.outboxEntry(id) else { continue }
            pendingMessages[id] = PendingMessage(id: id, entry: entry, phase: .resting)
            durableStates.becameDurable(id, entry)
            if entry.kind == .message { messagesUnderWay += 1 } else { receiptBatches[entry.to] = id }
            let spread = jitter.jittered(.seconds(2))
            agenda.set(.attempt(id), at: now.monotonic + pause + max(spread, untilNextDeposit(entry, now.utc)))
        }
        for peer in view.peersOwedReceipts() { scheduleReceipts(for: peer, now) }
    }

    /// How long what is stored may rest before it is brought to the buddies again.
    private func untilNextDeposit(_ entry: OutboxEntry, _ now: UnixTime) -> Duration {
        guard entry.state != .queued, let storedAt = entry.storedAt, storedAt <= now else { return .zero }
        return Backoff.afterDeposits(entry.deposits - 1) - .seconds(now.seconds(since: storedAt))
    }

    /// Has what nobody keeps yet tried again at once: the network has come back.
    mutating func retryUnstored(_ now: Now) { retry(now) { $0.state == .queued } }

    /// Has what was stored just now tried again as well: while the network came back only a few could be reached, and by now
    /// its recipient may be one of those who can.
    mutating func retryStoredLately(_ now: Now) {
        retry(now) { $0.state == .stored && PeerAgent.wasStoredLately($0, now.utc) }
    }

    private mutating func retry(_ now: Now, where isConcerned: (OutboxEntry) -> Bool) {
        for id in view.outboxIDs(OutboxTable.active) {
            guard let pending = pendingMessages[id], isConcerned(pending.entry) else { continue }
            pendingMessages[id]?.failures = 0
            guard pending.phase == .resting else { continue }
            agenda.set(.attempt(id), at: now.monotonic)
        }
    }

    private static func wasStoredLately(_ entry: OutboxEntry, _ now: UnixTime) -> Bool {
        guard let storedAt = entry.storedAt, storedAt <= now else { return false }
        return now.seconds(since: storedAt) < secondsOfReturn
    }

    /// So long a network may take to come back: a few contacts answer at first, and then all.
    private static let secondsOfReturn: Int64 = 10

    /// Has what nobody keeps yet tried again at once for a peer who is there again, in the order in which it was written: each
    /// would else rest for as long as it has failed.
    mutating func retryQueued(for peer: PeerID) {
        for id in view.outboxIDs(OutboxTable.active) {
            guard let pending = pendingMessages[id], pending.entry.to == peer, pending.entry.state == .queued else {
                continue
            }
            pendingMessages[id]?.failures = 0
            becomeReady(id)
        }
    }

    // MARK: Places

    mutating func enter(_ phase: PendingMessage.Phase, _ id: MessageID) {
        change(id) {
            $0.phase = phase
            $0.hasReachedQuorum = $0.hasReachedQuorum && phase == .resting
        }
    }

    /// Changes where a pending message stands, and with it how many places are taken.
    private mutating func change(_ id: MessageID, _ body: (inout PendingMessage) -> Void) {
        guard var pending = pendingMessages[id] else { return }
        let before = pending.isUnderWay
        body(&pending)
        underWay += (pending.isUnderWay ? 1 : 0) - (before ? 1 : 0)
        pendingMessages[id] = pending
    }

    mutating func becomeReady(_ id: MessageID) {
        guard pendingMessages[id]?.phase == .resting else { return }
        agenda.remove(.attempt(id))
        enter(.ready, id)
        ready.append(id)
    }

    /// Has an attempt wait that can't go on now.
    private mutating func becomeReadyAgain(_ id: MessageID) {
        enter(.ready, id)
        ready.append(id)
    }

    mutating func startReady(_ now: Now, _ outbox: inout PeerOutbox) {
        if case .differs = clock.standing, !clock.isUsable {
            let waiting = ready
            ready = []
            for id in waiting { endAttempt(id, because: .clock(clock.standing), now) }
        }
        while isJoined, clock.isUsable, underWay < Limits.attemptsUnderWay, !ready.isEmpty {
            // Messages go first: strangers who are owed receipts and can't be found must not hold them up.
            let id = ready.remove(at: ready.firstIndex { pendingMessages[$0]?.entry.kind == .message } ?? 0)
            guard let pending = pendingMessages[id], pending.phase == .ready else { continue }
            enter(.finding, id)
            steps.add(.looksForRecord, of: pending)
            findRecord(of: pending.entry.to, for: id, now, &outbox)
        }
    }

    // MARK: Sealing

    /// The recipient's record is there, or can't be had now.
    mutating func recordFound(_ record: PeerRecord?, for id: MessageID, _ now: Now, _ outbox: inout PeerOutbox) {
        guard let pending = pendingMessages[id], pending.phase == .finding else { return }
        guard pending.entry.expiresAt > now.utc else {
            guard let time = clock.erasingTime(now), pending.entry.expiresAt <= time else {
                return endAttempt(id, because: .clock(clock.standing), now)
            }
            return expireMessages(by: time, now, &outbox)
        }
        if pending.entry.epoch != nil, !isToBeSealedAnew(id, record, now) {
            return transmit(id, by: record, now, &outbox)
        }
        guard let record else {
            let isAlone = !records[pending.entry.to].wasAnswered
            steps.add(.foundNoRecord(answered: !isAlone), of: pending)
            return endAttempt(id, because: isAlone ? .unreachable : .noRecord, now)
        }
        steps.add(.foundRecord(contacts: record.contacts.count), of: pending)
        seal(id, to: record, now)
    }

    /// Seals: retries send these bytes to this place, until it is sealed anew. They are sent when they are durable.
    private mutating func seal(_ id: MessageID, to record: PeerRecord, _ now: Now) {
        guard var entry = pendingMessages[id]?.entry, let content = view.outboxContent(id) else { return }
        guard clock.isUsable else { return becomeReadyAgain(id) }
        let epoch = now.utc.epoch
        guard let mailbox = peerKeys.mailbox(of: entry.to, in: epoch, suite)?.location,
            let envelope = try? cipher.seal(
                content, to: record, mailbox: mailbox, expiry: entry.expiry, generator: &secrets)
        else { return endAttempt(id, because: .unusableRecord, now) }
        entry.wasSealed(to: record, in: epoch, at: now.utc)
        pendingMessages[id]?.entry = entry
        view.putOutboxEntry(id, entry)
        let ticket = view.put(.outbox, OutboxTable.envelopeKey(id), envelope)
        enter(.sealing, id)
        awaited.append((ticket, .send(id)))
    }

    mutating func envelopeIsDurable(_ id: MessageID, _ now: Now, _ outbox: inout PeerOutbox) {
        guard let pending = pendingMessages[id], pending.phase == .sealing else { return }
        transmit(id, by: records[pending.entry.to].record, now, &outbox)
    }

    // MARK: Sending

    private mutating func transmit(_ id: MessageID, by record: PeerRecord?, _ now: Now, _ outbox: inout PeerOutbox) {
        enter(.sending, id)
        pendingMessages[id]?.hasTriedMailbox = false
        pendingMessages[id]?.shortfall = nil
        guard let record, !record.contacts.isEmpty, let entry = pendingMessages[id]?.entry,
            let sealed = sealedEnvelope(id)
        else { return startDeposit(id, now, &outbox) }
        let advice = ways.advice(to: entry.to, by: record, now: now.monotonic)
        guard advice != .shut else { return startDeposit(id, now, &outbox) }
        ways.begin(to: entry.to)
        let command = errands.begin(.direct(id))
        steps.add(.triesDirectly(command), of: pendingMessages[id])
        outbox.commands.append(
            (command, .deliver(mailbox: sealed.key.location, envelope: sealed.envelope, to: record.contacts)))
        // Receipts are in no hurry: they take the mailbox only when the direct way is shut.
        guard isLeaving || entry.kind == .message else { return }
        switch advice {
        case .open: agenda.set(.deposit(id), at: now.monotonic + Limits.directHeadStart)
        case .doubtful, .shut: startDeposit(id, now, &outbox)
        }
    }

    private mutating func sealedEnvelope(_ id: MessageID) -> (key: BlindedKey, envelope: [UInt8])? {
        guard let entry = pendingMessages[id]?.entry, let epoch = entry.epoch,
            let key = peerKeys.mailbox(of: entry.to, in: epoch, suite),
            let envelope = view.value(.outbox, OutboxTable.envelopeKey(id))
        else { return nil }
        return (key, envelope)
    }

    /// Tries the mailbox, unless this attempt did or the recipient has fetched the envelope from there.
    mutating func startDeposit(_ id: MessageID, _ now: Now, _ outbox: inout PeerOutbox) {
        guard let pending = pendingMessages[id], pending.phase == .sending, !pending.hasTriedMailbox else { return }
        agenda.remove(.deposit(id))
        pendingMessages[id]?.hasTriedMailbox = true
        let isTriedDirectly = errands.isUnderWay(.direct(id))
        if isTriedDirectly { ways.observeSilence(of: pending.entry.to) }
        guard pending.entry.sealing?.isCollected != true, let sealed = sealedEnvelope(id) else {
            if !isTriedDirectly { endAttempt(id, because: .unreachable, now) }
            return
        }
        if pending.entry.deposits > 0 { outbox.activity.count(.depositedAgain) }
        let command = errands.begin(.deposit(id))
        steps.add(.deposits(command), of: pendingMessages[id])
        outbox.commands.append(
            (command, .deposit(mailbox: sealed.key.location, key: sealed.key, envelope: sealed.envelope)))
    }

    mutating func deliveryEnded(
        _ command: CommandID, _ outcome: DeliveryOutcome, _ now: Now, _ outbox: inout PeerOutbox
    ) {
        guard case .direct(let id)? = errands[command] else { return }
        errands.end(command)
        guard let pending = pendingMessages[id] else { return }
        if ways.observe(outcome, of: pending.entry.to, now: now.monotonic) == .returned {
            retryQueued(for: pending.entry.to)
        }
        steps.add(.triedDirectly(outcome), of: pending)
        if outcome == .accepted { return conclude(id, as: .delivered, via: .direct, now, &outbox) }
        records[pending.entry.to].distrust()
        if !pending.hasTriedMailbox {
            startDeposit(id, now, &outbox)
        } else if !errands.isUnderWay(.deposit(id)) {
            endAttempt(id, because: pending.shortfall ?? .unreachable, now)
        }
    }

    mutating func depositProgressed(_ command: CommandID, _ tally: Tally, _ now: Now, _ outbox: inout PeerOutbox) {
        guard case .deposit(let id)? = errands[command], tally.hasQuorum, var entry = pendingMessages[id]?.entry else {
            return
        }
        if pendingMessages[id]?.hasReachedQuorum == false { steps.add(.reachedQuorum(tally), of: pendingMessages[id]) }
        change(id) { $0.hasReachedQuorum = true }
        guard entry.kind == .message else { return }
        entry.state = max(entry.state, .stored)
        entry.via = .mailbox
        entry.buddies = tally.done
        entry.of = tally.found
        if entry.state == .stored { entry.reason = nil }
        entry.storedAt = now.utc
        update(id, entry)
    }

    mutating func depositFinished(
        _ command: CommandID, _ tally: Tally, _ tombstone: Tombstone?, _ now: Now, _ outbox: inout PeerOutbox
    ) {
        depositProgressed(command, tally, now, &outbox)
        guard case .deposit(let id)? = errands[command] else { return }
        errands.end(command)
        let isCollected = if let tombstone { isProof(tombstone, for: id) } else { false }
        steps.add(.deposited(tally, isCollected: isCollected), of: pendingMessages[id])
        if pendingMessages[id]?.entry.kind == .receipt, isCollected || pendingMessages[id]?.hasReachedQuorum == true {
            return conclude(id, as: .stored, now, &outbox)
        }
        if var entry = pendingMessages[id]?.entry {
            entry.learn(tally, isCollected: isCollected, now.utc)
            update(id, entry)
        }
        pendingMessages[id]?.shortfall = Failure(tally)
        if !errands.isUnderWay(.direct(id)) { endAttempt(id, because: Failure(tally), now) }
    }

    /// Whether the recipient says that it is done with exactly this envelope.
    private mutating func isProof(_ tombstone: Tombstone, for id: MessageID) -> Bool {
        guard let sealed = sealedEnvelope(id) else { return false }
        return tombstone.envelope == EnvelopeID(hashing: sealed.envelope.span.bytes)
            && tombstone.isSigned(by: sealed.key, suite: suite)
    }

    private mutating func update(_ id: MessageID, _ entry: OutboxEntry) {
        guard let before = pendingMessages[id]?.entry, before != entry else { return }
        pendingMessages[id]?.entry = entry
        write(id, entry, after: before)
    }

    /// Lets a pending message rest until its next attempt: for hours where a quorum keeps it, else for the longer the more
    /// attempts in a row have failed.
    private mutating func endAttempt(_ id: MessageID, because failure: Failure, _ now: Now) {
        guard let pending = pendingMessages[id] else { return }
        var entry = pending.entry
        let delay: Duration
        if pending.hasReachedQuorum || entry.sealing?.isCollected == true {
            pendingMessages[id]?.failures = 0
            entry.storedAt = now.utc
            entry.deposits += 1
            let whole = Backoff.afterDeposits(entry.deposits - 1)
            delay = whole + jitter.jittered(whole) / 10
        } else {
            pendingMessages[id]?.failures += 1
            if entry.state == .queued { entry.reason = failure.sentence }
            let longest = failure == .unreachable ? Backoff.whileAlone : Backoff.longest
            delay = Backoff.afterFailures(pending.failures + 1, upTo: longest, &jitter)
        }
        if entry != pending.entry {
            pendingMessages[id]?.entry = entry
            view.putOutboxEntry(id, entry)
        }
        enter(.resting, id)
        let isSafe = pending.hasReachedQuorum || entry.state == .collected
        steps.add(.rests(delay, reason: isSafe ? nil : failure.sentence), of: pending)
        agenda.set(.attempt(id), at: now.monotonic + delay)
    }
}
