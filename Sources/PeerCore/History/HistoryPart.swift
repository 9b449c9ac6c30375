import Basics

/// A part of a conversation.
public struct HistoryPart: Hashable, Sendable {
    /// In the conversation's order.
    public internal(set) var messages: [HistoryMessage] = []
    /// Messages before this position were not looked at; nil where it is known that there are none.
    public internal(set) var earlier: InboxPosition?
    /// Messages after this position were not looked at; nil where it is known that there are none, or none was looked at.
    public internal(set) var later: InboxPosition?

    /// An empty one.
    public init() {}

    init(messages: [HistoryMessage], earlier: InboxPosition?, later: InboxPosition?) {
        self.messages = messages
        self.earlier = earlier
        self.later = later
    }
}
