import FlyingFox
import Foundation

/// The routes of the control API (docs/openapi.yaml), each a few lines over the backend.
struct ControlHandler: HTTPHandler {
    /// Bytes of a request's body: the largest text with every byte escaped as `\u00xx`, and room for the rest.
    static let maximumBody = 6 * 65_536 + 8_192
    /// IDs in one request to mark messages as read.
    static let maximumIDs = 1_000
    /// Sent messages in one answer: some 200 kB, without their texts.
    static let maximumSent = 500
    /// How long a request may wait for a message's state. Clients ask again.
    static let maximumWait = 30

    let backend: any ControlBackend
    private let requests: Gate
    private let streams: Gate

    init(backend: any ControlBackend, limits: ControlLimits) {
        self.backend = backend
        requests = Gate(limit: limits.requests)
        streams = Gate(limit: limits.streams)
    }

    func handleRequest(_ request: HTTPRequest) async -> HTTPResponse {
        do throws(ControlError) {
            try requests.enter()
            defer { requests.leave() }
            return try await answer(request)
        } catch {
            return .failure(error)
        }
    }

    private func answer(_ request: HTTPRequest) async throws(ControlError) -> HTTPResponse {
        guard let resource = ControlResource(path: request.path) else { throw notFound(request) }
        guard resource.methods.contains(request.method) else { return .notAllowed(request, resource) }
        return switch resource {
        case .health: .text("ok\n", type: "text/plain; charset=utf-8")
        case .metrics: .text(try await backend.metrics(), type: "text/plain; version=0.0.4; charset=utf-8")
        case .status: .json(try await backend.status())
        case .nodes: .json(NodeList(nodes: try await backend.nodes()))
        case .peers: .json(PeerList(peers: try await backend.peers()))
        case .messages where request.method == .POST:
            .json(try await backend.send(decode(NewMessage.self, from: request)), status: .created)
        case .messages: .json(MessageList(messages: try await backend.receivedMessages(inboxQuery(request))))
        case .readMarks: try await mark(names(request))
        case .deletions: .json(Deleted(deleted: try await backend.delete(names(request))))
        case .readMark(let name): try await mark([name])
        case .message(let name): try await delete(name)
        case .unopened where request.method == .DELETE: .json(Discarded(discarded: await backend.discardUnopened()))
        case .unopened: .json(await backend.unopened())
        case .outbox: .json(MessageList(messages: try await sentMessages(request)))
        case .sent(let id) where request.method == .DELETE: .json(try await backend.cancel(id))
        case .sent(let id): .json(try await sentMessage(id, request))
        case .lookup: try await lookUp(target(request))
        case .events: try await watch()
        case .shutdown: await shutDown()
        }
    }

    private func lookUp(_ target: String) async throws(ControlError) -> HTTPResponse {
        try streams.enter()
        do throws(ControlError) {
            let steps = try await backend.lookup(target)
            return .events(ServerSentEvents(of: steps, whenEnded: streams.leave) { $0.frame })
        } catch {
            streams.leave()
            throw error
        }
    }

    private func watch() async throws(ControlError) -> HTTPResponse {
        try streams.enter()
        return .events(ServerSentEvents(of: await backend.events(), whenEnded: streams.leave) { $0.frame })
    }

    private func mark(_ names: [String]) async throws(ControlError) -> HTTPResponse {
        try await backend.markRead(names)
        return HTTPResponse(statusCode: .noContent)
    }

    private func delete(_ name: String) async throws(ControlError) -> HTTPResponse {
        guard try await backend.delete([name]) > 0 else {
            throw ControlError(.notFound, "There is no message \(name) in the inbox.")
        }
        return HTTPResponse(statusCode: .noContent)
    }

    private func shutDown() async -> HTTPResponse {
        await backend.shutDown()
        return .json(["state": "stopping"], status: .accepted)
    }

    private func sentMessage(_ id: String, _ request: HTTPRequest) async throws(ControlError) -> SentMessage {
        let (goal, patience) = try wait(request)
        return try await backend.sentMessage(id, reaching: goal, patience: patience)
    }

    private func sentMessages(_ request: HTTPRequest) async throws(ControlError) -> [SentMessage] {
        let range = 1...ControlHandler.maximumSent
        let limit = try integer("limit", in: range, of: request) ?? ControlHandler.maximumSent
        return try await backend.sentMessages(after: request.parameter("after"), limit: limit)
    }

    private func names(_ request: HTTPRequest) async throws(ControlError) -> [String] {
        let names = try await decode(MessageNames.self, from: request).messages
        guard names.count <= ControlHandler.maximumIDs else {
            throw ControlError(.badInput, "At most \(ControlHandler.maximumIDs) messages can be named at once.")
        }
        return names
    }

    private func target(_ request: HTTPRequest) throws(ControlError) -> String {
        guard let target = request.parameter("target") else {
            throw ControlError(.badRequest, "A lookup needs ?target= and a peer ID or 64 hexadecimal digits.")
        }
        return target
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
        let tooLarge = ControlError(
            .tooLarge, "The body is larger than \(ControlHandler.maximumBody) bytes: send less at once.")
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

/// The body that names several received messages, by their IDs or positions.
struct MessageNames: Codable {
    var messages: [String]
}

/// How many messages were deleted.
struct Deleted: Codable {
    var deleted: Int
}

/// How many envelopes were thrown away.
struct Discarded: Codable {
    var discarded: Int
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

    static func text(_ text: String, type: String) -> HTTPResponse {
        HTTPResponse(statusCode: .ok, headers: [.contentType: type], body: Data(text.utf8))
    }

    static func failure(_ error: ControlError) -> HTTPResponse {
        .json(ErrorBody(error: error), status: error.code.status)
    }

    /// RFC 9110 §15.5.6.
    static func notAllowed(_ request: HTTPRequest, _ resource: ControlResource) -> HTTPResponse {
        let methods = resource.methods.map(\.rawValue).joined(separator: ", ")
        let error = ControlError(.badRequest, "\(request.path) answers \(methods), not \(request.method.rawValue).")
        var response = HTTPResponse.json(ErrorBody(error: error), status: .methodNotAllowed)
        response.headers[HTTPHeader("Allow")] = methods
        return response
    }
}

extension ControlError.Code {
    /// The HTTP status that goes with the code (RFC 9110 §15).
    fileprivate var status: HTTPStatusCode {
        switch self {
        case .badRequest: .badRequest
        case .badInput: .unprocessableContent
        case .tooLarge: .payloadTooLarge
        case .notFound: .notFound
        case .conflict: .conflict
        case .full, .storage: HTTPStatusCode(507, phrase: "Insufficient Storage")
        case .unavailable, .unreachable, .interrupted: .serviceUnavailable
        case .notPermitted: .forbidden
        case .internalError: .internalServerError
        }
    }
}
