import Reports

/// The body that decides about a peer.
struct StandingDecision: Codable {
    var standing: PeerStanding
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
