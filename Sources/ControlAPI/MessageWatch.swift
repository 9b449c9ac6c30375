import Synchronization

/// Gathers what happens to a person's messages for one reader, from one look to the next.
///
/// It contains no texts. About messages that arrive or are accepted it says only that there are some: the reader requests
/// them by number. So a reader that doesn't look costs little, whatever arrives.
public final class MessageWatch: Sendable {
    /// What has happened since the reader last looked.
    package struct News: Sendable {
        /// The new standing of sent messages, without their texts, in order.
        package var changed: [SentMessage] = []
        /// The peers in whose conversations messages were marked as read or deleted.
        package var conversations: Set<String> = []
        /// The peers to whom something was begun, or nothing is any more.
        package var drafts: Set<String> = []
        /// So much has changed that the rest was dropped: the reader has to ask for the lists.
        package var isIncomplete = false
        /// Nothing more will happen.
        package var isOver = false

        /// Adds what came after it.
        mutating func add(_ later: News) {
            changed += later.changed
            conversations.formUnion(later.conversations)
            drafts.formUnion(later.drafts)
            isIncomplete = isIncomplete || later.isIncomplete
            isOver = isOver || later.isOver
        }
    }

    /// Changes that wait for a reader: beyond, news is incomplete.
    package static let capacity = 1_024

    private struct State {
        var news = News()
        /// Whether the reader should look, even if nothing has changed.
        var isDue = false
        var reader: CheckedContinuation<Void, Never>?

        mutating func take() -> News {
            defer { news = News(isOver: news.isOver) }
            return news
        }
    }

    private let state = Mutex(State())
    private let whenLeft: @Sendable () -> Void

    /// `whenLeft` is called when the last reference to the watch is dropped.
    public init(whenLeft: @escaping @Sendable () -> Void) { self.whenLeft = whenLeft }

    deinit { whenLeft() }

    /// A message has arrived, or was accepted.
    public func arrived() { tell { _ in } }

    /// Messages of the conversation with this peer were marked as read or deleted, or its peer was accepted or blocked.
    public func conversationChanged(_ peer: String) { add(peer, to: \.conversations) }

    /// What was begun to this peer is another text, or none.
    public func draftChanged(_ peer: String) { add(peer, to: \.drafts) }

    private func add(_ peer: String, to peers: WritableKeyPath<News, Set<String>> & Sendable) {
        tell { news in
            guard news[keyPath: peers].count < MessageWatch.capacity else {
                news.isIncomplete = true
                return
            }
            news[keyPath: peers].insert(peer)
        }
    }

    /// The state of a sent message has changed.
    public func changed(_ message: SentMessage) {
        tell { news in
            guard news.changed.count < MessageWatch.capacity else {
                news.isIncomplete = true
                return
            }
            news.changed.append(message)
            news.changed[news.changed.count - 1].text = nil
        }
    }

    /// The daemon ends, or the reader has gone.
    public func end() { tell { $0.isOver = true } }

    /// Makes the reader look.
    func wake() { tell { _ in } }

    private func tell(_ change: (inout News) -> Void) {
        let reader = state.withLock { state in
            change(&state.news)
            state.isDue = true
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
    }

    /// Returns when there is something to look at. For one reader only.
    package func next() async -> News {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDue = state.withLock { state in
                    if !state.isDue { state.reader = continuation }
                    return state.isDue
                }
                if isDue { continuation.resume() }
            }
        } onCancel: {
            end()
        }
        return state.withLock { state in
            state.isDue = state.news.isOver
            return state.take()
        }
    }

    /// What has changed by now. A look that is due stays due: a message may have come since the reader asked for messages.
    package func take() -> News { state.withLock { $0.take() } }
}
