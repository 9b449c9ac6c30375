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

    /// The last ones of them, in the conversation's order. It is read backwards, part by part, up to where the first of them stands, and from
    /// there forwards: so no more than one part is held, however many they are. Returns how many there were.
    func last(_ count: Int, _ body: (ConversationMessage) throws -> Void) async throws -> Int {
        var query = query
        var found = 0
        var part = ConversationPage(messages: [])
        repeat {
            query.limit = min(count - found, ConversationQuery.maximumLimit)
            part = try await daemon.ask { [query] in try await $0.conversation(query) }
            found += part.messages.count
            query.before = part.earlier
        } while found < count && query.before != nil
        query.before = nil
        query.limit = ConversationQuery.maximumLimit
        var shown = 0
        while true {
            // What has come meanwhile isn't among the last that there were.
            for message in part.messages.prefix(found - shown) { try body(message) }
            shown += min(part.messages.count, found - shown)
            guard shown < found, let later = part.later else { return shown }
            query.after = later
            part = try await daemon.ask { [query] in try await $0.conversation(query) }
        }
    }
}
