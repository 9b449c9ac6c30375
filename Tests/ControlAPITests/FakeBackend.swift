import ControlAPI
import Foundation

/// A daemon made of lists.
actor FakeBackend: ControlBackend {
    private(set) var sent: [SentMessage] = []
    private var received: [ReceivedMessage] = []
    private(set) var isShutDown = false
    private var unopenedEnvelopes = 2
    private var watchers: [AsyncStream<ControlEvent>.Continuation] = []

    static let status = StatusReport(
        state: .ready, id: "roost1me", node: "00", version: "1", endpoints: ["127.0.0.1:1"], external: [], contacts: 2,
        mailboxes: 3, envelopes: 4, bytes: 5, outbox: 6, uptimeSeconds: 7)

    static func received(_ number: Int, text: String = "hello", read: Bool = false) -> ReceivedMessage {
        ReceivedMessage(
            message: "m\(number)", from: number % 2 == 0 ? "roost1even" : "roost1odd", text: text,
            sentAt: Date(timeIntervalSince1970: 1_700_000_000), receivedAt: Date(timeIntervalSince1970: 1_700_000_001),
            via: .mailbox, read: read, position: "\(number)")
    }

    /// A message arrives.
    func receive(_ message: ReceivedMessage) {
        received.append(message)
        for watcher in watchers { watcher.yield(.received(message)) }
    }

    func status() -> StatusReport { FakeBackend.status }

    func metrics() -> String { "# TYPE roost_ready gauge\nroost_ready 1\n" }

    func send(_ message: NewMessage) throws(ControlError) -> SentMessage {
        guard message.to.hasPrefix("roost1") else { throw ControlError(.badInput, "That is no peer ID.") }
        let sent = SentMessage(
            message: "s\(sent.count)", to: message.to, state: .queued, via: nil, buddies: 0, of: 0, reason: nil,
            acceptedAt: Date(timeIntervalSince1970: 1_700_000_000),
            expiresAt: Date(timeIntervalSince1970: 1_701_000_000),
            text: message.text)
        self.sent.append(sent)
        return sent
    }

    func sentMessage(
        _ id: String, reaching goal: DeliveryGoal, patience: Duration
    ) async throws(ControlError) -> SentMessage {
        guard let message = sent.first(where: { $0.message == id }) else {
            throw ControlError(.notFound, "No such message.")
        }
        if !goal.isReached(by: message.state) { try? await Task.sleep(for: patience) }
        return message
    }

    func sentMessages(after: String?, limit: Int) -> [SentMessage] {
        let start = after.flatMap { after in sent.firstIndex { $0.message == after } }.map { $0 + 1 } ?? 0
        return Array(sent[start...].prefix(limit))
    }

    func cancel(_ id: String) throws(ControlError) -> SentMessage {
        guard let index = sent.firstIndex(where: { $0.message == id }) else {
            throw ControlError(.notFound, "No such message.")
        }
        guard sent[index].state == .queued else { throw ControlError(.conflict, "It has arrived.") }
        sent[index].state = .failed
        sent[index].reason = "cancelled"
        return sent[index]
    }

    func receivedMessages(_ query: InboxQuery) -> [ReceivedMessage] {
        let start = query.after.flatMap { after in received.firstIndex { $0.position == after } }.map { $0 + 1 } ?? 0
        let wanted = received[start...].filter {
            (query.from == nil || $0.from == query.from) && !(query.unreadOnly && $0.read)
        }
        return Array(wanted.prefix(query.limit))
    }

    func markRead(_ ids: [String]) {
        for index in received.indices where ids.contains(received[index].message) { received[index].read = true }
    }

    func delete(_ names: [String]) -> Int {
        let count = received.count
        received.removeAll { names.contains($0.message) || names.contains($0.position) }
        return count - received.count
    }

    func unopened() -> UnopenedReport {
        let since = Date(timeIntervalSince1970: 1_800_000_000)
        return unopenedEnvelopes == 0
            ? UnopenedReport(envelopes: 0, bytes: 0)
            : UnopenedReport(
                envelopes: unopenedEnvelopes, bytes: 2_048 * unopenedEnvelopes, since: since, until: since + 86_400)
    }

    func discardUnopened() -> Int {
        defer { unopenedEnvelopes = 0 }
        return unopenedEnvelopes
    }

    func peers() -> [PeerReport] { [PeerReport(name: "alice", id: "roost1alice")] }

    func nodes() -> [NodeReport] { [NodeReport(node: "01", endpoint: "127.0.0.1:2", bucket: 3, lastSeenSeconds: 4)] }

    func lookup(_ target: String) -> AsyncStream<LookupProgress> {
        AsyncStream { continuation in
            for round in 1...3 {
                let result = LookupResult(
                    target: target, closest: [], rounds: round, rpcs: round * 2, milliseconds: 0.5)
                continuation.yield(round < 3 ? .round(result) : target == "busy" ? .failed(busy) : .finished(result))
            }
            continuation.finish()
        }
    }

    nonisolated var busy: ControlError { ControlError(.unavailable, "Too many lookups.") }

    func events() -> AsyncStream<ControlEvent> {
        let (stream, continuation) = AsyncStream.makeStream(of: ControlEvent.self)
        watchers.append(continuation)
        return stream
    }

    func shutDown() { isShutDown = true }
}
