import HTTPTransport
import Platform

/// Talks to the daemon of a data directory. Each request has a connection of its own.
public struct ControlClient: Sendable {
    /// How long the daemon may take over a request, beyond what the request itself asks it to wait.
    static let patience = Duration.seconds(20)

    public let socketPath: String

    public init(socketPath: String) {
        self.socketPath = socketPath
        _ = BrokenPipe.ignored
    }

    public func status() async throws(ControlError) -> StatusReport { try await get("/v1/status") }

    /// The daemon's figures in Prometheus's text format.
    public func metrics() async throws(ControlError) -> String {
        let data = try await exchange("GET", "/metrics", body: nil, patience: ControlClient.patience)
        return String(decoding: data, as: UTF8.self)
    }

    /// Returns once the daemon has the message on disk.
    public func send(_ message: NewMessage) async throws(ControlError) -> SentMessage {
        try await call("POST", "/v1/messages", body: message)
    }

    /// One sent message, after at most `seconds` (at most 30), earlier when it has reached the goal or failed.
    public func sentMessage(
        _ id: String, reaching goal: DeliveryGoal = .queued, seconds: Int = 0
    ) async throws(ControlError) -> SentMessage {
        let wait = min(max(seconds, 0), ControlHandler.maximumWait)
        return try await get("/v1/outbox/\(id.escaped)?until=\(goal.rawValue)&wait=\(wait)", wait: .seconds(wait))
    }

    /// One page; the next begins after its last message's ID, and an empty one ends the list.
    public func sentMessages(after: String? = nil) async throws(ControlError) -> [SentMessage] {
        let list: MessageList<SentMessage> = try await get("/v1/outbox" + (after.map { "?after=\($0.escaped)" } ?? ""))
        return list.messages
    }

    public func cancel(_ id: String) async throws(ControlError) -> SentMessage {
        try await call("DELETE", "/v1/outbox/\(id.escaped)", body: Nothing?.none)
    }

    /// One page; the next begins after its last message's position, or since its number, and an empty one ends the list.
    public func inboxPage(_ query: InboxQuery) async throws(ControlError) -> InboxPage {
        var target = "/v1/messages?limit=\(query.limit)&unread=\(query.unreadOnly)"
        if let from = query.from { target += "&from=\(from.escaped)" }
        if let after = query.after { target += "&after=\(after.escaped)" }
        if let since = query.since { target += "&since=\(since)" }
        return try await get(target)
    }

    /// The messages of one page.
    public func receivedMessages(_ query: InboxQuery) async throws(ControlError) -> [ReceivedMessage] {
        try await inboxPage(query).messages
    }

    /// Marks received messages as read, named by their IDs or positions.
    public func markRead(_ names: [String]) async throws(ControlError) {
        for batch in batches(of: names) {
            let body = try encode(MessageNames(messages: batch))
            _ = try await exchange("POST", "/v1/messages/read", body: body, patience: ControlClient.patience)
        }
    }

    /// Deletes received messages, named likewise; how many there were.
    public func delete(_ names: [String]) async throws(ControlError) -> Int {
        var count = 0
        for batch in batches(of: names) {
            let deleted: Deleted = try await call("POST", "/v1/messages/delete", body: MessageNames(messages: batch))
            count += deleted.deleted
        }
        return count
    }

    /// Mail that waits and can't be opened here.
    public func unopened() async throws(ControlError) -> UnopenedReport { try await get("/v1/unopened") }

    /// Discards that mail, at the nodes that keep it as well; returns how many envelopes.
    public func discardUnopened() async throws(ControlError) -> Int {
        let answer: Discarded = try await call("DELETE", "/v1/unopened", body: Nothing?.none)
        return answer.discarded
    }

    public func nodes() async throws(ControlError) -> [NodeReport] {
        let list: NodeList = try await get("/v1/nodes")
        return list.nodes
    }

    /// A link to the page for browsers, which can be used once.
    public func webLink() async throws(ControlError) -> WebLink {
        try await call("POST", "/v1/web", body: Nothing?.none)
    }

    /// Ends the page; how many browsers were signed in.
    public func endWeb() async throws(ControlError) -> Int {
        let end: WebEnd = try await call("DELETE", "/v1/web", body: Nothing?.none)
        return end.ended
    }

    public func shutDown() async throws(ControlError) {
        _ = try await exchange("POST", "/v1/shutdown", body: nil, patience: ControlClient.patience)
    }

