extension ControlClient {
    /// What this person is called by themselves.
    public func oneself() async throws(ControlError) -> SelfReport { try await get("/v1/self") }

    /// Gives them a name, or none with an empty one.
    public func nameOneself(_ name: String) async throws(ControlError) -> SelfReport {
        try await call("PUT", "/v1/self", body: SelfEntry(name: name))
    }
}
