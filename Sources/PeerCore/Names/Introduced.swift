import Basics
import Conversations

/// Somebody who is to be introduced, and what this person calls them.
public struct Introduced: Hashable, Sendable {
    public let peer: PeerID
    public let name: String

    /// Nil where the name can't be one of a card (`Introduction.isName`).
    public init?(peer: PeerID, name: String) {
        guard Introduction.isName(name) else { return nil }
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
