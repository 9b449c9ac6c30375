import FlyingFox
import Foundation

/// The routes of the control API (docs/openapi.yaml), each a few lines over the backend.
struct ControlHandler: HTTPHandler {
    /// Bytes of a request's body: the largest text with every byte escaped as `\u00xx`, and room for the rest.
    static let maximumBody = 6 * 65_536 + 8_192
    /// IDs in one request to mark messages as read.
    static let maximumIDs = 1_000
    /// How long a request may wait for a message's state. Clients ask again.
    static let maximumWait = 30

    let backend: any ControlBackend

    func handleRequest(_ request: HTTPRequest) async -> HTTPResponse {
        do throws(ControlError) {
            return try await answer(request)
        } catch {
            return .failure(error)
        }
    }

    private func answer(_ request: HTTPRequest) async throws(ControlError) -> HTTPResponse {
        let path = request.path.split(separator: "/").map(String.init)
        switch (request.method, path.count, path.first) {
        case (.GET, 1, "healthz"): return HTTPResponse(statusCode: .ok, body: Data("ok\n".utf8))
        case (.GET, 1, "metrics"):
            let text = Metrics.text(try await backend.status())
            return HTTPResponse(
                statusCode: .ok, headers: [.contentType: Metrics.contentType], body: Data(text.utf8))
        case (_, 2..., "v1"): break
        default: throw notFound(request)
        }
        switch (request.method, path[1], path.dropFirst(2).first, path.dropFirst(3).first, path.count) {
        case (.GET, "status", nil, nil, _): return .json(try await backend.status())
        case (.GET, "nodes", nil, nil, _): return .json(NodeList(nodes: try await backend.nodes()))

        case (.GET, "peers", nil, nil, _): return .json(PeerList(peers: try await backend.peers()))

        case (.POST, "messages", nil, nil, _):
            let message = try await decode(NewMessage.self, from: request)
            return .json(try await backend.send(message), status: .created)
        case (.GET, "messages", nil, nil, _):
            return .json(MessageList(messages: try await backend.receivedMessages(inboxQuery(request))))
        case (.POST, "messages", "read", nil, _):
            let marks = try await decode(ReadMarks.self, from: request)
            guard marks.messages.count <= ControlHandler.maximumIDs else {
                throw ControlError(.badInput, "At most \(ControlHandler.maximumIDs) messages can be marked at once.")
            }
            try await backend.markRead(marks.messages)
            return HTTPResponse(statusCode: .noContent)
        case (.POST, "messages", let id?, "read", 4):
            try await backend.markRead([id])
            return HTTPResponse(statusCode: .noContent)

        case (.GET, "outbox", nil, nil, _): return .json(MessageList(messages: try await backend.sentMessages()))
        case (.GET, "outbox", let id?, nil, _):
            let (goal, patience) = try wait(request)
            return .json(try await backend.sentMessage(id, reaching: goal, patience: patience))
        case (.DELETE, "outbox", let id?, nil, _): return .json(try await backend.cancel(id))

        case (.GET, "lookup", nil, nil, _):
            guard let target = request.parameter("target") else {
                throw ControlError(.badRequest, "A lookup needs ?target= and a peer ID or 64 hexadecimal digits.")
            }
            return .events(ServerSentEvents(of: try await backend.lookup(target)) { $0.frame })
        case (.GET, "events", nil, nil, _):
            return .events(ServerSentEvents(of: await backend.events()) { $0.frame })

        case (.POST, "shutdown", nil, nil, _):
            await backend.shutDown()
            return .json(["state": "stopping"], status: .accepted)
        default: throw notFound(request)
        }
    }

    private func notFound(_ request: HTTPRequest) -> ControlError {
        ControlError(.notFound, "There is no \(request.method.rawValue) \(request.path) in this API.")
    }

