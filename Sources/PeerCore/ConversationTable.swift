import Basics
import Conversations
import Storage

/// The table `conversations`:
/// ```
///   c ‖ peer          the conversation, as `Conversation` encodes it
///   r ‖ peer ‖ ID     the receipt that is owed; see `ReceiptTable`
/// ```
enum ConversationTable {
    static func entryKey(_ peer: PeerID) -> [UInt8] { [UInt8(ascii: "c")] + peer.bytes.array }
}

extension StoreView {
    /// The conversation with a peer; a new one where there is none.
    func conversation(with peer: PeerID) -> Conversation {
        value(.conversations, ConversationTable.entryKey(peer)).flatMap { try? Conversation($0.span.bytes) }
            ?? Conversation()
    }

    /// Writes a conversation down where it has changed, in the batch of the message that has changed it.
    mutating func putConversation(with peer: PeerID, _ conversation: Conversation) {
        guard conversation != self.conversation(with: peer) else { return }
        put(.conversations, ConversationTable.entryKey(peer), conversation.encoded)
    }
}
