import ControlAPI
import Platform
import StatusView

/// A message that was written here, until the conversation has it.
struct Outgoing: Equatable, Sendable {
    enum State: Equatable, Sendable {
        /// The daemon has been asked.
        case sending
        /// The daemon is away; it is asked again.
        case waiting
        /// The daemon has it.
        case accepted(SentMessage)
        /// The daemon won't have it, for this reason.
        case refused(String)
    }

    var message: NewMessage
    /// Names it among those of this program, and to the daemon.
    var key: String
    var writtenAt: Date
    var state = State.sending

    /// Whether it would be lost if the program ended now.
    var isOnlyHere: Bool { if case .accepted = state { false } else { true } }
}

/// One line of a transcript's content: what was said, by whom, and how it stands.
struct Entry: Sendable {
    /// Names it as long as it is there.
    let id: String
    let text: String
    /// What its proved card says, in words; nil where there is none.
    let card: String?
    /// That its writer goes by another name than before, in words; nil where nothing has changed.
    let renaming: String?
    let date: Date
    let isReceived: Bool
    /// How far it has come, in words; nil of what was received.
    let standing: Standing?

    struct Standing: Equatable, Sendable {
        var words: String
        var isFailure = false
        /// Whether it will change by itself, or has to be seen.
        var isUnderWay = false
    }

    init(_ message: ConversationMessage) {
        id = message.position
        text = message.text
        card = message.introduction.map { PeerLabel.statement(of: $0) }
        renaming = message.renaming.map { PeerLabel.statement(of: $0) }
        date = message.sentAt
        isReceived = message.isReceived
        standing = message.isReceived ? nil : Entry.standing(of: message)
    }

    init(_ outgoing: Outgoing, me: String) {
        id = outgoing.key
        text = outgoing.message.text
        card = nil
        renaming = nil
        date = outgoing.writtenAt
        isReceived = false
        switch outgoing.state {
        case .sending: standing = Standing(words: "sending", isUnderWay: true)
        case .waiting: standing = Standing(words: "waits for Roost", isUnderWay: true)
        case .refused(let sentence): standing = Standing(words: "not sent: \(sentence)", isFailure: true)
        case .accepted(let sent):
            var message = ConversationMessage(
                message: sent.id.hex, seq: 0, position: "", from: me, to: outgoing.message.to, text: "",
                sentAt: outgoing.writtenAt, state: .queued)
            message.update(sent)
            standing = Entry.standing(of: message)
        }
    }

    private static func standing(of message: ConversationMessage) -> Standing {
        let reason = message.reason.map { ": \($0.hasSuffix(".") ? String($0.dropLast()) : $0)" } ?? ""
        switch message.state {
        case .queued: return Standing(words: "queued" + reason, isUnderWay: true)
        case .stored:
            let counts = message.of.map { " \(message.buddies ?? 0) of \($0)" } ?? ""
            return Standing(words: "stored" + counts, isUnderWay: true)
        case .collected: return Standing(words: "collected", isUnderWay: true)
        case .delivered: return Standing(words: "delivered")
        case .read, .received: return Standing(words: "read")
        case .failed: return Standing(words: "failed" + reason, isFailure: true)
        }
    }
}
