import HTTPTransport

extension ControlClient {
    /// What was begun to a peer; with an empty text where that is nothing.
    public func draft(to peer: String) async throws(ControlError) -> DraftReport {
        try await get("/v1/conversations/\(peer.escaped)/draft")
    }

    /// All that was begun.
    public func drafts() async throws(ControlError) -> [DraftReport] {
        let list: DraftList = try await get("/v1/drafts")
        return list.drafts
    }

    /// Keeps what was begun to a peer in place of what was before, or removes it with an empty text.
    public func setDraft(_ text: String, to peer: String) async throws(ControlError) {
        let body = try encode(DraftEntry(text: text))
        _ = try await exchange(
            "PUT", "/v1/conversations/\(peer.escaped)/draft", body: body, patience: ControlClient.patience)
    }

    /// What this person has chosen.
    public func settings() async throws(ControlError) -> SettingsReport { try await get("/v1/settings") }

    /// Chooses otherwise; returns what holds by then.
    public func choose(_ settings: SettingsReport) async throws(ControlError) -> SettingsReport {
        try await call("PUT", "/v1/settings", body: settings)
    }
}
