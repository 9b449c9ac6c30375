import Basics
import Conversations

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
    /// Its number in the order of arrival, from 1 and rising: what came later has a higher one, and none is given twice.
    /// 0 for a message that has not got its number yet: one of an older store, or one that was withheld until just now.
    public let arrival: UInt64
    /// The number of the message's kind where this version doesn't know it; the text is then a sentence that says so. What
    /// was sent is kept as it came, for a later version to show.
    public let unknownKind: UInt8?
    /// Whom the sender introduces, where that is proved; the text says it as well.
    public let introduction: Introduction?
    /// What the sender says to be called by now, where they said otherwise before: this message was the first to say so.
    public let renaming: Renaming?

    package init(
        id: MessageID, from: PeerID, text: String, sentAt: UnixTime, receivedAt: UnixTime, via: Via, isRead: Bool,
        lamport: UInt64, arrival: UInt64, unknownKind: UInt8?, introduction: Introduction? = nil,
        renaming: Renaming? = nil
    ) {
        self.id = id
        self.from = from
        self.text = text
        self.sentAt = sentAt
        self.receivedAt = receivedAt
        self.via = via
        self.isRead = isRead
        self.lamport = lamport
        self.arrival = arrival
        self.unknownKind = unknownKind
        self.introduction = introduction
        self.renaming = renaming
    }

    /// What is shown in the place of a message of a kind that isn't known.
    static func sentence(ofKind kind: UInt8) -> String {
        "A message of a kind that this version of Roost doesn't know (\(kind)): a newer version may show it."
    }

    /// Where the message stands in the order of messages.
    public var position: InboxPosition { InboxPosition(lamport: lamport, from: from, id: id) }
}

/// A message that this person has received, without what it says.
public struct ArrivedMessage: Hashable, Sendable {
    /// Its number in the order of arrival.
    public let arrival: UInt64
    /// Where it stands in its conversation; names its sender and its ID.
    public let position: InboxPosition
    /// By the sender's clock: to be shown, never to order by.
    public let sentAt: UnixTime
    public let receivedAt: UnixTime
    public let via: Via
    public let isRead: Bool
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

    /// Before all messages.
    public static let beginning = InboxPosition(lamport: 0, from: PeerID(.zero), id: MessageID(0))

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
    /// Only those that come later in the order of conversations: for reading page by page.
    public var after: InboxPosition?
    /// Only those with a higher arrival number, and in the order of arrival: for a reader that wants each new message
    /// once. `after` then means nothing.
    public var since: UInt64?
    /// At most so many.
    public var limit: Int
    /// No more than one beyond texts of so many bytes together.
    public var textBytes: Int

    public init(
        from: PeerID? = nil, unreadOnly: Bool = false, after: InboxPosition? = nil, since: UInt64? = nil,
        limit: Int = .max, textBytes: Int = .max
    ) {
        self.from = from
        self.unreadOnly = unreadOnly
        self.after = after
        self.since = since
        self.limit = limit
        self.textBytes = textBytes
    }

    /// Whether a message is among those asked for, wherever it stands.
    func includes(_ position: InboxPosition) -> Bool { from == nil || from == position.from }
}
