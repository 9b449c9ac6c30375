import HTTPTransport
import Platform

// Conversations in the API: what requests say, read and bounded.

extension ControlHandler {
    /// Conversations in one answer: each with its last message, some hundred kB of ordinary ones.
    static let maximumConversations = 100

    func conversations(_ parameters: Parameters) async throws(ControlError) -> ConversationList {
        let most = ControlHandler.maximumConversations
        let limit = try parameters.integer("limit", in: 1...most) ?? most
        return try await backend.conversations(after: parameters["after"], limit: limit)
    }

    func conversationQuery(_ peer: String, _ parameters: Parameters) throws(ControlError) -> ConversationQuery {
        var query = ConversationQuery(peer: peer)
        query.limit = try parameters.integer("limit", in: 1...ConversationQuery.maximumLimit) ?? query.limit
        (query.before, query.after) = (parameters["before"], parameters["after"])
        guard query.before == nil || query.after == nil else {
            throw ControlError(.badRequest, "before and after lead in opposite directions: give one of them.")
        }
        query.search = parameters["search"]
        guard (query.search?.utf8.count ?? 0) <= ConversationQuery.maximumSearch else {
            throw ControlError(
                .badInput, "What is searched for has at most \(ConversationQuery.maximumSearch) bytes: give less of it."
            )
        }
        query.since = try parameters.time("since")
        return query
    }

    func decide(_ request: HTTPRequest, about peer: String) async throws(ControlError) -> HTTPAnswer {
        try await backend.decide(request.decode(StandingDecision.self).standing, about: peer)
        return HTTPAnswer(status: 204)
    }

    func delete(_ position: String, in peer: String) async throws(ControlError) -> HTTPAnswer {
        try await backend.deleteMessage(position, inConversationWith: peer)
        return HTTPAnswer(status: 204)
    }
}

extension Parameters {
    /// A time as this API writes times. Written again it has to be the same: Foundation also reads what follows a time, and makes 2 March
    /// of 30 February.
    func time(_ name: String) throws(ControlError) -> Date? {
        guard let text = self[name] else { return nil }
        guard let time = try? Date(text, strategy: .iso8601), time.formatted(.iso8601) == text else {
            throw ControlError(.badRequest, "\(name) is a time like 2026-11-28T09:30:00Z.")
        }
        return time
    }
}
