import Basics

/// How far a message has come. Each state is said only when it is true.
public enum MessageState: UInt8, Hashable, Comparable, Sendable, CaseIterable {
    /// Durably accepted here; no other node has it for sure.
    case queued = 0
    /// A quorum of the recipient's buddies keeps it durably.
    case stored = 1
    /// The recipient's signed tombstone proves that it was fetched.
    case collected = 2
    /// The recipient's own node has it, or a receipt came.
    case delivered = 3
    /// The recipient has read it.
    case read = 4
    /// No receipt came before it expired, or it was cancelled.
    case failed = 5

    public static func < (left: MessageState, right: MessageState) -> Bool { left.rawValue < right.rawValue }

    /// Whether the message is still being worked on.
    public var isUnderWay: Bool { self == .queued || self == .stored || self == .collected }
}

/// The way a message took.
public enum Via: UInt8, Hashable, Sendable, CaseIterable {
    /// Straight to the recipient's own node.
    case direct = 1
    /// Through the buddies of the recipient's mailbox.
    case mailbox = 2
}

/// A message of this person to another, as it stands.
public struct SentMessage: Hashable, Sendable {
    public let id: MessageID
    public let to: PeerID
    public var state: MessageState
    /// Nil as long as no other node has it.
    public var via: Via?
    /// How many buddies kept it durably when it was last brought to a quorum…
    public var buddies: Int
    /// …of so many found then.
    public var of: Int
    /// Why it failed, or what it waits for: one plain sentence, or nil where there is nothing to say.
    public var reason: String?
    /// When that was, where buddies keep it: since then they repair it by themselves.
    public var storedAt: UnixTime?
    public let acceptedAt: UnixTime
    /// From then on no buddy keeps it: without a receipt it has failed.
    public let expiresAt: UnixTime
    /// What it says. Nil where it was left out, as in lists and in news.
    public var text: String?
    /// Whether a call had been made before by the same key, of which this message came: nothing was sent by this one. Only in the answer
    /// to a call that sends.
    public var isRepeated = false

    public init(
        id: MessageID, to: PeerID, state: MessageState = .queued, via: Via? = nil, buddies: Int = 0, of: Int = 0,
        reason: String? = nil, storedAt: UnixTime? = nil, acceptedAt: UnixTime, expiresAt: UnixTime, text: String? = nil
    ) {
        self.id = id
        self.to = to
        self.state = state
        self.via = via
        self.buddies = buddies
        self.of = of
        self.reason = reason
        self.storedAt = storedAt
        self.acceptedAt = acceptedAt
        self.expiresAt = expiresAt
        self.text = text
    }

    /// The same without what it says.
    public var withoutText: SentMessage {
        var message = self
        message.text = nil
        return message
    }
}
