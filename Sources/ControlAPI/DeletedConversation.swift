/// What was deleted with a conversation.
public struct DeletedConversation: Codable, Sendable, Equatable {
    /// Messages of both directions.
    public var deleted: Int
    /// Whether what was begun to the peer, and not sent, went as well; nil where nothing was begun.
    public var draft: Bool?
    /// How many people without a name in the address book the peer had introduced who aren't known as that any more; nil where it is nobody.
    public var introductions: Int?

    public init(deleted: Int, draft: Bool? = nil, introductions: Int? = nil) {
        self.deleted = deleted
        self.draft = draft
        self.introductions = introductions
    }
}