    private func inboxQuery(_ request: HTTPRequest) throws(ControlError) -> InboxQuery {
        let limit = try integer("limit", in: 1...InboxQuery.maximumLimit, of: request) ?? InboxQuery.maximumLimit
        let unread = request.parameter("unread")
        guard unread == nil || unread == "true" || unread == "false" else {
            throw ControlError(.badRequest, "unread is either true or false.")
        }
        return InboxQuery(
            from: request.parameter("from"), unreadOnly: unread == "true", after: request.parameter("after"),
            limit: limit)
    }

    private func wait(_ request: HTTPRequest) throws(ControlError) -> (DeliveryGoal, Duration) {
        let seconds = try integer("wait", in: 0...ControlHandler.maximumWait, of: request) ?? 0
        guard let text = request.parameter("until") else { return (.queued, .zero) }
        guard let goal = DeliveryGoal(rawValue: text) else {
            throw ControlError(.badRequest, "until is one of queued, stored, delivered.")
        }
        return (goal, .seconds(seconds))
    }

    private func integer(
        _ name: String, in range: ClosedRange<Int>, of request: HTTPRequest
    ) throws(ControlError) -> Int? {
        guard let text = request.parameter(name) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw ControlError(.badRequest, "\(name) is a number from \(range.lowerBound) to \(range.upperBound).")
        }
        return value
    }

    private func decode<Value: Decodable>(_ type: Value.Type, from request: HTTPRequest) async throws(ControlError)
        -> Value
    {
        let tooLarge = ControlError(.badInput, "The body is larger than \(ControlHandler.maximumBody) bytes.")
        if let announced = request.bodySequence.count, announced > ControlHandler.maximumBody { throw tooLarge }
        var body = Data()
        do {
            for try await part in request.bodySequence {
                body.append(part)
                if body.count > ControlHandler.maximumBody { break }
            }
        } catch {
            throw ControlError(.badRequest, "The body did not arrive whole.")
        }
        if body.count > ControlHandler.maximumBody { throw tooLarge }
        do {
            return try ControlJSON.decode(type, from: body)
        } catch {
            throw ControlError(.badRequest, "The body is not the JSON that this request needs: see docs/openapi.yaml.")
        }
    }
}

/// The body that marks several messages as read.
struct ReadMarks: Codable {
    var messages: [String]
}

extension ControlEvent {
    var frame: (name: String, value: any Encodable & Sendable) {
        switch self {
        case .received(let message): ("received", message)
        case .changed(let message): ("changed", message)
        }
    }
}

extension LookupProgress {
    var frame: (name: String, value: any Encodable & Sendable) {
        switch self {
        case .round(let result): ("round", result)
        case .finished(let result): ("finished", result)
        case .failed(let error): ("failed", ErrorBody(error: error))
        }
    }
}

extension HTTPRequest {
    fileprivate func parameter(_ name: String) -> String? { query.first { $0.name == name }?.value }
}

extension HTTPResponse {
    static func json(_ value: some Encodable, status: HTTPStatusCode = .ok) -> HTTPResponse {
        guard let body = try? ControlJSON.encode(value) else {
            return HTTPResponse(statusCode: .internalServerError)
        }
        return HTTPResponse(statusCode: status, headers: [.contentType: "application/json"], body: body + Data([10]))
    }

    static func failure(_ error: ControlError) -> HTTPResponse {
        .json(ErrorBody(error: error), status: error.code.status)
    }
}

extension ControlError.Code {
    /// The HTTP status that goes with the code (RFC 9110 §15).
    fileprivate var status: HTTPStatusCode {
        switch self {
        case .badRequest: .badRequest
        case .badInput: .unprocessableContent
        case .notFound: .notFound
        case .conflict: .conflict
        case .full, .storage: HTTPStatusCode(507, phrase: "Insufficient Storage")
        case .unavailable, .unreachable, .interrupted: .serviceUnavailable
        case .notPermitted: .forbidden
        case .internalError: .internalServerError
        }
    }
}
