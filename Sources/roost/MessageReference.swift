import StatusView

/// Messages as they are named on the command line: by an ID, or by its beginning.
enum MessageReference {
    /// Reads what was typed. A position, as given in JSON, is left to the daemon.
    static func read(_ text: String) throws(Failure) -> String {
        if text.split(separator: ".").count == 3 { return text }
        guard let reference = MessageFinder.reference(text) else {
            throw Failure(
                .badInput,
                """
                “\(Printable.word(text))” is not the ID of a message, of which at least \(MessageFinder.shortest) hexadecimal \
                digits are needed.
                """)
        }
        return reference
    }

    /// The IDs of the messages meant, among those that `page` gives after a cursor, each with its own; the last page is empty.
    static func resolve(
        _ references: [String], in place: String,
        _ page: (_ after: String?) async throws -> [(id: String, cursor: String)]
    ) async throws -> [String] {
        var finder = MessageFinder(references)
        var cursor: String?
        while finder.isToLook, case let messages = try await page(cursor), let last = messages.last {
            for message in messages { finder.look(at: message.id) }
            cursor = last.cursor
        }
        var ids: [String] = []
        for reference in references {
            switch finder.outcome(of: reference) {
            case .found(let id): ids.append(id)
            case .unknown:
                throw Failure(.badInput, "There is no message in the \(place) whose ID begins with \(reference).")
            case .ambiguous(let count, let example):
                throw Failure(
                    .badInput,
                    "The IDs of \(count) messages in the \(place) begin with \(reference): give more digits, such as \(example)."
                )
            }
        }
        return ids
    }
}
