import Basics
import Conversations
import Cryptography
import Storage

/// Taking messages over from the person, and their end.
extension PeerAgent {
    /// Takes a message over. It is accepted when the notice `.accepted` says so, and refused with `.notAccepted`.
    ///
    /// A `key` makes a repeated call the same message to this peer, whatever its text: the first call's ID is returned, and
    /// the notice given again when the message was accepted before.
    public mutating func send(
        _ text: String, to peer: PeerID, key: String?, now: Now, into outbox: inout PeerOutbox
    ) throws(SendError) -> MessageID {
        clock.look(now)
        guard text.utf8.count <= Limits.textSize else { throw .textTooLong }
        guard (key?.utf8.count ?? 0) <= Limits.messageKeySize else { throw .keyTooLong }
        let keyHash = key.map { Blake2b.hash256(peer.bytes.array + Array($0.utf8)) }
        if let keyHash, let id = view.value(.outbox, OutboxTable.repeatKey(keyHash)).flatMap({ MessageID($0) }) {
            if acceptance(of: id) == .accepted { outbox.notices.append(.accepted(id)) }
            return id
        }
        guard peerKeys.isValid(peer, suite) else { throw .invalidPeer }
        guard messagesUnderWay < Limits.outboxMessages else { throw .outboxFull }
        guard peer != self.id || inboxCount < Limits.inboxMessages else { throw .inboxFull }
        guard view.pendingBytes < Limits.pendingBytes else { throw .storeBusy }

        let id = secrets.messageID()
        var conversation = view.conversation(with: peer)
        conversation.lamport = min(conversation.lamport + 1, Limits.lamport)
        let content = Content(
            id: id, parent: conversation.lastSent, lamport: conversation.lamport, sentAt: now.utc, body: .text(text))
        conversation.lastSent = id
        view.putConversation(with: peer, conversation)
        let pendingMessages = pendingMessages
        history.makeRoom(in: &view) { pendingMessages[$0] != nil }
        if let keyHash { view.put(.outbox, OutboxTable.repeatKey(keyHash), id.array) }
        if peer == self.id {
            acceptForOneself(content, keyHash, now)
        } else {
            accept(content, to: peer, .message, keyHash, now)
        }
        return id
    }

    /// Whether a message that `send` returned has been accepted.
    public func acceptance(of id: MessageID) -> Acceptance {
        let key = OutboxTable.contentKey(id)
        guard view.contains(.outbox, key) else { return .unknown }
        return view.pendingTicket(.outbox, key) == nil ? .accepted : .pending
    }

    /// Stops sending a message: for good once `lastWrite` is durable. Copies that others keep already may still reach the
    /// recipient.
    public mutating func cancel(_ id: MessageID, now: Now, into outbox: inout PeerOutbox) -> CancelOutcome {
        guard let entry = view.outboxEntry(id), entry.kind == .message else { return .unknown }
        guard entry.state.isUnderWay else { return .tooLate(entry.state) }
        conclude(id, as: .failed, reason: "You cancelled it.", now, &outbox)
        startReady(now, &outbox)
        return .cancelled
    }

    // MARK: Acceptance

    /// Writes down what is to be brought to a peer.
    mutating func accept(
        _ content: Content, to peer: PeerID, _ kind: OutboxEntry.Kind, _ keyHash: Bytes32?, _ now: Now
    ) {
        let entry = newEntry(to: peer, kind, keyHash, now)
        view.put(.outbox, OutboxTable.activeKey(entry.sequence), content.id.array)
        let ticket = write(content, entry)
        pendingMessages[content.id] = PendingMessage(id: content.id, entry: entry, phase: .accepting)
        if kind == .message { messagesUnderWay += 1 }
        awaited.append((ticket, .accept(content.id)))
    }

    /// A message to oneself is in the outbox and the inbox at once, or in neither.
    private mutating func acceptForOneself(_ content: Content, _ keyHash: Bytes32?, _ now: Now) {
        var entry = newEntry(to: id, .message, keyHash, now)
        entry.state = .delivered
        entry.via = .direct
        let position = receive(content, from: id, via: .direct, now)
        let ticket = write(content, entry)
        awaited.append((ticket, .accept(content.id)))
        awaited.append((ticket, .arrive(Arrival(position: position))))
    }

