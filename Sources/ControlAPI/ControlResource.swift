/// What the control API has, by path (docs/openapi.yaml).
package enum ControlResource {
    case health
    case metrics
    case status
    case nodes
    case identity
    /// What this person is called by themselves.
    case oneself
    /// Who was introduced to this person; somebody is introduced.
    case introductions
    case peers
    /// One name of the address book.
    case name(String)
    case messages
    /// Several received messages are marked as read, or deleted, at once.
    case readMarks
    case deletions
    /// One received message, by its ID or position.
    case message(String)
    case readMark(String)
    /// Mail that can't be opened.
    case unopened
    case outbox
    case sent(String)
    /// All conversations; that with one peer, its messages, and one of them by its position.
    case conversations
    case conversation(String)
    case history(String)
    case historyMessage(String, String)
    /// What this person has decided about a peer, and those who are blocked.
    case standing(String)
    case blocked
    /// What was begun to one peer and not sent, and all of that.
    case draft(String)
    case drafts
    /// What this person has chosen.
    case settings
    /// The number by which two people see that each has the other's true ID.
    case safety(String)
    case lookup
    case events
    case shutdown
    /// The page for browsers.
    case web

    /// Nil for a path that the API doesn't have.
    package init?(path parts: [String]) {
        switch (parts.first, parts.dropFirst().first, parts.dropFirst(2).first, parts.dropFirst(3).first, parts.count) {
        case ("healthz", _, _, _, 1): self = .health
        case ("metrics", _, _, _, 1): self = .metrics
        case ("v1", "status", _, _, 2): self = .status
        case ("v1", "nodes", _, _, 2): self = .nodes
        case ("v1", "identity", _, _, 2): self = .identity
        case ("v1", "self", _, _, 2): self = .oneself
        case ("v1", "introductions", _, _, 2): self = .introductions
        case ("v1", "peers", _, _, 2): self = .peers
        case ("v1", "peers", let name?, _, 3): self = .name(name)
        case ("v1", "messages", _, _, 2): self = .messages
        case ("v1", "messages", "read", _, 3): self = .readMarks
        case ("v1", "messages", "delete", _, 3): self = .deletions
        case ("v1", "messages", let name?, _, 3): self = .message(name)
        case ("v1", "messages", let name?, "read", 4): self = .readMark(name)
        case ("v1", "unopened", _, _, 2): self = .unopened
        case ("v1", "outbox", _, _, 2): self = .outbox
        case ("v1", "outbox", let id?, _, 3): self = .sent(id)
        case ("v1", "conversations", _, _, _): self.init(conversations: parts.dropFirst(2))
        case ("v1", "blocked", _, _, 2): self = .blocked
        case ("v1", "drafts", _, _, 2): self = .drafts
        case ("v1", "settings", _, _, 2): self = .settings
        case ("v1", "lookup", _, _, 2): self = .lookup
        case ("v1", "events", _, _, 2): self = .events
        case ("v1", "shutdown", _, _, 2): self = .shutdown
        case ("v1", "web", _, _, 2): self = .web
        default: return nil
        }
    }

    /// What follows `/v1/conversations`.
    private init?(conversations parts: ArraySlice<String>) {
        let parts = Array(parts)
        switch parts.count {
        case 0: self = .conversations
        case 1: self = .conversation(parts[0])
        case 2 where parts[1] == "messages": self = .history(parts[0])
        case 2 where parts[1] == "standing": self = .standing(parts[0])
        case 2 where parts[1] == "draft": self = .draft(parts[0])
        case 2 where parts[1] == "safety": self = .safety(parts[0])
        case 3 where parts[1] == "messages": self = .historyMessage(parts[0], parts[2])
        default: return nil
        }
    }

    /// What can be done with it.
    var methods: [String] {
        switch self {
        case .health, .metrics, .status, .nodes, .peers, .outbox, .lookup, .events: ["GET", "HEAD"]
        case .conversations, .history, .blocked, .identity, .drafts: ["GET", "HEAD"]
        case .standing: ["PUT"]
        case .draft: ["GET", "HEAD", "PUT", "DELETE"]
        case .safety, .oneself, .settings: ["GET", "HEAD", "PUT"]
        case .name: ["PUT", "DELETE"]
        case .web: ["POST", "DELETE"]
        case .messages, .introductions: ["GET", "HEAD", "POST"]
        case .readMarks, .deletions, .readMark, .shutdown: ["POST"]
        case .message, .conversation, .historyMessage: ["DELETE"]
        case .sent, .unopened: ["GET", "HEAD", "DELETE"]
        }
    }

    /// What a request for it may say after the question mark.
    func parameters(_ method: String) -> [String] {
        switch self {
        case .messages where method != "POST": ["from", "unread", "after", "since", "limit"]
        case .outbox: ["after", "limit"]
        case .sent where method != "DELETE": ["until", "wait"]
        case .conversations: ["after", "limit"]
        case .history: ["before", "after", "search", "since", "limit"]
        case .lookup: ["target"]
        case .events: ["since"]
        default: []
        }
    }
}
