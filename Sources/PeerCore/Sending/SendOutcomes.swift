import Basics
@_exported import Reports

/// Why a message is not accepted.
public enum SendError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The text has more than `Limits.textSize` UTF-8 bytes.
    case textTooLong
    /// The peer ID is no valid key.
    case invalidPeer
    /// The person has blocked this peer.
    case peerBlocked
    /// `Limits.outboxMessages` messages are under way.
    case outboxFull
    /// It is to oneself, and `Limits.inboxMessages` messages are in the inbox.
    case inboxFull
    /// The disk doesn't keep up with what is written.
    case storeBusy
    /// The key is longer than `Limits.messageKeySize`.
    case keyTooLong
    /// The key is empty: as every caller without one would have the same, it names nothing.
    case keyEmpty
    /// The key names this message to the same peer, which has another text.
    case keyTaken(MessageID)

    /// One plain sentence: what happened and what to do.
    public var description: String {
        switch self {
        case .textTooLong: "The text is longer than \(Limits.textSize) bytes; send it in parts."
        case .invalidPeer: "The peer ID is not a valid key; ask the peer for it again."
        case .peerBlocked: "You have blocked this peer: unblock them first."
        case .outboxFull: "\(Limits.outboxMessages) messages are waiting to be delivered; wait, or cancel some of them."
        case .inboxFull: "The inbox holds \(Limits.inboxMessages) messages, as many as it may; delete some of them."
        case .storeBusy: "The disk is busy; try again in a moment."
        case .keyTooLong: "The key is longer than \(Limits.messageKeySize) bytes; use a shorter one."
        case .keyEmpty: "The key is empty and names nothing; give one, or leave it out."
        case .keyTaken(let id):
            "The key was used before for another text to this peer, and nothing was sent: use another key, or see what it named with "
                + "`roost outbox show \(id)`."
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

/// The outcome of a request to cancel a message.
public enum CancelOutcome: Hashable, Sendable {
    /// It is no longer sent. Copies that others keep already may still reach the recipient.
    case cancelled
    /// It was settled before.
    case tooLate(MessageState)
    /// There is no such message.
    case unknown
}
