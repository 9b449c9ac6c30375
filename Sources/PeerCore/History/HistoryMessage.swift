import Basics

/// A message that this person has sent, and where it stands.
public struct PlacedMessage: Hashable, Sendable {
    public let message: SentMessage
    /// Its number in the order in which messages came to be this person's; 0 of one that an older version sent.
    public let number: UInt64
    /// Where it stands in its conversation.
    public let position: InboxPosition
}

/// One message of a conversation.
public enum HistoryMessage: Hashable, Sendable {
    case received(IncomingMessage)
    case sent(PlacedMessage)

    public var position: InboxPosition {
        switch self {
        case .received(let message): message.position
        case .sent(let sent): sent.position
        }
    }

    /// What it says.
    var text: String {
        switch self {
        case .received(let message): message.text
        case .sent(let sent): sent.message.text ?? ""
        }
    }

    /// When it was accepted or received, by this machine's clock.
    var time: UnixTime {
        switch self {
        case .received(let message): message.receivedAt
        case .sent(let sent): sent.message.acceptedAt
        }
    }
}

/// What has come to be this person's after a number, without texts.
public enum NumberedMessage: Hashable, Sendable {
    case received(ArrivedMessage)
    case sent(PlacedMessage)

    /// Its number, from 1 and rising.
    public var number: UInt64 {
        switch self {
        case .received(let message): message.arrival
        case .sent(let message): message.number
        }
    }
}

/// From where on messages of a conversation are asked for.
public enum HistoryStart: Hashable, Sendable {
    /// The last ones.
    case end
    /// Those that stand before a position, the last of them first to be found.
    case before(InboxPosition)
    /// Those that stand after a position.
    case after(InboxPosition)
}

/// Which messages of a conversation are asked for.
public struct HistoryFilter: Hashable, Sendable {
    public var peer: PeerID
    public var start: HistoryStart
    /// Only those whose text contains this, regardless of case; empty: all.
    public var search: String
    /// Only those accepted or received at or after this time, by this machine's clock.
    public var since: UnixTime?
    /// At most so many.
    public var limit: Int

    public init(
        peer: PeerID, start: HistoryStart = .end, search: String = "", since: UnixTime? = nil, limit: Int = .max
    ) {
        self.peer = peer
        self.start = start
        self.search = search
        self.since = since
        self.limit = limit
    }
}

/// A part of a conversation.
public struct HistoryPart: Hashable, Sendable {
    /// In the conversation's order.
    public internal(set) var messages: [HistoryMessage] = []
    /// Messages before this position were not looked at; nil where it is known that there are none.
    public internal(set) var earlier: InboxPosition?
    /// Messages after this position were not looked at; nil where it is known that there are none, or none was looked at.
    public internal(set) var later: InboxPosition?

    /// An empty one.
    public init() {}

    init(messages: [HistoryMessage], earlier: InboxPosition?, later: InboxPosition?) {
        self.messages = messages
        self.earlier = earlier
        self.later = later
    }
}

/// A conversation, as it is listed.
public struct ConversationOverview: Hashable, Sendable {
    /// Names the peer, and says where the conversation stands in the list.
    public let place: ConversationPlace
    /// Received messages that can be read and aren't marked as read.
    public let unread: Int
    /// What the person has decided about the peer.
    public let standing: PeerStanding
    /// The last message in the conversation's order; nil where none can be read yet.
    public let last: HistoryMessage?
}

/// What came of deleting a part of a conversation.
public struct ConversationDeletion: Hashable, Sendable {
    /// How many messages were deleted.
    public let count: Int
    /// After which position it is to go on; nil where nothing is left.
    public let rest: InboxPosition?

    public init(count: Int, rest: InboxPosition?) {
        self.count = count
        self.rest = rest
    }
}
