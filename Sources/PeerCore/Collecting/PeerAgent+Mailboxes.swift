import Basics
import Conversations
import Cryptography
import Exchange
import Wire

/// Looking into one's own mailboxes, and clearing what is done.
extension PeerAgent {
    /// Has mailboxes of exactly the epochs for which mail may wait; returns whether that was a change. What is under way
    /// for one that goes ends by itself.
    mutating func updateMailboxes(_ now: UnixTime) -> Bool {
        let epochs = OwnMailbox.epochs(now)
        guard mailboxes.map(\.epoch) != (epochs.lowerBound.number...epochs.upperBound.number).map({ Epoch(number: $0) })
        else { return false }
        mailboxes.removeAll { !epochs.contains($0.epoch) }
        for number in epochs.lowerBound.number...epochs.upperBound.number {
            let epoch = Epoch(number: number)
            guard !mailboxes.contains(where: { $0.epoch == epoch }) else { continue }
            mailboxes.append(OwnMailbox(epoch: epoch, profile: profile))
        }
        mailboxes.sort { $0.epoch < $1.epoch }
        return true
    }

    mutating func acceptDeliveries(_ outbox: inout PeerOutbox) {
        outbox.commands.append((errands.unanswered(), .acceptDeliveries(for: mailboxes.map(\.location))))
    }

    /// Has every mailbox looked into that isn't at present.
    mutating func resumePolling(_ now: Now, after delay: Duration) {
        guard isJoined else { return }
        for mailbox in mailboxes where !errands.isUnderWay(.collect(mailbox.epoch)) {
            agenda.set(.poll(mailbox.epoch), at: now.monotonic + delay)
        }
    }

    func mailboxIndex(_ epoch: Epoch) -> Int? { mailboxes.firstIndex { $0.epoch == epoch } }

    func mailboxIndex(_ location: MailboxID) -> Int? { mailboxes.firstIndex { $0.location == location } }

    /// The mailbox that a command under way is collecting from.
    private func collecting(_ command: CommandID, _ location: MailboxID) -> Int? {
        guard case .collect(let epoch)? = errands[command], let index = mailboxIndex(epoch),
            mailboxes[index].location == location
        else { return nil }
        return index
    }

    // MARK: Collecting

    mutating func poll(_ epoch: Epoch, _ now: Now, _ outbox: inout PeerOutbox) {
        guard let index = mailboxIndex(epoch) else { return }
        let patience = rhythm.patience(now: now.monotonic)
        if errands.isUnderWay(.collect(epoch)) {
            guard patience != nil, !mailboxes[index].hasFound else { return }
            errands.cancel(.collect(epoch), &outbox)
        }
        if let patience { agenda.set(.poll(epoch), at: now.monotonic + patience) }
        mailboxes[index].beginLook()
        let command = errands.begin(.collect(epoch))
        unopenedMail.beginLook(into: epoch)
        let mailbox = mailboxes[index]
        outbox.commands.append((command, .collect(mailbox: mailbox.location, key: mailbox.signer.key)))
    }

    func authorize(
        _ command: CommandID, _ challenge: ChallengeID, _ location: MailboxID, _ channelBinding: [UInt8],
        _ responder: NodeID, _ outbox: inout PeerOutbox
    ) {
        var signature: Signature?
        if let index = collecting(command, location), let binding = Digest512(channelBinding) {
            signature = mailboxes[index].signer.sign(
                SignedBytes.authorize(location, channelBinding: binding, responder: responder))
        }
        outbox.commands.append((command, .authorize(challenge: challenge, signature: signature)))
    }

    /// Asks for what is new as far as there is room for it, and clears what a buddy still offers though it is done.
    mutating func offered(
        _ command: CommandID, _ location: MailboxID, _ envelopes: [EnvelopeID], _ now: Now,
        _ outbox: inout PeerOutbox
    ) {
        guard let index = collecting(command, location) else {
            // A collect stays open until its offers are answered.
            return outbox.commands.append((command, .fetch([])))
        }
        var wanted: [EnvelopeID] = []
        let bound = min(room, Limits.envelopesPerMailbox)
        for envelope in envelopes where !mailboxes[index].ignores(envelope, now.monotonic) {
            if let place = arrivalUnderWay(envelope) {
                awaited[place].step.markInMailbox()
            } else if let done = view.doneEnvelope(envelope, in: doneDays(now.utc)) {
                clear(envelope, expiry: done.day, index, now)
                repeatReceipt(done.entry, envelope, expiry: done.day, now)
            } else if unopenedMail.offered(envelope, now: now.monotonic) != .waits, wanted.count < bound {
                wanted.append(envelope)
            }
        }
        if !wanted.isEmpty { mailboxes[index].observeFound() }
        outbox.commands.append((command, .fetch(wanted)))
    }

