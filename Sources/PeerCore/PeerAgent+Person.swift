import Basics
import Storage

/// What the person asks for and asks about.
extension PeerAgent {
    /// Takes a message over. It is accepted when the notice `.accepted` says so, and refused with `.notAccepted`.
    ///
    /// A `key` makes a repeated call with the same text the same message to this peer: the first call's ID is returned, and the notice
    /// given again when the message was accepted before. With another text the call is refused, as one of the two would be lost.
    /// With `introducing` the message bears a card as well, that says what this person calls a third one; the text should say the same.
    public mutating func send(
        _ text: String, introducing introduced: Introduced? = nil, to peer: PeerID, key: String?, now: Now,
        into outbox: inout PeerOutbox
    ) throws(SendError) -> MessageID {
        try during(now, &outbox) { (agent) throws(SendError) in
            let composition = try agent.sent.compose(
                text, introducing: introduced, to: peer, key: key, isPeerValid: agent.sending.isValid(peer),
                pending: agent.sending.messageCount,
                isInboxFull: agent.inbox.isFull,
                &agent.turn)
            switch composition {
            case .isThere(let id): return id
            case .forPeer(let content):
                agent.makeRoom()
                agent.endDraft(text, to: peer)
                agent.accept(content, to: peer, .message, key: key)
                agent.startReady()
                return content.id
            case .forOneself(let content):
                agent.makeRoom()
                agent.endDraft(text, to: peer)
                let position = agent.inbox.storeOwn(content, &agent.turn)
                let ticket = agent.sent.writeArrived(content, key: key, &agent.turn)
                agent.inbox.expectOwn(position, ticket, &agent.turn)
                return content.id
            }
        }
    }

    /// Stops sending a message: for good once `lastWrite` is durable. Copies that others keep already may still reach the
    /// recipient.
    public mutating func cancel(_ id: MessageID, now: Now, into outbox: inout PeerOutbox) -> CancelOutcome {
        during(now, &outbox) { agent in
            let outcome = agent.sending.cancelMessage(id, &agent.turn)
            agent.startReady()
            return outcome
        }
    }

    /// Marks received messages read, and lets those of their senders know who may hear of it, by who they are and what is decided about
    /// them: seen once `lastWrite` is durable. What was read without that is never told later.
    public mutating func markRead(
        _ references: [InboxReference], telling hears: (PeerID, PeerStanding) -> Bool = { _, _ in true }, now: Now,
        into outbox: inout PeerOutbox
    ) {
        during(now, &outbox) { agent in
            let marked = agent.inbox.markRead(references, telling: hears, &agent.turn)
            for receipt in marked.receipts {
                agent.receipts.owe(receipt, &agent.turn)
                agent.receipts.scheduleBatch(for: receipt.to, &agent.turn)
            }
            for peer in marked.peers { agent.turn.after(agent.lastWrite, .notice(.conversationChanged(peer))) }
        }
    }

    /// Deletes received messages, for good once `lastWrite` is durable; those that are not shown yet stay. Returns how many.
    ///
    /// That they came is remembered for as long as a copy could, so that none comes back.
    public mutating func delete(_ references: [InboxReference], now: Now, into outbox: inout PeerOutbox) -> Int {
        during(now, &outbox) { agent in
            let deletion = agent.deleteReceived(references)
            for peer in deletion.peers { agent.turn.after(agent.lastWrite, .notice(.conversationChanged(peer))) }
            return deletion.count
        }
    }

    private mutating func deleteReceived(_ references: [InboxReference]) -> Inbox.Deletion {
        let deletion = inbox.delete(references, &turn)
        if deletion.makesRoom { collecting.resumePolling(after: .zero, &turn) }
        return deletion
    }

    /// Deletes messages of a conversation here, in both directions: those after a position, or from the first, and some at a time.
    /// Sent ones under way stay, and received ones that are not shown yet. What was begun to the peer goes with them.
    public mutating func deleteConversation(
        with peer: PeerID, after position: InboxPosition? = nil, now: Now, into outbox: inout PeerOutbox
    ) -> ConversationDeletion {
        during(now, &outbox) { agent in
            agent.removeDraft(to: peer)
            let portion = agent.history.portion(with: peer, after: position, agent.turn.view)
            let received = agent.deleteReceived(portion.received).count
            let count = received + agent.sent.delete(portion, &agent.turn)
            portion.removeGone(&agent.turn)
            if count > 0 { agent.turn.after(agent.lastWrite, .notice(.conversationChanged(peer))) }
            return ConversationDeletion(count: count, rest: portion.rest)
        }
    }

    /// Deletes a sent message here, for good once `lastWrite` is durable. False: it is under way, or there is none.
    public mutating func deleteSent(_ id: MessageID, now: Now, into outbox: inout PeerOutbox) -> Bool {
        during(now, &outbox) { agent in
            guard let peer = agent.turn.view.outboxEntry(id)?.to, agent.sent.delete(id, &agent.turn) else {
                return false
            }
            agent.turn.after(agent.lastWrite, .notice(.conversationChanged(peer)))
            return true
        }
    }

    /// Throws away all waiting mail that can't be opened, at its buddies as well, for good once `lastWrite` is durable;
    /// returns how many envelopes. A copy of the profile that holds the keys they were sealed to gets none of them any
    /// more, and their senders hear that they were collected.
    public mutating func discardUnopened(now: Now, into outbox: inout PeerOutbox) -> Int {
        during(now, &outbox) { agent in
            let entries = agent.collecting.removeUnopened(&agent.turn)
            agent.inbox.writeDone(entries, &agent.turn)
            return entries.count
        }
    }

