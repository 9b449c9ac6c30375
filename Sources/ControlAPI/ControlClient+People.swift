extension ControlClient {
    /// What this person is called by themselves.
    public func oneself() async throws(ControlError) -> SelfReport { try await get("/v1/self") }

    /// Gives them a name, or none with an empty one.
    public func nameOneself(_ name: String) async throws(ControlError) -> SelfReport {
        try await call("PUT", "/v1/self", body: SelfEntry(name: name))
    }

    /// Those whom people that are accepted have introduced to this person.
    public func introductions() async throws(ControlError) -> IntroductionList { try await get("/v1/introductions") }

    /// Introduces somebody of the address book to another.
    public func introduce(_ introduction: NewIntroduction) async throws(ControlError) -> SentMessage {
        try await call("POST", "/v1/introductions", body: introduction)
    }
}
