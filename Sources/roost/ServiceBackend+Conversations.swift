import Basics
import ControlAPI
import Cryptography
import Platform
import RoostService

extension ServiceBackend {
    func conversations(after: String?, limit: Int) async throws(ControlError) -> ConversationList {
        let place = try after.map { text throws(ControlError) in
            guard let place = ConversationPlace(text: text) else {
                throw ControlError(.badInput, "after is the `next` of a page of conversations.")
            }
            return place
        }
        let names = PeerNames(directory: book.directory)
        let found = await node.conversations(after: place, limit: limit)
        return ConversationList(
            conversations: found.map { ConversationReport($0, of: node.peerID, names) },
            next: found.count == limit ? found.last?.place.text : nil)
    }

    func conversation(_ query: ConversationQuery) async throws(ControlError) -> ConversationPage {
        var filter = HistoryFilter(
            peer: try peer(query.peer), search: query.search ?? "", since: query.since.map { UnixTime($0) },
            limit: query.limit)
        if let before = query.before { filter.start = .before(try position("before", before)) }
        if let after = query.after {
            filter.start = .after(after.isEmpty ? .beginning : try position("after", after))
        }
        let part = await node.history(filter)
        return ConversationPage(
            messages: part.messages.map { ConversationMessage($0, of: node.peerID) }, earlier: part.earlier?.text,
            later: part.later?.text)
    }

    func deleteConversation(_ peer: String) async throws(ControlError) -> Int {
        let peer = try self.peer(peer)
        return try await durably { () async throws(ServiceError) in try await node.deleteConversation(with: peer) }
    }

    func deleteMessage(_ text: String, inConversationWith peer: String) async throws(ControlError) {
        let peer = try self.peer(peer)
        let position = try position("The last part of the path", text)
        if position.from == peer {
            let count = try await durably { () async throws(ServiceError) in
                try await node.delete([.position(position)])
            }
            if count > 0 { return }
        } else if position.from == node.peerID {
            let isDeleted = try await durably { () async throws(ServiceError) in
                try await node.deleteSent(position.id)
            }
            if isDeleted { return }
            if let message = try? await node.message(position.id), message.to == peer {
                throw ControlError(.conflict, "The message is under way: cancel it before you delete it.")
            }
        }
        throw ControlError(.notFound, "There is no such message in this conversation.")
    }

    private func position(_ name: String, _ text: String) throws(ControlError) -> InboxPosition {
        guard let position = InboxPosition(text: text) else {
            throw ControlError(.badInput, "\(name) is the position of a message, as conversations give it.")
        }
        return position
    }
}

extension NumberedNotice {
    init(_ message: NumberedMessage) {
        switch message {
        case .received(let message): self = .received(ReceivedNotice(message))
        case .sent(let sent): self = .sent(sent.message.withoutText, seq: Int(clamping: sent.number))
        }
    }
}

extension ConversationReport {
    init(_ overview: ConversationOverview, of person: PeerID, _ names: PeerNames) {
        let peer = overview.place.peer.text
        self.init(
            peer: peer, name: names.name(of: peer), unread: overview.unread,
            seq: Int(clamping: overview.place.number), last: overview.last.map { ConversationMessage($0, of: person) })
    }
}

extension ConversationMessage {
    init(_ message: HistoryMessage, of person: PeerID) {
        switch message {
        case .received(let message):
            self.init(
                message: message.id.hex, seq: Int(clamping: message.arrival), position: message.position.text,
                from: message.from.text, to: person.text, text: message.text, sentAt: Date(message.sentAt),
                receivedAt: Date(message.receivedAt), state: message.isRead ? .read : .received, via: message.via)
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
