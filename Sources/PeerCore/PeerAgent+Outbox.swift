import Basics
import Conversations
import Exchange

/// What the person may ask about sent messages.
extension PeerAgent {
    /// A sent message as it stands.
    public func message(_ id: MessageID) -> OutgoingMessage? {
        view.outboxEntry(id).flatMap { outgoing(id, $0) }
    }

    /// Sent messages in the order in which they were accepted, from the one after `after`.
    public func outgoingMessages(after: MessageID? = nil, limit: Int = .max) -> [OutgoingMessage] {
        let place = after.flatMap { view.outboxEntry($0) }.map { OutboxTable.historyKey($0.sequence) }
        return view.outboxIDs(OutboxTable.history, after: place, limit: limit).compactMap { message($0) }
    }

    /// How many sent messages are under way.
    public var pendingCount: Int { messagesUnderWay }

    /// How many sent messages are under way in a state.
    public func pendingCount(in state: MessageState) -> Int {
        parcels.values.count { $0.entry.kind == .message && $0.entry.state == state }
    }

    /// When the oldest of the sent messages was accepted that are nowhere but here; nil where there is none.
    public var oldestQueued: UnixTime? {
        parcels.values.filter { $0.entry.kind == .message && $0.entry.state == .queued }.map(\.entry.acceptedAt).min()
    }

    /// An outbox entry as a person sees it; nil for receipts, which they never see.
    func outgoing(_ id: MessageID, _ entry: OutboxEntry) -> OutgoingMessage? {
        guard entry.kind == .message, case .text(let text)? = view.outboxContent(id)?.body else { return nil }
        return OutgoingMessage(
            id: id, to: entry.to, state: entry.state, via: entry.via, buddies: entry.buddies, of: entry.of,
            reason: entry.reason, acceptedAt: entry.acceptedAt, expiresAt: entry.expiresAt, text: text)
    }
}
