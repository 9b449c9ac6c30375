import Platform
import Reports

/// How far a message of a conversation has come: `MessageState` of one that was sent, and two states of one that was received.
public enum ConversationState: String, Codable, Sendable, CaseIterable {
    case queued
    case stored
    case collected
    case delivered
    /// Read by its recipient, whoever that is.
    case read
    case failed
    /// It has arrived here and is not marked as read.
    case received
}

/// One message of a conversation, sent or received.
public struct ConversationMessage: Codable, Sendable, Equatable {
    /// The message's ID: 32 hexadecimal digits.
    public var message: String
    /// Its number among all messages of this person, in the order in which they were accepted or arrived: from 1 and rising, never
    /// used again. 0 for one that an older version sent.
    public var seq: Int
    /// Where it stands in the conversation, to ask for those before or after it. Means nothing else.
    public var position: String
    /// The sender's peer ID.
    public var from: String
    /// The recipient's peer ID.
    public var to: String
    public var text: String
    /// By the sender's clock.
    public var sentAt: Date
    /// Nil of one that was sent.
    public var receivedAt: Date?
    public var state: ConversationState
    /// Nil as long as no other node has it.
    public var via: Via?
    /// How many buddies kept it when it was last brought to a quorum, of so many found then. Nil of one that was received.
    public var buddies: Int?
    public var of: Int?
    /// Why it failed, or what it waits for; nil where there is nothing to say.
    public var reason: String?
    /// Whom the other introduces with it, where that is proved; the text says it as well.
    public var introduction: IntroductionReport?
    /// What the other says to be called by now, where they said otherwise before; nil where nothing has changed with this message.
    public var renaming: RenamingReport?

    public init(
        message: String, seq: Int, position: String, from: String, to: String, text: String, sentAt: Date,
        receivedAt: Date? = nil, state: ConversationState, via: Via? = nil, buddies: Int? = nil, of: Int? = nil,
        reason: String? = nil, introduction: IntroductionReport? = nil, renaming: RenamingReport? = nil
    ) {
        self.message = message
        self.seq = seq
        self.position = position
        self.from = from
        self.to = to
        self.text = text
        self.sentAt = sentAt
        self.receivedAt = receivedAt
        self.state = state
        self.via = via
        self.buddies = buddies
        self.of = of
        self.reason = reason
        self.introduction = introduction
        self.renaming = renaming
    }

    /// Whether it was received, and not sent.
    public var isReceived: Bool { receivedAt != nil }
}

/// A conversation, as it is listed.
public struct ConversationReport: Codable, Sendable, Equatable {
    /// The other's peer ID.
    public var peer: String
    /// What they are called in the address book; nil where they have no name there.
    public var name: String?
    /// What they say that they are called; nil where they say nothing.
    public var claimedName: String?
    /// A name of the address book that is another's, and that looks like what they say or like what they were introduced as; nil where
    /// there is none.
    public var resembles: String?
    /// By whom they were introduced, of those who are accepted; nil where nobody did.
    public var introductions: [IntroductionReport]?
    /// What this person has decided about the peer.
    public var standing: PeerStanding
    /// Received messages that are not marked as read.
    public var unread: Int
    /// The number of the message that came last, of either direction: conversations are listed by it, the highest first.
    public var seq: Int
    /// The last message in the conversation's order; nil where none can be shown yet.
    public var last: ConversationMessage?

    public init(
        peer: String, name: String? = nil, standing: PeerStanding = .accepted, unread: Int, seq: Int,
        last: ConversationMessage? = nil, claimedName: String? = nil, resembles: String? = nil,
        introductions: [IntroductionReport]? = nil
    ) {
        self.peer = peer
        self.name = name
        self.claimedName = claimedName
        self.resembles = resembles
        self.introductions = introductions
        self.standing = standing
        self.unread = unread
        self.seq = seq
        self.last = last
    }
}

/// Some conversations, those with the newest messages first.
public struct ConversationList: Codable, Sendable, Equatable {
    public var conversations: [ConversationReport]
    /// Where the next page begins; nil where there is none.
    public var next: String?

    public init(conversations: [ConversationReport], next: String? = nil) {
        self.conversations = conversations
        self.next = next
    }
}

/// Which messages of a conversation are asked for. Without `before` and `after`: the last ones.
public struct ConversationQuery: Sendable, Equatable {
    /// The other's peer ID.
    public var peer: String
    /// Only messages that stand before this position; the page ends just before it.
    public var before: String?
    /// Only messages that stand after this position; the page begins just after it, and with an empty text at the conversation's
    /// beginning. Not together with `before`.
    public var after: String?
    /// Only those whose text contains this, regardless of case.
    public var search: String?
    /// Only those accepted or received at or after this time, by this machine's clock.
    public var since: Date?
    public var limit: Int

    /// Messages in one answer. It has fewer where their texts are large.
    public static let maximumLimit = 200
    /// Bytes of a text that is searched for.
    public static let maximumSearch = 1_024

    public init(
        peer: String, before: String? = nil, after: String? = nil, search: String? = nil, since: Date? = nil,
        limit: Int = 50
    ) {
        self.peer = peer
        self.before = before
        self.after = after
        self.search = search
        self.since = since
        self.limit = limit
    }
}

/// A part of a conversation, in its order.
public struct ConversationPage: Codable, Sendable, Equatable {
    public var messages: [ConversationMessage]
    /// What to give as `before` for the part before this one; nil where it is known that nothing stands before it.
    public var earlier: String?
    /// What to give as `after` for the part after this one; nil where it is known that nothing does. A page may have neither messages nor
    /// reached the end: a search looks at some messages at a time.
    public var later: String?
    /// What the other says that they are called, and whom that looks like, as in a list of conversations.
    public var claimedName: String?
    public var resembles: String?

    public init(
        messages: [ConversationMessage], earlier: String? = nil, later: String? = nil, claimedName: String? = nil,
        resembles: String? = nil
    ) {
        self.messages = messages
        self.earlier = earlier
        self.later = later
        self.claimedName = claimedName
        self.resembles = resembles
    }
}

/// What an event says of a conversation in which messages were marked as read or deleted, or whose peer was accepted or blocked;
/// or with whom something was begun.
struct ConversationNotice: Codable {
    var peer: String
}