    private mutating func newEntry(
        to peer: PeerID, _ kind: OutboxEntry.Kind, _ keyHash: Bytes32?, _ now: Now
    ) -> OutboxEntry {
        let sequence = view.number(.outbox, OutboxTable.nextSequence)
        view.putNumber(.outbox, OutboxTable.nextSequence, sequence + 1)
        var entry = OutboxEntry(
            to: peer, kind: kind, sequence: sequence, acceptedAt: now.utc,
            expiry: now.utc.day.advanced(by: Limits.envelopeDays))
        entry.keyHash = keyHash
        entry.isUndated = !clock.isUsable
        return entry
    }

    private mutating func write(_ content: Content, _ entry: OutboxEntry) -> Ticket {
        if entry.kind == .message { history.add(content.id, sequence: entry.sequence, to: &view) }
        view.putOutboxEntry(content.id, entry)
        return view.put(.outbox, OutboxTable.contentKey(content.id), content.encoded)
    }

    /// The acceptance is durable.
    mutating func accepted(_ id: MessageID, _ outbox: inout PeerOutbox) {
        if let entry = pendingMessages[id]?.entry { durableStates.becameDurable(id, entry) }
        if pendingMessages[id]?.entry.kind != .receipt {
            outbox.notices.append(.accepted(id))
            outbox.activity.count(.accepted)
        }
        guard pendingMessages[id]?.phase == .accepting else { return }
        enter(.resting, id)
        becomeReady(id)
    }

    // MARK: The end

    /// Ends a pending message, or changes what is known of a message that has ended: no state follows but by a receipt.
    mutating func conclude(
        _ id: MessageID, as state: MessageState, via: Via? = nil, reason: String? = nil, _ now: Now,
        _ outbox: inout PeerOutbox
    ) {
        guard var entry = pendingMessages[id]?.entry ?? view.outboxEntry(id) else { return }
        dropPending(id, &outbox)
        view.remove(.outbox, OutboxTable.activeKey(entry.sequence))
        view.remove(.outbox, OutboxTable.envelopeKey(id))
        guard entry.kind == .message else {
            view.remove(.outbox, OutboxTable.entryKey(id))
            view.remove(.outbox, OutboxTable.contentKey(id))
            receiptBatches[entry.to] = nil
            scheduleReceipts(for: entry.to, now)
            return
        }
        let before = entry
        entry.state = state
        entry.via = via ?? entry.via
        entry.reason = reason
        write(id, entry, after: before)
    }

    private mutating func dropPending(_ id: MessageID, _ outbox: inout PeerOutbox) {
        guard let pending = pendingMessages[id] else { return }
        if errands.cancel(.direct(id), &outbox) { ways.abandon(to: pending.entry.to) }
        errands.cancel(.deposit(id), &outbox)
        enter(.resting, id)
        agenda.remove(.attempt(id))
        agenda.remove(.deposit(id))
        pendingMessages[id] = nil
        if pending.entry.kind == .message { messagesUnderWay -= 1 }
    }

    /// Counts the time of what was accepted by a clock in doubt from when the clock is right.
    mutating func dateMessages(_ now: Now) {
        for id in view.outboxIDs(OutboxTable.active) {
            guard let before = pendingMessages[id]?.entry, before.isUndated else { continue }
            var entry = before
            entry.date(now.utc)
            pendingMessages[id]?.entry = entry
            write(id, entry, after: before)
        }
    }

    /// Tells the truth about what was not delivered in its time.
    mutating func expireMessages(by time: UnixTime, _ now: Now, _ outbox: inout PeerOutbox) {
        for id in view.outboxIDs(OutboxTable.active) {
            guard let entry = pendingMessages[id]?.entry, entry.expiresAt <= time else { continue }
            conclude(id, as: .failed, reason: expiryReason(entry), now, &outbox)
        }
    }

    private func expiryReason(_ entry: OutboxEntry) -> String {
        switch entry.state {
        case .collected:
            "The recipient fetched it, but no receipt came in time; ask them whether they have it."
        case .stored: "It waited in the recipient's mailbox until it expired, and no receipt came; send it again."
        default: "It could not be brought to the recipient before it expired. " + (entry.reason ?? "Send it again.")
        }
    }
}
