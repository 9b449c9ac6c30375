import ControlAPI

/// What a page may do of what the control API has. All else needs the command line: a tab that was left open, or a mistake in the page,
/// must not be able to end the daemon or to hand out further links.
enum WebAllowList {
    /// Whether a request for this may come from a page.
    static func allows(_ method: String, _ resource: ControlResource) -> Bool {
        switch resource {
        case .status, .nodes, .identity, .blocked, .events: isReading(method)
        case .peers, .conversations, .history, .outbox: isReading(method)
        case .messages: method == "POST"
        case .drafts: isReading(method)
        case .readMarks, .standing, .name, .safety, .oneself, .introductions: true
        case .conversation, .historyMessage, .sent, .draft, .settings: true
        // Of use to programs, or not for a page to decide.
        case .health, .metrics, .lookup, .message, .readMark, .deletions, .unopened, .shutdown, .web: false
        }
    }

    private static func isReading(_ method: String) -> Bool { method == "GET" || method == "HEAD" }
}
