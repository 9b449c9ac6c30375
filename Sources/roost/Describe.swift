import ControlAPI
import Foundation

/// How things are said to people.
enum Describe {
    /// One line: ID, time, recipient and how far it has come.
    static func line(_ message: SentMessage, _ peers: PeerNames) -> String {
        let recipient = peers.name(of: message.to)
        return "\(message.message)  \(Terminal.time(message.acceptedAt))  \(recipient)  \(standing(message))"
    }

    /// How far a message has come.
    static func standing(_ message: SentMessage) -> String {
        switch message.state {
        case .queued where message.of > 0: "queued, on \(message.buddies) of \(message.of) buddies"
        case .queued: "queued"
        case .stored: "stored on \(message.buddies) of \(message.of) buddies"
        case .collected: "collected by the recipient"
        case .delivered where message.via == .direct: "delivered directly"
        case .delivered: "delivered"
        case .read: "read"
        case .failed: "failed"
        }
    }

    /// A heading of who, when and which way, and the indented text.
    static func block(_ message: ReceivedMessage, _ peers: PeerNames) -> String {
        let sender = peers.name(of: message.from)
        return """
            \(Terminal.time(message.sentAt))  \(sender)  via \(message.via.rawValue)\(message.read ? "" : "  new")
            \(Terminal.indented(message.text))

            """
    }

    static func milliseconds(_ value: Double) -> String { String(format: "%.1f ms", value) }
}
