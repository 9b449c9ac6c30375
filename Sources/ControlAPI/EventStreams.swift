import HTTPTransport

/// Bodies of server-sent events (HTML Living Standard §9.2). They continue until the events end or the reader leaves.
/// The next event is requested when the one before it has been sent.
enum EventStreams {
    /// A comment is sent after so long without an event, so that a closed connection is noticed.
    static let heartbeat = Duration.seconds(15)
    /// Events that are written at once: some 20 kB.
    private static let pageSize = 50

    /// What arrives or is accepted after `cursor`, what becomes of sent messages, and what is read, deleted or begun. `isResumed`: the reader
    /// was told all up to `cursor` before, and of changes since then what it has missed; `isForeign`: by another store than this one.
    /// `place` is held as long as the stream.
    static func messages(
        since cursor: Int, isResumed: Bool, isForeign: Bool, _ watch: MessageWatch, of backend: any ControlBackend,
        holding place: Gate.Place
    ) -> HTTPAnswer {
        answer { write in
            defer { withExtendedLifetime(place) {} }
            let heart = Task { [weak watch] in
                while (try? await Task.sleep(for: heartbeat)) != nil { watch?.wake() }
            }
            defer { heart.cancel() }
            var cursor = cursor
            // Without an event, this only tells the reader the current number.
            try await write(Array("id: \(cursor)\n\n".utf8))
            var news = MessageWatch.News()
            if isResumed {
                if !isForeign, let missed = await backend.changes(since: cursor) {
                    (news.conversations, news.drafts) = (missed.conversations, missed.drafts)
                    news.changed = missed.changed
                } else {
                    try await write(lost)
                }
            }
            while true {
                var hasWritten = false
                var isOver = false
                while true {
                    let page = await backend.numbered(since: cursor, limit: pageSize)
                    // Whoever has been told of a message was told before of all that had changed before it: so its number says what
                    // they have missed.
                    news.add(watch.take())
                    for part in parts(news) {
                        try await write(part)
                        hasWritten = true
                    }
                    if news.isIncomplete { return try await write(lost) }
                    isOver = isOver || news.isOver
                    let changed = news.changed
                    news = MessageWatch.News()
                    guard let last = page.last else { break }
                    try await write(page.flatMap(frame))
                    // What the page says of a message may be older than the change that was told before it.
                    let sent = Set(page.compactMap(\.sentID))
                    let newer = changed.filter { sent.contains($0.id) }
                    if !newer.isEmpty { try await write(newer.flatMap { frame("changed", $0) }) }
                    cursor = last.seq
                    hasWritten = true
                }
                if isOver { return }
                if !hasWritten { try await write(Array(":\n\n".utf8)) }
                news = await watch.next()
            }
        }
    }

    /// There was more than what was told.
    private static let lost = Array("event: lost\ndata: {}\n\n".utf8)

    /// Changes, in parts that are written at once.
    private static func parts(_ news: MessageWatch.News) -> [[UInt8]] {
        var parts: [[UInt8]] = []
        for (name, peers) in [("conversation", news.conversations), ("draft", news.drafts)] where !peers.isEmpty {
            parts.append(peers.sorted().flatMap { frame(name, ConversationNotice(peer: $0)) })
        }
        var rest = news.changed[...]
        while !rest.isEmpty {
            parts.append(rest.prefix(pageSize).flatMap { frame("changed", $0) })
            rest = rest.dropFirst(pageSize)
        }
        return parts
    }

    /// A lookup's steps.
    static func lookup(_ steps: AsyncStream<LookupProgress>, holding place: Gate.Place) -> HTTPAnswer {
        answer { write in
            defer { withExtendedLifetime(place) {} }
            for await step in steps {
                switch step {
                case .round(let result): try await write(frame("round", result))
                case .finished(let result): try await write(frame("finished", result))
                case .failed(let error): try await write(frame("failed", ErrorBody(error: error)))
                }
            }
        }
    }

    private static func answer(
        _ body: @escaping @Sendable (HTTPAnswer.Writer) async throws -> Void
    ) -> HTTPAnswer {
        HTTPAnswer(
            status: 200, headers: [("Content-Type", "text/event-stream"), ("Cache-Control", "no-store")],
            body: .stream(body))
    }

    private static func frame(_ notice: NumberedNotice) -> [UInt8] {
        switch notice {
        case .received(let message): frame("received", message, id: message.seq)
        case .sent(let message, let seq): frame("sent", message, id: seq)
        }
    }

    private static func frame(_ name: String, _ value: some Encodable, id: Int? = nil) -> [UInt8] {
        guard let json = try? ControlJSON.encode(value) else { return [] }
        let head = (id.map { "id: \($0)\n" } ?? "") + "event: \(name)\ndata: "
        return Array(head.utf8) + Array(json) + [10, 10]
    }
}
