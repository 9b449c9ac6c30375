/// What a person has decided about a peer, as the API names it.
public enum PeerStandingName: String, Codable, Sendable, CaseIterable {
    /// Nothing yet: the peer has written, and the person has neither answered nor accepted them.
    case request
    case accepted
    /// What the peer writes is dropped unseen.
    case blocked
}

/// The body that decides about a peer.
struct StandingDecision: Codable {
    var standing: PeerStandingName
}

/// A peer whose messages are dropped.
public struct BlockedPeer: Codable, Sendable, Equatable {
    /// The peer ID, `roost1…`.
    public var id: String
    /// What they are called in the address book; nil where they have no name there.
    public var name: String?

    public init(id: String, name: String? = nil) {
        self.id = id
        self.name = name
    }
}

/// The wrapper in which they are listed.
struct BlockedList: Codable {
    var peers: [BlockedPeer]
}
