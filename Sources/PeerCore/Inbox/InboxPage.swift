import Basics
import Storage

/// Messages that are gathered up to a filter's bounds.
struct InboxPage {
    private let filter: InboxFilter
    private(set) var messages: [IncomingMessage] = []
    private var textBytes = 0

    init(_ filter: InboxFilter) { self.filter = filter }

    /// Adds the message at a place, if there is one that is asked for. False: there is no room for any more.
    mutating func add(_ position: InboxPosition, from view: StoreView) -> Bool {
        guard messages.count < filter.limit, textBytes < filter.textBytes else { return false }
        guard filter.includes(position), let message = view.incomingMessage(position),
            !(filter.unreadOnly && message.isRead)
        else { return true }
        messages.append(message)
        textBytes += message.text.utf8.count
        return true
    }
}
