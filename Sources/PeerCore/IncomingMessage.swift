import Basics

/// A message that this person has received and that is on disk.
public struct IncomingMessage: Hashable, Sendable {
    public let id: MessageID
    public let from: PeerID
    public let text: String
    /// By the sender's clock: to be shown, never to order by.
    public let sentAt: UnixTime
    public let receivedAt: UnixTime
    public let via: Via
    public var isRead: Bool
    /// The sender's logical time (Lamport, 1978).
    public let lamport: UInt64
    /// The number of the message's kind where this version doesn't know it; the text is then a sentence that says so. What
    /// was sent is kept as it came, for a later version to show.
    public let unknownKind: UInt8?

    /// What is shown in the place of a message of a kind that isn't known.
    static func sentence(ofKind kind: UInt8) -> String {
        "A message of a kind that this version of Roost doesn't know (\(kind)): a newer version may show it."
    }

    /// Where the message stands in the order of messages.
    public var position: InboxPosition { InboxPosition(lamport: lamport, from: from, id: id) }
}

/// The order in which messages are shown: by Lamport number, then sender, then ID; the same on every device.
public struct InboxPosition: Hashable, Comparable, Sendable {
    public let lamport: UInt64
    public let from: PeerID
    public let id: MessageID

    public init(lamport: UInt64, from: PeerID, id: MessageID) {
        self.lamport = lamport
        self.from = from
        self.id = id
    }

    public static func < (left: InboxPosition, right: InboxPosition) -> Bool {
        (left.lamport, left.from, left.id) < (right.lamport, right.from, right.id)
    }
}

/// Names received messages.
public enum InboxReference: Hashable, Sendable {
    /// Those with this ID: one, unless senders collide on purpose, as IDs are their choice.
    case message(MessageID)
    /// The one at this place.
    case position(InboxPosition)
}

/// Which received messages are asked for.
public struct InboxFilter: Hashable, Sendable {
    /// Only those of this sender.
    public var from: PeerID?
    /// Only those not marked read.
    public var unreadOnly: Bool
    /// Only those that come later in the order: for reading page by page.
    public var after: InboxPosition?
    /// At most so many.
    public var limit: Int

    public init(from: PeerID? = nil, unreadOnly: Bool = false, after: InboxPosition? = nil, limit: Int = .max) {
        self.from = from
        self.unreadOnly = unreadOnly
        self.after = after
        self.limit = limit
    }
}