    mutating func fetched(
        _ command: CommandID, _ location: MailboxID, _ envelope: EnvelopeID, _ bytes: [UInt8], _ now: Now,
        _ outbox: inout PeerOutbox
    ) {
        guard let index = collecting(command, location) else { return }
        switch open(bytes, envelope, index, delivery: nil, now, &outbox) {
        case .underWay, .notNow: break
        case .done(let day): clear(envelope, expiry: day, index, now)
        case .useless(let day):
            forgetUnopened(envelope)
            clear(envelope, expiry: day, index, now)
        case .unopened(let day):
            let entry = UnopenedMail.Entry(
                envelope: envelope, mailbox: mailboxes[index].epoch, expiry: day, size: bytes.count, since: now.utc)
            keepUnopened(entry, index, now)
        case .undated: mailboxes[index].ignoreUndated(envelope, until: now.monotonic + OwnMailbox.patience)
        }
    }

    /// The tally is nil where the look could not even begin.
    mutating func collectFinished(_ command: CommandID, _ tally: Tally?, _ now: Now) {
        guard case .collect(let epoch)? = errands[command] else { return }
        errands.end(command)
        if let tally { endLook(into: epoch, tally) }
        guard mailboxIndex(epoch) != nil else { return }
        // By the epochs of the mailboxes, not by the clock: that may be wrong by now.
        let isPresent = mailboxes.dropLast().last?.epoch == epoch
        let interval: Duration = isPresent ? rhythm.interval(now: now.monotonic) : .seconds(900)
        agenda.set(.poll(epoch), at: now.monotonic + jitter.jittered(interval))
    }

    // MARK: Direct delivery

    mutating func delivered(
        _ delivery: DeliveryID, _ location: MailboxID, _ bytes: [UInt8], _ now: Now, _ outbox: inout PeerOutbox
    ) {
        guard let index = mailboxIndex(location) else { return answer(delivery, accepted: false, &outbox) }
        switch open(bytes, EnvelopeID(hashing: bytes.span.bytes), index, delivery: delivery, now, &outbox) {
        case .underWay: break
        case .done: answer(delivery, accepted: true, &outbox)
        // Refused, its sender takes the mailbox, where what can't be opened now may wait.
        case .notNow, .useless, .unopened, .undated: answer(delivery, accepted: false, &outbox)
        }
    }

    mutating func answer(_ delivery: DeliveryID, accepted: Bool, _ outbox: inout PeerOutbox) {
        outbox.commands.append((errands.unanswered(), .settleDelivery(delivery, accepted: accepted)))
    }

    // MARK: Discarding

    /// Has the buddies told soon that an envelope is done, together with others; the same one not again for a while.
    mutating func clear(_ envelope: EnvelopeID, expiry: Day, _ index: Int, _ now: Now) {
        mailboxes[index].ignore(envelope, until: now.monotonic + OwnMailbox.patience)
        mailboxes[index].queueTombstone(for: envelope, expiry: expiry)
        let item = AgendaItem.discard(mailboxes[index].epoch)
        if !errands.isUnderWay(.discard(mailboxes[index].epoch)), !agenda.contains(item) {
            agenda.set(item, at: now.monotonic + (isLeaving ? .zero : OwnMailbox.gathering))
        }
    }

    mutating func startDiscard(_ epoch: Epoch, _ outbox: inout PeerOutbox) {
        guard let index = mailboxIndex(epoch), !errands.isUnderWay(.discard(epoch)),
            !mailboxes[index].tombstones.isEmpty
        else { return }
        let command = errands.begin(.discard(epoch))
        let tombstones = mailboxes[index].removeTombstones()
        let mailbox = mailboxes[index]
        outbox.commands.append(
            (command, .discard(mailbox: mailbox.location, key: mailbox.signer.key, tombstones: tombstones)))
    }

    /// Whatever fell short is offered again, and then cleared again.
    mutating func discardFinished(_ command: CommandID, _ now: Now, _ outbox: inout PeerOutbox) {
        guard case .discard(let epoch)? = errands[command] else { return }
        errands.end(command)
        startDiscard(epoch, &outbox)
    }
}
