import HTTPTransport
import Platform

extension ControlClient {
    /// Conversations, those with the newest messages first. The next page begins at `next` of the one before.
    public func conversations(after cursor: String? = nil) async throws(ControlError) -> ConversationList {
        try await get("/v1/conversations" + (cursor.map { "?after=\($0.escaped)" } ?? ""))
    }

    /// A part of a conversation.
    public func conversation(_ query: ConversationQuery) async throws(ControlError) -> ConversationPage {
        var target = "/v1/conversations/\(query.peer.escaped)/messages?limit=\(query.limit)"
        if let before = query.before { target += "&before=\(before.escaped)" }
        if let after = query.after { target += "&after=\(after.escaped)" }
        if let search = query.search { target += "&search=\(search.escaped)" }
        if let since = query.since { target += "&since=\(since.formatted(.iso8601).escaped)" }
        return try await get(target)
    }

    /// Accepts or blocks a peer, or takes that back with `request`.
    public func decide(_ standing: PeerStanding, about peer: String) async throws(ControlError) {
        let body = try encode(StandingDecision(standing: standing))
        _ = try await exchange(
            "PUT", "/v1/conversations/\(peer.escaped)/standing", body: body, patience: ControlClient.patience)
    }

    /// Those whose messages are dropped.
    public func blockedPeers() async throws(ControlError) -> [BlockedPeer] {
        let list: BlockedList = try await get("/v1/blocked")
        return list.peers
    }

    /// Deletes a conversation on this machine, in both directions; returns what there was. Messages still under way stay.
    public func deleteConversation(_ peer: String) async throws(ControlError) -> DeletedConversation {
        try await call("DELETE", "/v1/conversations/\(peer.escaped)", body: ControlClient.Nothing?.none)
    }
}
