import Basics
import Storage

/// Messages that are gathered up to a filter's bounds.
struct InboxPage {
    private let filter: InboxFilter
    private(set) var messages: [IncomingMessage] = []
    private var textBytes = 0

    init(_ filter: InboxFilter) { self.filter = filter }

    /// Adds all that there is room for. `number`: the highest number that can be read. `isIndexed`: whether conversations hold all
    /// messages.
    mutating func read(_ view: StoreView, upTo number: UInt64, isIndexed: Bool, withheld: Set<InboxPosition>) {
        if let since = filter.since {
            return view.arrivals(after: since, upTo: number) { _, position in add(position, from: view) }
        }
        let visit = { (page: inout InboxPage, position: InboxPosition?) -> Bool in
            guard let position, !withheld.contains(position) else { return true }
            return page.add(position, from: view)
        }
        if let peer = filter.from, isIndexed, !filter.unreadOnly {
            // One conversation may be short where the inbox is long.
            let after = filter.after.map { HistoryTable.key($0, with: peer) }
            view.scan(.conversations, prefix: HistoryTable.conversation(peer), after: after) { key, _ in
                visit(&self, HistoryTable.position(key))
            }
        } else {
            let prefix: [UInt8] = [filter.unreadOnly ? UInt8(ascii: "u") : UInt8(ascii: "o")]
            view.scan(.inbox, prefix: prefix, after: filter.after.map { prefix + InboxTable.place($0) }) { key, _ in
                visit(&self, InboxTable.position(key))
            }
        }
    }

    /// Adds the message at a place, if there is one that is asked for. False: there is no room for any more.
    private mutating func add(_ position: InboxPosition, from view: StoreView) -> Bool {
        guard messages.count < filter.limit, textBytes < filter.textBytes else { return false }
        guard filter.includes(position), let message = view.incomingMessage(position),
            !(filter.unreadOnly && message.isRead)
        else { return true }
        messages.append(message)
        textBytes += message.text.utf8.count
        return true
    }
}