    /// Tells of each step; returns after the last.
    public func lookup(_ target: String, _ step: (LookupProgress) throws -> Void) async throws {
        var isFinished = false
        try await events("/v1/lookup?target=\(target.escaped)") { frame in
            switch frame.name {
            case "round": try step(.round(ControlJSON.decode(LookupResult.self, from: frame.data)))
            case "finished":
                try step(.finished(ControlJSON.decode(LookupResult.self, from: frame.data)))
                isFinished = true
            case "failed": throw try ControlJSON.decode(ErrorBody.self, from: frame.data).error
            default: break
            }
        }
        guard isFinished else {
            throw ControlError(.interrupted, "The daemon ended the lookup before it was finished.")
        }
    }
}

extension ControlClient {
    struct Nothing: Encodable {}

    private func batches(of names: [String]) -> [[String]] {
        stride(from: 0, to: names.count, by: ControlHandler.maximumIDs).map {
            Array(names[$0..<min(names.count, $0 + ControlHandler.maximumIDs)])
        }
    }

    func get<Answer: Decodable>(_ target: String, wait: Duration = .zero) async throws(ControlError) -> Answer {
        try decode(await exchange("GET", target, body: nil, patience: ControlClient.patience + wait))
    }

    func call<Answer: Decodable>(
        _ method: String, _ target: String, body: (some Encodable)?
    ) async throws(ControlError) -> Answer {
        let data = try body.map { body throws(ControlError) in try encode(body) }
        return try decode(await exchange(method, target, body: data, patience: ControlClient.patience))
    }

    func encode(_ value: some Encodable) throws(ControlError) -> Data {
        do {
            return try ControlJSON.encode(value)
        } catch {
            throw ControlError(.badRequest, "The request can't be written as JSON.")
        }
    }

    private func decode<Answer: Decodable>(_ data: Data) throws(ControlError) -> Answer {
        do {
            return try ControlJSON.decode(Answer.self, from: data)
        } catch {
            throw ControlClient.stranger
        }
    }

    private static let stranger = ControlError(
        .internalError, "The daemon's answer can't be read: it may be of another version than this program.")

    func exchange(
        _ method: String, _ target: String, body: Data?, patience: Duration
    ) async throws(ControlError) -> Data {
        let path = try SocketPath(socketPath)
        let result = await withTaskGroup(of: Result<Data, ControlError>?.self) { group in
            group.addTask {
                do {
                    return .success(
                        try await HTTPExchange.perform(
                            path: path.usable, method: method, target: target,
                            headers: body == nil ? [] : [("Content-Type", "application/json")],
                            body: body.map(Array.init)
                        ) { exchange in
                            try await exchange.successfulBody()
                        })
                } catch {
                    return .failure(self.explain(error))
                }
            }
            group.addTask {
                try? await Task.sleep(for: patience)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        guard let result else {
            throw ControlError(
                .interrupted,
                "The daemon has not answered within \(patience.components.seconds) seconds: see `roost status`, and try again."
            )
        }
        return try result.get()
    }

    /// Tells of each frame of a stream of events, as it comes; returns when the daemon ends the stream.
    func events(
        _ target: String, headers: [(String, String)] = [], _ event: (EventFrame) async throws -> Void
    ) async throws {
        do {
            let path = try SocketPath(socketPath)
            try await HTTPExchange.perform(path: path.usable, method: "GET", target: target, headers: headers) {
                exchange in
                guard exchange.status == 200 else {
                    _ = try await exchange.successfulBody()
                    return
                }
                var frames = EventFrames()
                while let part = try await exchange.part() {
                    try frames.append(part)
                    while let frame = frames.next() { try await event(frame) }
                }
            }
        } catch let error as HTTPExchange.Failure {
            throw explain(error)
        } catch is DecodingError {
            throw ControlClient.stranger
        }
    }

    private func explain(_ error: any Error) -> ControlError {
        switch error {
        case let error as ControlError: return error
        case HTTPExchange.Failure.notConnected(EACCES), HTTPExchange.Failure.notConnected(EPERM):
            return ControlError(
                .notPermitted, "\(socketPath) belongs to another user: use that user's account, or another --data.")
        case HTTPExchange.Failure.notConnected:
            return ControlError(.unreachable, "Roost is not running at \(socketPath): start it with `roost up`.")
        case HTTPExchange.Failure.interrupted:
            return ControlError(
                .interrupted,
                "The daemon ended before it answered, so it is unknown whether this was done: start it and look.")
        default: return ControlClient.stranger
        }
    }
}

extension HTTPExchange {
    /// The body of an answer of status 2xx; any other is thrown as the error that it carries.
    fileprivate mutating func successfulBody() async throws -> Data {
        let data = Data(try await body())
        guard !(200..<300).contains(status) else { return data }
        throw try ControlJSON.decode(ErrorBody.self, from: data).error
    }
}

extension String {
    var escaped: String { PercentEncoding.encode(self) }
}
