import ControlAPI
import StatusView

/// How things are described to people.
enum Describe {
    /// One line: ID, time, recipient and how far it has come.
    static func line(_ message: SentMessage, _ peers: PeerNames) -> String {
        let recipient = peers.shown(message.to.text)
        return "\(message.id)  \(Terminal.time(message.acceptedAt))  \(recipient)  \(standing(message))"
    }

    /// How far a message has come.
    static func standing(_ message: SentMessage) -> String {
        standing(message.state, via: message.via, buddies: message.buddies, of: message.of)
    }

    /// The same, by its parts.
    static func standing(_ state: MessageState, via: Via?, buddies: Int, of found: Int) -> String {
        switch state {
        case .queued where found > 0: "queued, on \(buddies) of \(found) buddies"
        case .queued: "queued"
        case .stored: "stored on \(buddies) of \(found) buddies"
        case .collected: "collected, not confirmed"
        case .delivered where via == .direct: "delivered directly"
        case .delivered: "delivered"
        case .read: "read"
        case .failed: "failed"
        }
    }

    /// A heading of when, who, which way, which and what a card says, and the indented text, which can't be taken for a heading.
    static func block(_ message: ReceivedMessage, _ peers: PeerNames, isRequest: Bool) -> String {
        let sender = peers.shown(message.from, message.label)
        let card = message.introduction.map { "  " + PeerLabel.statement(of: $0) } ?? ""
        let marks = [message.read ? nil : "new", isRequest ? PeerStanding.request.name : nil].compactMap { $0 }
        let new = marks.isEmpty ? "" : marks.joined(separator: ", ") + "  "
        let id = MessageFinder.short(message.message)
        return """
            \(Terminal.time(message.sentAt))  \(sender)  via \(message.via.name)  \(new)\(id)\(card)
            \(Terminal.indented(message.text))

            """
    }

    /// With one decimal. A value that is not a number, or larger than any time, is reported as such.
    static func milliseconds(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return "\(value) ms" }
        let tenths = Int((value * 10).rounded())
        return "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10) ms"
    }
}
