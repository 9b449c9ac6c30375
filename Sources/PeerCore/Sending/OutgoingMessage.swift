import Basics

/// How far a message has come. Each state is said only when it is true.
public enum MessageState: UInt8, Hashable, Comparable, Sendable, CaseIterable {
    /// Durably accepted here; nobody else has it for sure.
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
public enum Via: UInt8, Hashable, Sendable {
    /// Straight to the recipient's own node.
    case direct = 1
    /// Through the buddies of the recipient's mailbox.
    case mailbox = 2
}

/// A message of this person to another, as it stands.
public struct OutgoingMessage: Hashable, Sendable {
    public let id: MessageID
    public let to: PeerID
    public var state: MessageState
    /// Nil as long as nobody else has it.
    public var via: Via?
    /// How many buddies kept it durably when it was last brought to a quorum…
    public var buddies: Int
    /// …of so many found then.
    public var of: Int
    /// Why it is no further: one plain sentence, or nil where there is nothing to say.
    public var reason: String?
    public let acceptedAt: UnixTime
    /// From then on nobody keeps it: without a receipt it has failed.
    public let expiresAt: UnixTime
    public let text: String
}

/// Why a message is not accepted.
public enum SendError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The text has more than `Limits.textSize` UTF-8 bytes.
    case textTooLong
    /// The peer ID is no valid key.
    case invalidPeer
    /// `Limits.outboxMessages` messages are under way.
    case outboxFull
    /// It is to oneself, and `Limits.inboxMessages` messages are in the inbox.
    case inboxFull
    /// The disk doesn't keep up with what is written.
    case storeBusy
    /// The key is longer than `Limits.messageKeySize`.
    case keyTooLong

    /// One plain sentence: what happened and what to do.
    public var description: String {
        switch self {
        case .textTooLong: "The text is longer than \(Limits.textSize) bytes; send it in parts."
        case .invalidPeer: "The peer ID is not a valid key; ask the peer for it again."
        case .outboxFull: "\(Limits.outboxMessages) messages are waiting to be delivered; wait, or cancel some of them."
        case .inboxFull: "The inbox holds \(Limits.inboxMessages) messages, as many as it may; delete some of them."
        case .storeBusy: "The disk is busy; try again in a moment."
        case .keyTooLong: "The key is longer than \(Limits.messageKeySize) bytes; use a shorter one."
        }
    }
}

/// Whether a message was taken over.
public enum Acceptance: Hashable, Sendable {
    /// It is durable: its `.accepted` has been given.
    case accepted
    /// It is being made durable.
    case pending
    /// There is no such message: it never was, could not be made durable, or is forgotten.
    case unknown
}

/// What became of a wish to cancel a message.
public enum CancelOutcome: Hashable, Sendable {
    /// It is no longer sent. Copies that others keep already may still reach the recipient.
    case cancelled
    /// It was settled before.
    case tooLate(MessageState)
    /// There is no such message.
    case unknown
}
