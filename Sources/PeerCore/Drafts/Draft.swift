import Basics

/// A text that this person has begun to write to a peer and hasn't sent. It stays on their machines: no peer and no node learns of it.
public struct Draft: Hashable, Sendable {
    public let peer: PeerID
    /// Not empty, and at most `Limits.textSize` bytes of UTF-8.
    public let text: String
    /// When it was changed last, by this machine's clock.
    public let changedAt: UnixTime

    public init(peer: PeerID, text: String, changedAt: UnixTime) {
        self.peer = peer
        self.text = text
        self.changedAt = changedAt
    }
}

/// What came of keeping a draft.
public enum DraftOutcome: Hashable, Sendable {
    case kept
    /// It has more bytes than a message may.
    case tooLong
    /// There are as many drafts, or bytes of them, as may be.
    case full
}
