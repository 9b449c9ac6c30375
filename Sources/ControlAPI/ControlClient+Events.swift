import HTTPTransport

extension ControlClient {
    /// Tells of each event; returns when the daemon ends the stream, which it also does to readers that are too slow.
    ///
    /// - Parameters:
    ///   - number: Messages that arrived after this one are told of first; nil begins with what comes from now on.
    ///   - connected: Called once news can no longer be missed, with the number after which they come.
    public func events(
        since number: Int? = nil, connected: (Int) async throws -> Void = { _ in },
        _ event: (ControlEvent) async throws -> Void
    ) async throws {
        let target = "/v1/events" + (number.map { "?since=\($0)" } ?? "")
        var isConnected = false
        try await events(target) { frame in
            if !isConnected, let id = frame.id {
                isConnected = true
                try await connected(id)
            }
            switch frame.name {
            case "received": try await event(.received(ControlJSON.decode(ReceivedNotice.self, from: frame.data)))
            case "sent":
                try await event(
                    .sent(ControlJSON.decode(SentMessage.self, from: frame.data), seq: frame.id ?? 0))
            case "conversation":
                try await event(.conversation(ControlJSON.decode(ConversationNotice.self, from: frame.data).peer))
            case "draft": try await event(.draft(ControlJSON.decode(ConversationNotice.self, from: frame.data).peer))
            case "changed": try await event(.changed(ControlJSON.decode(SentMessage.self, from: frame.data)))
            default: break
            }
        }
    }

    /// Delivers messages as they arrive, page by page, each once: first all after `query.since`, then new ones. Returns
    /// when the daemon ends the stream of events. Called again with the same query, it continues where it stopped.
    ///
    /// - Parameters:
    ///   - query: What is asked for. `since`, 0 if nil, moves on with every page that `received` has taken.
    ///   - connected: Called once the daemon has answered.
    ///   - changed: Called with the standing of sent messages.
    public func follow(
        _ query: inout InboxQuery, connected: () async throws -> Void = {},
        received: ([ReceivedMessage]) async throws -> Void, changed: (SentMessage) async throws -> Void = { _ in }
    ) async throws {
        query.after = nil
        var cursor = query.since ?? 0
        var page = query
        defer { query.since = cursor }
        try await events(since: cursor) { last in
            // The store has never come so far, for example because it is an older copy: new messages have lower
            // numbers.
            if last < cursor { cursor = last }
            try await connected()
        } _: { event in
            switch event {
            case .received(let notice):
                guard notice.seq > cursor else { return }
                page.since = cursor
                while case let messages = try await receivedMessages(page), let last = messages.last {
                    try await received(messages)
                    cursor = max(cursor, last.seq)
                    page.since = cursor
                }
                // Messages that the query excludes, or that were deleted in the meantime.
                cursor = max(cursor, notice.seq)
            case .changed(let message): try await changed(message)
            case .sent(_, let seq): cursor = max(cursor, seq)
            case .conversation, .draft: break
            }
        }
    }

    /// Follows without end: also when the daemon has ended and runs again, and when it has ended the stream because its
    /// reader was busy. Never returns. Throws what `received` throws, or the reason why a running daemon can't be
    /// asked.
    ///
    /// - Parameters:
    ///   - query: As `follow` has it.
    ///   - pause: Between two tries while there is no daemon.
    ///   - isAway: Called with true when the daemon can no longer be reached, and with false when it can be again.
    public func followOn(
        _ query: inout InboxQuery, pause: Duration = .milliseconds(500), isAway: (Bool) async throws -> Void = { _ in },
        received: ([ReceivedMessage]) async throws -> Void
    ) async throws {
        var wasAway = false
        while true {
            let isGone = try await ControlClient.isGone {
                try await follow(
                    &query,
                    connected: {
                        if wasAway { try await isAway(false) }
                        wasAway = false
                    }, received: received)
            }
            if isGone, !wasAway { try await isAway(true) }
            wasAway = wasAway || isGone
            // Also after the proper end of a stream: a daemon that ends closes its streams properly.
            try await Task.sleep(for: pause)
        }
    }

    /// Tells of each event without end, as `followOn` follows messages: those that have a number are told until `event` has returned for
    /// them.
    ///
    /// - Parameters:
    ///   - number: That of the last message that isn't to be told of. It moves on with each event.
    ///   - pause: Between two tries while there is no daemon.
    ///   - isAway: Called with true when the daemon can no longer be reached, and with false when it can be again.
    public func eventsOn(
        since number: inout Int, pause: Duration = .milliseconds(500),
        isAway: (Bool) async throws -> Void = { _ in }, _ event: (ControlEvent) async throws -> Void
    ) async throws {
        var wasAway = false
        while true {
            let isGone = try await ControlClient.isGone {
                try await events(since: number) { last in
                    // The store has never come so far: new messages have lower numbers.
                    number = min(number, last)
                    if wasAway { try await isAway(false) }
                    wasAway = false
                } _: { news in
                    try await event(news)
                    number = max(number, news.seq ?? 0)
                }
            }
            if isGone, !wasAway { try await isAway(true) }
            wasAway = wasAway || isGone
            try await Task.sleep(for: pause)
        }
    }

    /// Reads a stream of events to its end. Whether that was the daemon's.
    private static func isGone(_ stream: () async throws -> Void) async throws -> Bool {
        do {
            try await stream()
        } catch let error as ControlError where error.code == .interrupted {
            // A stream also ends so when its reader was busy: the next attempt shows whether the daemon is there.
        } catch let error as ControlError where error.isOfDaemonsEnd {
            return true
        }
        return false
    }
}

extension ControlEvent {
    /// The number of the message that has come or was accepted; nil of other news.
    fileprivate var seq: Int? {
        switch self {
        case .received(let notice): notice.seq
        case .sent(_, let seq): seq
        case .changed, .conversation, .draft: nil
        }
    }
}

extension ControlError {
    /// Whether the daemon has ended, or is about to.
    public var isOfDaemonsEnd: Bool { code == .unreachable || code == .interrupted || code == .unavailable }
}
