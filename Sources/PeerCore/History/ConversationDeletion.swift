/// What came of deleting a part of a conversation.
public struct ConversationDeletion: Hashable, Sendable {
    /// How many messages were deleted.
    public let count: Int
    /// After which position it is to go on; nil where nothing is left.
    public let rest: InboxPosition?

    public init(count: Int, rest: InboxPosition?) {
        self.count = count
        self.rest = rest
    }
}
