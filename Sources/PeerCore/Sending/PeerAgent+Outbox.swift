import Basics
import Conversations
import Storage

/// A change of a sent message that is being made durable.
struct SentChange {
    let id: MessageID
    let before: OutboxEntry
    let after: OutboxEntry
}

/// What the person may ask about sent messages, and what they are told: nothing that isn't durable, for a failed commit
/// would take it back.
extension PeerAgent {
    /// A sent message as it stands on disk.
    public func message(_ id: MessageID) -> SentMessage? { view.durable.sentMessage(id) }

    /// Sent messages in the order in which they were accepted, from the one after `after`, as they stand on disk.
    public func outgoingMessages(after: MessageID? = nil, limit: Int = .max) -> [SentMessage] {
        let durable = view.durable
        let place = after.flatMap { durable.outboxEntry($0) }.map { OutboxTable.historyKey($0.sequence) }
        return durable.outboxIDs(OutboxTable.history, after: place, limit: limit)
            .compactMap { durable.sentMessage($0) }
    }

    /// How many sent messages are under way.
    public var pendingCount: Int { durableStates.count }

    /// How many sent messages are under way in a state.
    public func pendingCount(in state: MessageState) -> Int { durableStates.count(in: state) }

    /// When the oldest of the sent messages was accepted that are nowhere but here; nil where there is none.
    public var oldestQueued: UnixTime? { durableStates.oldestQueued }

    /// The ticket of the newest write: what this person asked for is durable with it.
    public var lastWrite: Ticket { view.lastTicket }

    /// Whether it is known if a write is durable or lost.
    public func isSettled(_ ticket: Ticket) -> Bool { view.isSettled(ticket) }

    // MARK: Changes

    /// Writes down that an entry has changed. Whoever watches hears of it when that is durable.
    mutating func write(_ id: MessageID, _ entry: OutboxEntry, after before: OutboxEntry) {
        let ticket = view.putOutboxEntry(id, entry)
        guard entry.kind == .message else { return }
        awaited.append((ticket, .tell(SentChange(id: id, before: before, after: entry))))
    }

    /// A change of a sent message is durable: it is counted and told.
    mutating func tell(_ change: SentChange, _ now: Now, _ outbox: inout PeerOutbox) {
        let (before, after) = (change.before, change.after)
        durableStates.becameDurable(change.id, after)
        switch after.state {
        case .queued: break
        case .stored, .collected: if before.state < .stored { outbox.activity.count(.stored) }
        case .delivered, .read:
            guard before.state.isUnderWay else { break }
            outbox.activity.countDelivery(after: now.utc.seconds(since: after.acceptedAt))
        case .failed: outbox.activity.count(.failed)
        }
        guard case .text(let text)? = view.durable.outboxContent(change.id)?.body else { return }
        let message = SentMessage(change.id, after, text: text)
        if message != SentMessage(change.id, before, text: text) { outbox.notices.append(.changed(message)) }
    }
}

extension SentMessage {
    /// An outbox entry as a person sees it.
    fileprivate init(_ id: MessageID, _ entry: OutboxEntry, text: String) {
        self.init(
            id: id, to: entry.to, state: entry.state, via: entry.via, buddies: entry.buddies, of: entry.of,
            reason: entry.reason, acceptedAt: entry.acceptedAt, expiresAt: entry.expiresAt, text: text)
    }
}

extension StoreView {
    /// A sent message as a person sees it; nil for receipts, which they never see.
    fileprivate func sentMessage(_ id: MessageID) -> SentMessage? {
        guard let entry = outboxEntry(id), entry.kind == .message, case .text(let text)? = outboxContent(id)?.body
        else { return nil }
        return SentMessage(id, entry, text: text)
    }
}
