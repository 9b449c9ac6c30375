import Basics
import Conversations
import Storage

/// Goes through all conversations of a store, some at a time: there may be many, and each is decoded.
struct ConversationTidying {
    /// How many are looked at in one go.
    static let portion = Limits.removalsPerSweep

    /// The last one looked at.
    private var last: PeerID?

    /// The peers of the next conversations: fewer than a portion at the end.
    mutating func next(in view: StoreView) -> [PeerID] {
        let peers = view.peersInConversation(after: last, limit: ConversationTidying.portion)
        last = peers.last ?? last
        return peers
    }
}

extension StoreView {
    /// Whether nothing depends any more on what is kept of a peer: no message of the conversation is there, nothing was written to
    /// them, decided about them or is owed to them, and whatever they sealed in it, or to open it, has expired.
    ///
    /// Otherwise everybody who ever wrote would be remembered for good. If the peer writes again in a session that is forgotten here,
    /// the message is sealed anew, as after a loss of keys.
    func isForgettable(_ conversation: Conversation, with peer: PeerID, on day: Day) -> Bool {
        conversation.lastSent == nil && !conversation.wasUsed(since: day.advanced(by: -Prekey.lifetime))
            && conversationEntry(with: peer) == nil && !isDecidedAbout(peer)
            && owedReceipts(to: peer, limit: 1).isEmpty
    }

    /// Forgets what was kept of a peer beside messages and decisions.
    mutating func removeConversation(with peer: PeerID) {
        remove(.conversations, ConversationTable.entryKey(peer))
        remove(.conversations, ConversationTable.deliveryKey(peer))
        remove(.conversations, NameTable.claimKey(peer))
        remove(.conversations, NameTable.toldKey(peer))
    }
}
