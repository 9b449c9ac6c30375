import Basics
import Conversations
import Cryptography
import Storage

/// Takes messages over from the person, remembers them, and tells how far they have come. It tells only what is
/// durable, as a failed commit would take the rest back.
struct SentMessages {
    /// The person who sends.
    private let profile: ProfileKey
    private var id: PeerID { profile.peerID }
    private var history = SentHistory()
    private var states = DurableStates()

    init(profile: ProfileKey) { self.profile = profile }

    /// Begins with what the store holds: these are under way.
    mutating func load(_ underWay: [(id: MessageID, entry: OutboxEntry)], _ turn: inout Turn) {
        history = SentHistory(turn.view)
        states = DurableStates()
        for message in underWay { states.becameDurable(message.id, message.entry) }
    }

    /// How many sent messages are under way, as far as that is durable.
    var pendingCount: Int { states.count }

    func pendingCount(in state: MessageState) -> Int { states.count(in: state) }

    var oldestQueued: UnixTime? { states.oldestQueued }

    // MARK: Taking over

    /// What a message to be sent is.
    enum Composition {
        /// The call was made before: this message came of it.
        case isThere(MessageID)
        /// Something for a peer.
        case forPeer(Content)
        /// Something for oneself.
        case forOneself(Content)
    }

    /// Finds what a call of the person's is about, and refuses what there is no room for. A new message gets its place in the
    /// conversation; it is to be written by the same call. `pending`: how many messages are.
    mutating func compose(
        _ text: String, introducing introduced: Introduced?, to peer: PeerID, key: String?, isPeerValid: Bool,
        pending: Int, isInboxFull: Bool,
        _ turn: inout Turn
    ) throws(SendError) -> Composition {
        guard text.utf8.count <= Limits.textSize else { throw .textTooLong }
        guard (key?.utf8.count ?? 0) <= Limits.messageKeySize else { throw .keyTooLong }
        guard key?.isEmpty != true else { throw .keyEmpty }
        if let keyHash = key.map({ SentMessages.keyHash(peer, $0) }),
            let id = turn.view.value(.outbox, OutboxTable.repeatKey(keyHash)).flatMap({ MessageID($0) })
        {
            // By its bytes: texts that only look alike are two.
            if case .text(let earlier)? = turn.view.outboxContent(id)?.body, !earlier.utf8.elementsEqual(text.utf8) {
                throw .keyTaken(id)
            }
            turn.mark(.sentAgainByKey)
            if turn.view.acceptance(of: id) == .accepted { turn.notify(.accepted(id)) }
            return .isThere(id)
        }
        guard isPeerValid else { throw .invalidPeer }
        guard !turn.view.isBlocked(peer) else { throw .peerBlocked }
        guard pending < Limits.outboxMessages else {
            turn.mark(.outboxFull)
            throw .outboxFull
        }
        guard peer != id || !isInboxFull else { throw .inboxFull }
        guard turn.view.pendingBytes < Limits.pendingBytes, !turn.buggifies(.storeBusy) else {
            turn.mark(.storeBusy)
            throw .storeBusy
        }

        var conversation = turn.view.conversation(with: peer)
        var content = conversation.compose(.text(text), id: turn.secrets.messageID(), at: turn.now.utc)
        if let introduced {
            let claim = turn.view.claimedName(of: introduced.peer)?.text
            content.introduction = Introduction(
                of: introduced.peer, as: introduced.name, claiming: claim?.isEmpty == true ? nil : claim, in: content,
                to: peer, by: profile)
        }
        turn.putConversation(with: peer, conversation)
        return peer == id ? .forOneself(content) : .forPeer(content)
    }

    static func keyHash(_ peer: PeerID, _ key: String) -> Bytes32 {
        Blake2b.hash256(peer.bytes.array + Array(key.utf8))
    }

    /// Deletes a sent message that has ended. Returns whether it was deleted: one under way stays.
    mutating func delete(_ id: MessageID, _ turn: inout Turn) -> Bool {
        guard let entry = turn.view.outboxEntry(id), entry.kind == .message, !entry.state.isUnderWay else {
            return false
        }
        history.delete(id, entry, sentBy: self.id, from: &turn.view)
        return true
    }

    /// Deletes what this person wrote of a conversation, as far as it has ended. Returns how many messages those are. What they
    /// wrote to themselves lies in the inbox as well, and is counted there.
    mutating func delete(_ portion: DeletionPortion, _ turn: inout Turn) -> Int {
        var count = 0
        for place in portion.places where place.position.from == id && delete(place.position.id, &turn) {
            if place.direction == .sent { count += 1 }
        }
        return count
    }

    /// Makes room for one more message in the history. `isUnderWay`: what isn't to be forgotten.
    mutating func makeRoom(_ turn: inout Turn, isUnderWay: (MessageID) -> Bool) {
        history.makeRoom(in: &turn.view, sentBy: id, isUnderWay: isUnderWay)
    }

    /// Writes down what is to be brought to a peer. It is accepted once that is durable.
    mutating func write(
        _ content: Content, to peer: PeerID, _ kind: OutboxEntry.Kind, key: String?, _ turn: inout Turn
    ) -> OutboxEntry {
        var entry = newEntry(to: peer, kind, key, &turn)
        if kind == .message {
            let position = InboxPosition(lamport: content.lamport, from: id, id: content.id)
            entry.number = turn.numbers.next(for: position, in: &turn.view)
            turn.view.addToHistory(
                position, with: peer, .sent, at: entry.acceptedAt, number: entry.number, isUnread: false)
        }
        turn.view.put(.outbox, OutboxTable.activeKey(entry.sequence), content.id.array)
        _ = write(content, entry, &turn)
        return entry
    }