    private mutating func makeRoom() {
        let sending = sending
        sent.makeRoom(&turn) { sending.entry(of: $0) != nil }
    }

    // MARK: Sent messages

    /// A sent message as it stands on disk.
    public func message(_ id: MessageID) -> SentMessage? { turn.view.durable.sentMessage(id) }

    /// Sent messages in the order in which they were accepted, from the one after `after`, as they stand on disk.
    public func outgoingMessages(after: MessageID? = nil, limit: Int = .max) -> [SentMessage] {
        turn.view.durable.sentMessages(after: after, limit: limit)
    }

    /// Whether a message to this peer was taken over by this key before.
    public func hasTakenOver(_ key: String, to peer: PeerID) -> Bool {
        turn.view.contains(.outbox, OutboxTable.repeatKey(SentMessages.keyHash(peer, key)))
    }

    /// Whether a message that `send` returned has been accepted.
    public func acceptance(of id: MessageID) -> Acceptance { turn.view.acceptance(of: id) }

    /// How many sent messages are under way.
    public var pendingCount: Int { sent.pendingCount }

    /// How many sent messages are under way in a state.
    public func pendingCount(in state: MessageState) -> Int { sent.pendingCount(in: state) }

    /// When the oldest of the sent messages that are stored nowhere but here was accepted; nil if there is none.
    public var oldestQueued: UnixTime? { sent.oldestQueued }

    /// The ticket of the newest write: what this person asked for is durable with it.
    public var lastWrite: Ticket { turn.view.lastTicket }

    /// Whether the fate of a write is known: durable or lost.
    public func isSettled(_ ticket: Ticket) -> Bool { turn.view.isSettled(ticket) }

    /// How many buddies announce what comes into the mailbox of the present epoch.
    public var announcers: Int { collecting.announcers }

    // MARK: Received messages

    /// Received messages in conversation order, or with `since` in the order of arrival, as they stand on disk and without
    /// those that are withheld at this time.
    public func inbox(_ filter: InboxFilter, now: Now) -> [IncomingMessage] {
        inbox.messages(filter, isIndexed: isHistoryIndexed, turn, now.utc)
    }

    /// The number of the last message that has come to be this person's and can be read; 0 where none ever has.
    public var lastArrival: UInt64 { turn.numbers.readable }

    /// Messages in the inbox, those included that are not shown yet.
    package var inboxMessages: Int { inbox.messages }

    /// Mail that waits for this person and can't be opened here, as it is written down on disk; nil where there is none.
    public var unopened: UnopenedStanding? { UnopenedStanding(turn.view.durable.unopenedMail()) }

    /// Whether this person has gone on from an older state of their data, such as an import, a backup, or their keys alone, or somebody who
    /// writes to them has. What was sealed to other keys can't be opened here, and nothing tells whether it has come in another envelope.
    package var goesOnFromCopy: Bool { turn.view.durable.continuity().generation > 0 }

    // MARK: Conversations

    /// Whether conversations hold all messages: a store of an older version, or an imported one, takes a moment.
    public var isHistoryIndexed: Bool { indexing.isDone(turn.view.durable) }

    /// A part of a conversation as it stands on disk, without messages that are withheld at this time.
    public func history(_ filter: HistoryFilter, now: Now) -> HistoryPart {
        history.part(filter, turn.view, withheld: inbox.withheld(now.utc, turn.view))
    }

    /// Conversations, those with the newest messages first: from the one after `place`, at most so many.
    public func conversations(after place: ConversationPlace?, limit: Int, now: Now) -> [ConversationOverview] {
        history.conversations(
            after: place, limit: limit, turn.view, withheld: inbox.withheld(now.utc, turn.view))
    }

    /// What has come to be this person's after a number, in that order and without texts: at most so many.
    public func numberedMessages(since number: UInt64, limit: Int) -> [NumberedMessage] {
        history.numbered(after: number, upTo: turn.numbers.readable, limit: limit, turn.view)
    }

    /// What this person has decided about a peer.
    public func standing(of peer: PeerID) -> PeerStanding { turn.view.durable.standing(of: peer, with: id) }

    /// The peers that this person has blocked.
    public func blockedPeers() -> [PeerID] { turn.view.durable.blockedPeers() }

    /// Accepts or blocks a peer, or takes that back with `request`: for good once `lastWrite` is durable. What a blocked peer writes
    /// is dropped unseen from then on; what they have written stays. False: there are as many decisions as may be, or it is oneself.
    public mutating func decide(
        _ standing: PeerStanding, about peer: PeerID, now: Now, into outbox: inout PeerOutbox
    ) -> Bool {
        during(now, &outbox) { agent in
            guard peer != agent.id, agent.turn.view.putStanding(standing, of: peer) else { return false }
            agent.turn.after(agent.lastWrite, .notice(.conversationChanged(peer)))
            if standing == .blocked { agent.turn.schedule(.farewell(peer), in: .zero) }
            return true
        }
    }

    // MARK: The person's store and profile

    /// When another copy of this profile was seen to publish; nil where none was lately. Two copies are one person in two
    /// places: what is sealed to the keys of the one, the other can't open.
    public var secondCopySighting: SecondCopySighting? { publishing.sighting }

    /// Whose mail a store holds; nil where that is not written there yet.
    public static func owner(of store: some StoreReader) -> PeerID? {
        var owner: PeerID?
        _ = store.read(.profile, ProfileTable.owner) { owner = Bytes32($0).map { PeerID($0) } }
        return owner
    }
}
