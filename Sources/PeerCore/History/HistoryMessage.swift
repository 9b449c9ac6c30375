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