    /// Writes down what is for oneself: it has arrived once that is durable. Returns the ticket of that.
    mutating func writeArrived(_ content: Content, key: String?, _ turn: inout Turn) -> Ticket {
        var entry = newEntry(to: id, .message, key, &turn)
        entry.state = .delivered
        entry.via = .direct
        return write(content, entry, &turn)
    }

    private func newEntry(
        to peer: PeerID, _ kind: OutboxEntry.Kind, _ key: String?, _ turn: inout Turn
    ) -> OutboxEntry {
        let sequence = turn.view.number(.outbox, OutboxTable.nextSequence)
        turn.view.putNumber(.outbox, OutboxTable.nextSequence, sequence + 1)
        let now = turn.now.utc
        var entry = OutboxEntry(
            to: peer, kind: kind, sequence: sequence, acceptedAt: now,
            expiry: now.day.advanced(by: Limits.envelopeDays))
        entry.keyHash = key.map { SentMessages.keyHash(peer, $0) }
        entry.isUndated = !turn.clock.isUsable
        return entry
    }

    private mutating func write(_ content: Content, _ entry: OutboxEntry, _ turn: inout Turn) -> Ticket {
        if entry.kind == .message { history.add(content.id, sequence: entry.sequence, to: &turn.view) }
        if let keyHash = entry.keyHash { turn.view.put(.outbox, OutboxTable.repeatKey(keyHash), content.id.array) }
        turn.view.putOutboxEntry(content.id, entry)
        let ticket = turn.view.put(.outbox, OutboxTable.contentKey(content.id), content.encoded)
        turn.after(ticket, .acceptance(content.id))
        return ticket
    }

    // MARK: Telling

    /// Something was taken over durably. `entry`: what it is, while it is pending.
    mutating func becameDurable(_ id: MessageID, _ entry: OutboxEntry?, _ turn: inout Turn) {
        if let entry { states.becameDurable(id, entry) }
        guard entry?.kind != .receipt else { return }
        turn.numbers.becameDurable(turn.view.outboxEntry(id)?.number ?? 0)
        turn.notify(.accepted(id))
        turn.count(.accepted)
    }

    /// Something could not be made durable, and is forgotten.
    func wasLost(_ id: MessageID, _ entry: OutboxEntry?, _ result: CommitResult, _ turn: inout Turn) {
        turn.mark(.acceptanceLost)
        guard entry?.kind != .receipt else { return }
        let reason =
            result == .full
            ? "The disk is full; make room and send the message again."
            : "The disk failed; check it and send the message again."
        turn.notify(.notAccepted(id, reason: reason))
    }

    /// A change of a sent message is durable: it is counted and told.
    mutating func changeIsDurable(_ change: SentChange, _ turn: inout Turn) {
        let (before, after) = (change.before, change.after)
        states.becameDurable(change.id, after)
        switch after.state {
        case .queued: break
        case .stored, .collected: if before.state < .stored { turn.count(.stored) }
        case .delivered, .read:
            guard before.state.isUnderWay else { break }
            turn.countDelivery(after: turn.now.utc.seconds(since: after.acceptedAt))
        case .failed: turn.count(.failed)
        }
        guard case .text(let text)? = turn.view.durable.outboxContent(change.id)?.body else { return }
        let message = SentMessage(change.id, after, text: text)
        var told = SentMessage(change.id, before, text: text)
        // That it is stored still is no news.
        told.storedAt = message.storedAt
        if message != told { turn.notify(.changed(message)) }
    }
}

extension SentMessage {
    /// An outbox entry as a person sees it.
    fileprivate init(_ id: MessageID, _ entry: OutboxEntry, text: String) {
        self.init(
            id: id, to: entry.to, state: entry.state, via: entry.via, buddies: entry.buddies, of: entry.of,
            reason: entry.reason, storedAt: entry.state == .stored ? entry.storedAt : nil, acceptedAt: entry.acceptedAt,
            expiresAt: entry.expiresAt, text: text)
    }
}

extension StoreView {
    /// A sent message as a person sees it; nil for receipts, which they never see.
    func sentMessage(_ id: MessageID) -> SentMessage? {
        guard let entry = outboxEntry(id), entry.kind == .message, case .text(let text)? = outboxContent(id)?.body
        else { return nil }
        return SentMessage(id, entry, text: text)
    }

    /// Sent messages in the order in which they were accepted, from the one after `after`.
    func sentMessages(after: MessageID?, limit: Int) -> [SentMessage] {
        let place = after.flatMap { outboxEntry($0) }.map { OutboxTable.historyKey($0.sequence) }
        return outboxIDs(OutboxTable.history, after: place, limit: limit).compactMap { sentMessage($0) }
    }

    /// Whether a message has been accepted.
    func acceptance(of id: MessageID) -> Acceptance {
        let key = OutboxTable.contentKey(id)
        guard contains(.outbox, key) else { return .unknown }
        return pendingTicket(.outbox, key) == nil ? .accepted : .pending
    }
}
