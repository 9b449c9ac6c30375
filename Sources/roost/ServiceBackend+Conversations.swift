import Basics
import ControlAPI
import Cryptography
import Platform
import RoostService

extension ServiceBackend {
    /// Bytes of texts in one list of conversations, apart from the last: some strangers' long messages must not make an answer that is
    /// larger than all unread ones together may be.
    private static let conversationTextBytes = 262_144

    func conversations(after: String?, limit: Int) async throws(ControlError) -> ConversationList {
        let place = try after.map { text throws(ControlError) in
            guard let place = ConversationPlace(text: text) else {
                throw ControlError(.badInput, "after is the `next` of a page of conversations.")
            }
            return place
        }
        let found = await node.conversations(after: place, limit: limit)
        let known = await acquaintances(found.map(\.place.peer))
        var bytes = 0
        let page = found.map { ConversationReport($0, of: node.peerID, known) }.prefix { report in
            defer { bytes += report.last?.text.utf8.count ?? 0 }
            return bytes < ServiceBackend.conversationTextBytes
        }
        let hasMore = page.count == limit || page.count < found.count
        return ConversationList(
            conversations: Array(page), next: hasMore ? found.prefix(page.count).last?.place.text : nil)
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
        let known = await acquaintances([filter.peer])
        return ConversationPage(
            messages: part.messages.map { ConversationMessage($0, of: node.peerID, known) },
            earlier: part.earlier?.text,
            later: part.later?.text, claimedName: known.claimedName(of: filter.peer),
            resembles: known.resembled(by: filter.peer))
    }

    func draft(to peer: String) async throws(ControlError) -> DraftReport {
        let peer = try self.peer(peer)
        return await node.draft(to: peer).map { DraftReport($0) } ?? DraftReport(peer: peer.text)
    }

    func drafts() async -> [DraftReport] { await node.drafts().map { DraftReport($0) } }

    func setDraft(_ text: String, to peer: String) async throws(ControlError) {
        let peer = try self.peer(peer)
        try await durably { () async throws(ServiceError) in try await node.setDraft(text, to: peer) }
    }

    func settings() async -> SettingsReport { SettingsReport(readReceipts: await node.tellsOfReading()) }

    func choose(_ settings: SettingsReport) async throws(ControlError) {
        try await durably { () async throws(ServiceError) in
            try await node.setTellsOfReading(settings.readReceipts)
        }
    }

    func decide(_ standing: PeerStanding, about peer: String) async throws(ControlError) {
        let peer = try self.peer(peer)
        try await durably { () async throws(ServiceError) in try await node.decide(standing, about: peer)
        }
    }

    func blockedPeers() async -> [BlockedPeer] {
        let names = presentNames.names
        return await node.blockedPeers().map { BlockedPeer(id: $0.text, name: names.name(of: $0.text)) }
    }

    func deleteConversation(_ peer: String) async throws(ControlError) -> DeletedConversation {
        let peer = try self.peer(peer)
        let hasDraft = await node.draft(to: peer) != nil
        let before = await introductions().nameless(from: peer.text, presentNames.names)
        let count = try await durably { () async throws(ServiceError) in try await node.deleteConversation(with: peer) }
        // Those of messages that aren't shown yet stay, as these do.
        let gone = before.subtracting(await introductions().nameless(from: peer.text, presentNames.names)).count
        return DeletedConversation(
            deleted: count, draft: hasDraft ? true : nil, introductions: gone > 0 ? gone : nil)
    }

    func deleteMessage(_ text: String, inConversationWith peer: String) async throws(ControlError) {
        let peer = try self.peer(peer)
        let position = try position("The last part of the path", text)
        if position.from == peer {
            let count = try await durably { () async throws(ServiceError) in
                try await node.delete([.position(position)])
            }
            // What this person wrote to themselves lies in the outbox as well.
            if count > 0, peer == node.peerID {
                _ = try await durably { () async throws(ServiceError) in try await node.deleteSent(position.id) }
            }
            if count > 0 { return }
        } else if position.from == node.peerID, let message = try? await node.message(position.id), message.to == peer {
            let isDeleted = try await durably { () async throws(ServiceError) in
                try await node.deleteSent(position.id)
            }
            if isDeleted { return }
            if (try? await node.message(position.id)) != nil {
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
