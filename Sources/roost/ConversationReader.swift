import ControlAPI

/// Reads a conversation part by part.
struct ConversationReader: Sendable {
    let daemon: Daemon
    let query: ConversationQuery

    /// All messages that are asked for, from the first.
    func all(_ body: (ConversationMessage) throws -> Void) async throws {
        var query = query
        query.after = ""
        while true {
            let page = try await daemon.ask { [query] in try await $0.conversation(query) }
            for message in page.messages { try body(message) }
            guard let later = page.later else { return }
            query.after = later
        }
    }

    /// The last ones of them, in the conversation's order.
    func last(_ count: Int) async throws -> [ConversationMessage] {
        var query = query
        var parts: [[ConversationMessage]] = []
        var missing = count
        while missing > 0 {
            query.limit = min(missing, ConversationQuery.maximumLimit)
            let page = try await daemon.ask { [query] in try await $0.conversation(query) }
            parts.append(page.messages)
            missing -= page.messages.count
            guard let earlier = page.earlier else { break }
            query.before = earlier
        }
        return parts.reversed().flatMap { $0 }
    }
}
