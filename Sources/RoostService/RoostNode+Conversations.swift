import Basics
import PeerCore

extension RoostNode {
    /// What has come to be this person's after a number, received or sent, in that order and without texts; at most so many.
    public func numberedMessages(since number: UInt64, limit: Int = 100) -> [NumberedMessage] {
        station?.agent?.numberedMessages(since: number, limit: limit) ?? []
    }

    /// A part of a conversation in both directions, as it stands on disk.
    public func history(_ filter: HistoryFilter) -> HistoryPart {
        station?.agent?.history(filter, now: SystemClock.now()) ?? HistoryPart()
    }

    /// Conversations, those with the newest messages first: from the one after `place`, at most so many.
    public func conversations(after place: ConversationPlace? = nil, limit: Int = 100) -> [ConversationOverview] {
        station?.agent?.conversations(after: place, limit: limit, now: SystemClock.now()) ?? []
    }

    /// The peers that this person has blocked.
    public func blockedPeers() -> [PeerID] { station?.agent?.blockedPeers() ?? [] }

    /// Accepts or blocks a peer, or takes that back with `request`; returns once that is durable.
    public func decide(_ standing: PeerStanding, about peer: PeerID) async throws(ServiceError) {
        guard peer != peerID else {
            throw ServiceError(.decisionRefused, "That is you: nobody can accept or block themselves.")
        }
        let isDone = try await durably {
            station?.decide(standing, about: peer, now: SystemClock.now(), into: &effects)
        }
        guard isDone else {
            throw ServiceError(
                .decisionRefused, "So many peers are accepted and blocked that there is no room: unblock some.")
        }
    }

    /// Deletes a conversation here, in both directions; returns how many messages there were, once that is durable. Sent messages
    /// under way stay.
    @discardableResult
    public func deleteConversation(with peer: PeerID) async throws(ServiceError) -> Int {
        guard station?.agent?.isHistoryIndexed != false else {
            throw ServiceError(.busy, "Conversations of an older store are being put in order: try again in a moment.")
        }
        var count = 0
        var rest: InboxPosition?
        repeat {
            let portion = try await durably {
                station?.deleteConversation(with: peer, after: rest, now: SystemClock.now(), into: &effects)
            }
            count += portion.count
            rest = portion.rest
        } while rest != nil
        return count
    }

    /// Deletes a sent message here, once that is durable. False: it is under way, or there is none.
    public func deleteSent(_ id: MessageID) async throws(ServiceError) -> Bool {
        try await durably { station?.deleteSent(id, now: SystemClock.now(), into: &effects) }
    }
}
