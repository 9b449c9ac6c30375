import Basics

/// Where a conversation stands among all of a person's, by its last message.
public struct ConversationPlace: Hashable, Sendable {
    /// The number of the last message.
    public let number: UInt64
    public let peer: PeerID

    public init(number: UInt64, peer: PeerID) {
        self.number = number
        self.peer = peer
    }
}
