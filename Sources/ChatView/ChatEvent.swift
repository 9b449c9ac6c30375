import ControlAPI
import Platform

/// Something that the daemon is asked.
public enum ChatRequest: Hashable, Sendable {
    /// A page of the list of conversations; nil: the first one.
    case list(after: String?)
    /// A page of the open conversation.
    case page(PageRequest)
    /// Received messages are read, by their positions.
    case markRead([String])
    /// What was begun to somebody and not sent.
    case draft(String)
    /// Something was begun, or nothing is any more.
    case keepDraft(to: String, text: String)
    /// Somebody is accepted, refused, blocked or unblocked.
    case decide(ChatDecision, about: String)
    /// Asked again, in the order of asking, until the daemon has answered: that is safe, as the message has a key.
    case send(key: String, to: String, text: String)

    /// A part of somebody's conversation.
    public struct PageRequest: Hashable, Sendable {
        public var peer: String
        public var before: String?
        public var after: String?
        public var limit: Int
        /// Tells it from others for the same part, asked before or later.
        public var number: Int

        public init(peer: String, before: String? = nil, after: String? = nil, limit: Int, number: Int = 0) {
            self.peer = peer
            self.before = before
            self.after = after
            self.limit = limit
            self.number = number
        }

        /// As the daemon is asked for it.
        public var query: ConversationQuery {
            ConversationQuery(peer: peer, before: before, after: after, limit: limit)
        }
    }
}

/// Something that has happened.
public enum ChatEvent: Sendable {
    case key(Key)
    case resized(columns: Int, rows: Int)
    /// Nothing was typed for a moment.
    case rested
    /// A paste is coming in, or is all there.
    case pasting(Bool)

    /// The daemon tells of news from now on, also after it was away.
    case connected
    /// The daemon is away, which this sentence says.
    case away(String)
    case news(ControlEvent)

    case listed(ConversationList, after: String?)
    case paged(ConversationPage, ChatRequest.PageRequest)
    case marked([String])
    case drafted(DraftReport)
    /// What was begun to somebody is kept.
    case kept(to: String, text: String)
    case decided(ChatDecision, about: String)
    case accepted(SentMessage, key: String)
    /// The daemon could not be asked to send it yet; it is asked again.
    case waiting(key: String)
    /// It won't be done, for this reason.
    case refused(ChatRequest, sentence: String)
    /// The daemon has not answered, as it went away, or for this reason.
    case unanswered(ChatRequest, sentence: String?)
}

/// What is to be done.
public enum ChatDirective: Equatable, Sendable {
    case ask(ChatRequest)
    /// Draw all of the screen, whatever is on it.
    case redraw
    /// Stop until the shell continues this program.
    case suspend
    case leave
}
