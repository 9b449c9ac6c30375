import Basics
import ControlAPI
import Cryptography
import Platform
import RoostService

// What the service says of conversations, in the API's terms.

extension NumberedNotice {
    init(_ message: NumberedMessage) {
        switch message {
        case .received(let message): self = .received(ReceivedNotice(message))
        case .sent(let sent): self = .sent(sent.message.withoutText, seq: Int(clamping: sent.number))
        }
    }
}

extension ConversationReport {
    init(_ overview: ConversationOverview, of person: PeerID, _ known: Acquaintances) {
        let peer = overview.place.peer
        let name = known.name(of: peer)
        // Who has a name in the address book is known.
        let isKnown = overview.standing == .request && name != nil
        self.init(
            peer: peer.text, name: name, standing: isKnown ? .accepted : overview.standing,
            unread: overview.unread, seq: Int(clamping: overview.place.number),
            last: overview.last.map { ConversationMessage($0, of: person, known) },
            claimedName: known.claimedName(of: peer), resembles: known.resembled(by: peer),
            introductions: known.introductions(of: peer))
    }
}

extension ConversationMessage {
    init(_ message: HistoryMessage, of person: PeerID, _ known: Acquaintances) {
        switch message {
        case .received(let message):
            self.init(
                message: message.id.hex, seq: Int(clamping: message.arrival), position: message.position.text,
                from: message.from.text, to: person.text, text: message.text, sentAt: Date(message.sentAt),
                receivedAt: Date(message.receivedAt), state: message.isRead ? .read : .received, via: message.via,
                introduction: known.card(in: message),
                renaming: message.renaming.map { RenamingReport(before: $0.before, after: $0.after) })
        case .sent(let sent):
            let message = sent.message
            self.init(
                message: message.id.hex, seq: Int(clamping: sent.number), position: sent.position.text,
                from: person.text, to: message.to.text, text: message.text ?? "", sentAt: Date(message.acceptedAt),
                state: ConversationState(message.state), via: message.via, buddies: message.buddies, of: message.of,
                reason: message.reason)
        }
    }
}

extension DraftReport {
    init(_ draft: Draft) { self.init(peer: draft.peer.text, text: draft.text, changedAt: Date(draft.changedAt)) }
}

extension ConversationState {
    init(_ state: MessageState) {
        self =
            switch state {
            case .queued: .queued
            case .stored: .stored
            case .collected: .collected
            case .delivered: .delivered
            case .read: .read
            case .failed: .failed
            }
    }
}

/// `NUMBER.PEER`, to be handed back as it is.
extension ConversationPlace {
    var text: String { "\(number).\(peer.hex)" }

    init?(text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = UInt64(parts[0]), let peer = PeerID(hex: parts[1]) else { return nil }
        self.init(number: number, peer: peer)
    }
}
