import Basics

/// A conversation, as it is listed.
public struct ConversationOverview: Hashable, Sendable {
    /// Names the peer, and says where the conversation stands in the list.
    public let place: ConversationPlace
    /// Received messages that can be read and aren't marked as read.
    public let unread: Int
    /// What the person has decided about the peer.
    public let standing: PeerStanding
    /// The last message in the conversation's order; nil where none can be read yet.
    public let last: HistoryMessage?
}
