import Basics
import Storage

/// Keys of the table `conversations` by which the messages of one conversation are found, in both directions:
/// ```
///   h ‖ peer ‖ lamport ‖ sender ‖ ID    a message of the conversation with a peer; the value is its direction
///   l ‖ peer                            `ConversationEntry`
///   n ‖ number u64 ‖ peer               the conversations in the order of their last messages
/// ```
enum HistoryTable {
    static func conversation(_ peer: PeerID) -> [UInt8] { [UInt8(ascii: "h")] + peer.bytes.array }
    static func key(_ position: InboxPosition, with peer: PeerID) -> [UInt8] {
        conversation(peer) + InboxTable.place(position)
    }
    static func entryKey(_ peer: PeerID) -> [UInt8] { [UInt8(ascii: "l")] + peer.bytes.array }
    static let newest = [UInt8(ascii: "n")]
    static func newestKey(_ number: UInt64, _ peer: PeerID) -> [UInt8] {
        newest + number.bigEndianBytes + peer.bytes.array
    }

    /// The position that a key of `h` names.
    static func position(_ key: RawSpan) -> InboxPosition? {
        InboxTable.position(place: key, at: 33)
    }

    /// The place of a conversation that a key of `n` names.
    static func place(_ key: RawSpan) -> ConversationPlace? {
        guard let number = UInt64(bigEndianBytes: key, at: 1), let peer = Bytes32(key, at: 9) else { return nil }
        return ConversationPlace(number: number, peer: PeerID(peer))
    }
}

extension StoreView {
    func conversationEntry(with peer: PeerID) -> ConversationEntry? {
        value(.conversations, HistoryTable.entryKey(peer)).flatMap { try? ConversationEntry($0.span.bytes) }
    }

    /// Adds a message to its conversation, unless it is there. `number`: 0 for one that gets its number later. `time`: when it was
    /// accepted or received.
    mutating func addToHistory(
        _ position: InboxPosition, with peer: PeerID, _ direction: MessageDirection, at time: UnixTime, number: UInt64,
        isUnread: Bool
    ) {
        putTime(time, of: position, with: peer, direction)
        let key = HistoryTable.key(position, with: peer)
        guard !contains(.conversations, key) else { return }
        put(.conversations, key, [direction.rawValue])
        var entry = conversationEntry(with: peer) ?? ConversationEntry()
        if isUnread { entry.unread += 1 }
        put(entry, with: peer, last: number)
    }

    /// A message of the conversation has got its number.
    mutating func moveConversation(with peer: PeerID, to number: UInt64) {
        if let entry = conversationEntry(with: peer) { put(entry, with: peer, last: number) }
    }

    private mutating func put(_ entry: ConversationEntry, with peer: PeerID, last: UInt64) {
        var entry = entry
        remove(.conversations, HistoryTable.newestKey(entry.last, peer))
        entry.last = max(entry.last, last)
        put(.conversations, HistoryTable.newestKey(entry.last, peer), [])
        put(.conversations, HistoryTable.entryKey(peer), entry.encoded)
    }

    /// A received message was unread, and was marked as read or deleted. One that has no place in its conversation yet wasn't counted.
    mutating func countRead(_ position: InboxPosition) {
        let peer = position.from
        guard contains(.conversations, HistoryTable.key(position, with: peer)),
            var entry = conversationEntry(with: peer), entry.unread > 0
        else { return }
        entry.unread -= 1
        put(.conversations, HistoryTable.entryKey(peer), entry.encoded)
    }

    /// Removes the place of a message that isn't there any more.
    mutating func removeIfGone(_ position: InboxPosition, with peer: PeerID, _ direction: MessageDirection) {
        let isThere =
            switch direction {
            case .received: contains(.inbox, InboxTable.orderKey(position))
            case .sent: contains(.outbox, OutboxTable.entryKey(position.id))
            }
        if !isThere { removeFromHistory(position, with: peer) }
    }

    /// Removes a message from its conversation, and the conversation with its last message. To be called while the message
    /// is still in the inbox or the outbox.
    mutating func removeFromHistory(_ position: InboxPosition, with peer: PeerID) {
        if inboxEntry(position)?.isRead == false { countRead(position) }
        remove(.conversations, HistoryTable.key(position, with: peer))
        if let time = inboxEntry(position)?.receivedAt ?? outboxEntry(position.id)?.acceptedAt {
            removeTime(time, of: position, with: peer)
        }
        var isEmpty = true
        scan(.conversations, prefix: HistoryTable.conversation(peer)) { _, _ in
            isEmpty = false
            return false
        }
        guard isEmpty, let entry = conversationEntry(with: peer) else { return }
        remove(.conversations, HistoryTable.entryKey(peer))
        remove(.conversations, HistoryTable.newestKey(entry.last, peer))
    }
}
