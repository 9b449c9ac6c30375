import Basics
import Platform
@_exported import Reports

/// What a sender may wait for.
public enum DeliveryGoal: String, Codable, Sendable, CaseIterable {
    case queued
    case stored
    case delivered

    /// The first state in which a message has reached the goal.
    public var state: MessageState {
        switch self {
        case .queued: .queued
        case .stored: .stored
        case .delivered: .delivered
        }
    }

    /// Whether a message in this state has come at least as far. A failed one never has.
    public func isReached(by state: MessageState) -> Bool { state >= self.state && state != .failed }
}

/// A message to be sent.
public struct NewMessage: Codable, Sendable, Equatable {
    /// The recipient's peer ID, `roost1…`.
    public var to: String
    /// At most 65,536 bytes of UTF-8.
    public var text: String
    /// Names the message: the same key again, to the same peer, is the same message, not another one.
    public var key: String?

    public init(to: String, text: String, key: String? = nil) {
        self.to = to
        self.text = text
        self.key = key
    }
}

/// A received message.
public struct ReceivedMessage: Codable, Sendable, Equatable {
    /// The message's ID: 32 hexadecimal digits.
    public var message: String
    /// Its number in the order of arrival, from 1 and rising; it is never used again. 0 while a message in an older
    /// version's store has none yet.
    public var seq: Int
    /// The sender's peer ID.
    public var from: String
    public var text: String
    /// By the sender's clock.
    public var sentAt: Date
    public var receivedAt: Date
    public var via: Via
    /// Whether it has been marked as read.
    public var read: Bool
    /// Where it stands in the order of conversations, to ask for those that follow. Means nothing else.
    public var position: String
    /// The number of the message's kind where this version doesn't know it; the text is then a sentence that says so.
    public var unknownKind: Int?
    /// What the sender says that they are called; nil where they say nothing.
    public var claimedName: String?
    /// A name of the address book that is another's, and that looks like what they say or like what they were introduced as; nil where
    /// there is none.
    public var resembles: String?
    /// By whom they were introduced, of those who are accepted; nil where nobody did.
    public var introductions: [IntroductionReport]?
    /// Whom the sender introduces with this message, where that is proved; the text says it as well.
    public var introduction: IntroductionReport?

    public init(
        message: String, seq: Int, from: String, text: String, sentAt: Date, receivedAt: Date, via: Via,
        read: Bool, position: String, unknownKind: Int? = nil, claimedName: String? = nil, resembles: String? = nil,
        introductions: [IntroductionReport]? = nil, introduction: IntroductionReport? = nil
    ) {
        self.message = message
        self.seq = seq
        self.from = from
        self.text = text
        self.sentAt = sentAt
        self.receivedAt = receivedAt
        self.via = via
        self.read = read
        self.position = position
        self.unknownKind = unknownKind
        self.claimedName = claimedName
        self.resembles = resembles
        self.introductions = introductions
        self.introduction = introduction
    }
}

/// What an event says of a message that has arrived: all but its text, which is asked for by number.
public struct ReceivedNotice: Codable, Sendable, Equatable {
    /// The message's ID: 32 hexadecimal digits.
    public var message: String
    /// Its number in the order of arrival.
    public var seq: Int
    /// The sender's peer ID.
    public var from: String
    /// By the sender's clock.
    public var sentAt: Date
    public var receivedAt: Date
    public var via: Via
    public var read: Bool
    public var position: String

    public init(
        message: String, seq: Int, from: String, sentAt: Date, receivedAt: Date, via: Via, read: Bool,
        position: String
    ) {
        self.message = message
        self.seq = seq
        self.from = from
        self.sentAt = sentAt
        self.receivedAt = receivedAt
        self.via = via
        self.read = read
        self.position = position
    }
}

/// A message that has arrived or was accepted, without its text, with its number.
public enum NumberedNotice: Sendable, Equatable {
    case received(ReceivedNotice)
    case sent(SentMessage, seq: Int)

    /// The ID of a message that was sent.
    var sentID: MessageID? { if case .sent(let message, _) = self { message.id } else { nil } }

    var seq: Int {
        switch self {
        case .received(let notice): notice.seq
        case .sent(_, let seq): seq
        }
    }
}

/// Mail that waits for this person and can't be opened with the keys held here.
public struct UnopenedReport: Codable, Sendable, Equatable {
    /// How many envelopes.
    public var envelopes: Int
    /// Their bytes, all together.
    public var bytes: Int
    /// When the first of them was found; absent where there is none.
    public var since: Date?
    /// From then on no node keeps any of them; absent where there is none.
    public var until: Date?

    public init(envelopes: Int, bytes: Int, since: Date? = nil, until: Date? = nil) {
        self.envelopes = envelopes
        self.bytes = bytes
        self.since = since
        self.until = until
    }
}

/// Which received messages are asked for, and from where on.
public struct InboxQuery: Sendable, Equatable {
    /// Only this sender's.
    public var from: String?
    /// Only those not marked as read.
    public var unreadOnly: Bool
    /// Only those that follow this position in conversation order: for reading all, page by page.
    public var after: String?
    /// Only those with a higher arrival number, in the order of arrival: for reading each new message once. Not with `after`.
    public var since: Int?
    /// How many at most, 1 … `maximumLimit`.
    public var limit: Int
    /// At most one message beyond texts of so many bytes together. For the backend; requests don't carry it.
    public var textBytes = Int.max

    /// Messages in one answer: of the largest texts, escaped as JSON, some 20 MB.
    public static let maximumLimit = 50

    public init(
        from: String? = nil, unreadOnly: Bool = false, after: String? = nil, since: Int? = nil,
        limit: Int = maximumLimit
    ) {
        self.from = from
        self.unreadOnly = unreadOnly
        self.after = after
        self.since = since
        self.limit = limit
    }
}

/// A page of received messages.
public struct InboxPage: Codable, Sendable, Equatable {
    /// The arrival number of the last message that had arrived when the page was requested, whether or not it is on
    /// this page. A later request with this number as `since` misses nothing.
    public var last: Int
    public var messages: [ReceivedMessage]

    public init(last: Int, messages: [ReceivedMessage]) {
        self.last = last
        self.messages = messages
    }
}

/// The wrapper in which sent messages are listed.
public struct MessageList<Message: Codable & Sendable>: Codable, Sendable {
    public var messages: [Message]
    public init(messages: [Message]) { self.messages = messages }
}

/// News of messages, as they happen, without their texts.
public enum ControlEvent: Sendable, Equatable {
    case received(ReceivedNotice)
    /// A message was accepted, whichever client sent it, and has this number.
    case sent(SentMessage, seq: Int)
    /// The standing of a sent message is another.
    case changed(SentMessage)
    /// Messages of the conversation with this peer were marked as read or deleted, or its peer was accepted or blocked.
    case conversation(String)
    /// What was begun to this peer is another text, or none.
    case draft(String)
}
