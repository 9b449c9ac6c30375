import ControlAPI

/// Prints a conversation as it goes on: what is there, and then what comes and what is sent, each message once and in the order in which
/// that happens. Marks nothing as read.
struct ConversationFollower {
    private let daemon: Daemon
    private let reader: ConversationReader
    private let printer: ConversationPrinter
    private var isFirst = true
    /// The positions of listed messages that came during the listing: following will meet them again.
    private var listed: Set<String> = []

    init(_ daemon: Daemon, _ query: ConversationQuery, _ printer: ConversationPrinter) {
        self.daemon = daemon
        reader = ConversationReader(daemon: daemon, query: query)
        self.printer = printer
    }

    /// Shows what is there, or the last of it, and goes on. Never returns.
    mutating func run(last: Int?) async throws {
        var number = try await daemon.ask { try await $0.inboxPage(InboxQuery(limit: 1)) }.last
        try await list(last, after: number)
        try await daemon.client.eventsOn(since: &number) { isAway in
            Daemon.tell(isAway: isAway)
        } _: { event in
            try await show(event)
        }
    }

    private mutating func list(_ last: Int?, after number: Int) async throws {
        let (reader, printer) = (reader, printer)
        var (shown, new) = (0, Set<String>())
        func show(_ message: ConversationMessage) throws {
            try printer.show(message, isFirst: shown == 0)
            shown += 1
            if message.seq > number { new.insert(message.position) }
        }
        if let last { _ = try await reader.last(last, show) } else { try await reader.all(show) }
        (isFirst, listed) = (shown == 0, new)
    }

    private mutating func show(_ event: ControlEvent) async throws {
        let found: ConversationMessage?
        switch event {
        case .received(let notice) where notice.from == printer.peer: found = try await message(at: notice.position)
        case .sent(let sent, let number) where sent.to.text == printer.peer:
            found = try await message(sent.id.hex, number)
        default: return
        }
        guard let found, listed.remove(found.position) == nil else { return }
        try printer.show(found, isFirst: isFirst)
        isFirst = false
    }

    /// A received message; nil where it was deleted. It may stand far from the end: behind what stands before it.
    private func message(at position: String) async throws -> ConversationMessage? {
        var query = ConversationQuery(peer: printer.peer, before: position, limit: 1)
        let before = try await daemon.client.conversation(query).messages.last?.position
        (query.before, query.after, query.limit) = (nil, before ?? "", ConversationFollower.lately)
        return try await daemon.client.conversation(query).messages.first { $0.position == position }
    }

    /// A sent message, which stands behind all that had a lower number; nil where it was deleted, or is a note to oneself, which is told of
    /// as received.
    private func message(_ id: String, _ number: Int) async throws -> ConversationMessage? {
        var query = ConversationQuery(peer: printer.peer, limit: ConversationFollower.lately)
        while true {
            let page = try await daemon.client.conversation(query)
            if let found = page.messages.last(where: { $0.message == id && !$0.isReceived }) { return found }
            guard let earlier = page.earlier, page.messages.contains(where: { $0.seq >= number }) else { return nil }
            query.before = earlier
            query.limit = ConversationQuery.maximumLimit
        }
    }

    /// Messages among which one is looked for first that was just sent, or that stands behind another.
    private static let lately = 20
}

extension Daemon {
    /// Says that it has gone, or has come back, to somebody who follows what comes.
    static func tell(isAway: Bool) {
        Terminal.news(
            isAway
                ? "roost: The daemon has stopped; what comes is shown when it runs again."
                : "roost: The daemon runs again.")
    }
}
