/// What a person has decided about a peer.
public enum PeerStanding: UInt8, Hashable, Sendable, CaseIterable {
    /// Nothing yet: what they write is a request.
    case request = 0
    /// They may write: the person has said so, or has written to them.
    case accepted = 1
    /// What they write is dropped unseen.
    case blocked = 2
}

extension PeerStanding: TextCodable {
    /// Part of the interface.
    public var name: String {
        switch self {
        case .request: "request"
        case .accepted: "accepted"
        case .blocked: "blocked"
        }
    }

    public var codedText: String { name }
}
