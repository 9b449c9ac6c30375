import Basics
import Conversations

/// Somebody who is to be introduced, and what this person calls them.
public struct Introduced: Hashable, Sendable {
    public let peer: PeerID
    public let name: String

    /// Nil where the name can't be shown to others, or is longer than a card holds (`Introduction.nameSize`).
    public init?(peer: PeerID, name: String) {
        guard (1...Introduction.nameSize).contains(name.utf8.count), SeenText.firstUnseen(in: name) == nil else {
            return nil
        }
        self.peer = peer
        self.name = name
    }
}

/// Somebody who was introduced to this person, by a card that is proved.
public struct PeerIntroduction: Hashable, Sendable {
    /// Who was introduced.
    public let peer: PeerID
    /// Who introduced them.
    public let introducer: PeerID
    /// What the introducer calls them.
    public let name: String
    /// What they had told the introducer that they are called; nil where they told nothing.
    public let claimedName: String?
    /// By the introducer's clock.
    public let sentAt: UnixTime

    public init(peer: PeerID, introducer: PeerID, name: String, claimedName: String?, sentAt: UnixTime) {
        self.peer = peer
        self.introducer = introducer
        self.name = name
        self.claimedName = claimedName
        self.sentAt = sentAt
    }
}
