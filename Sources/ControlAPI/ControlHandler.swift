import HTTPTransport

/// The routes of the control API (docs/openapi.yaml), each a few lines over the backend.
package struct ControlHandler: HTTPResponder {
    /// Bytes of a request's body: the largest text with every byte escaped as `\u00xx`, and room for the rest.
    package static let maximumBody = 6 * 65_536 + 8_192
    /// IDs in one request to mark messages as read.
    static let maximumIDs = 1_000
    /// Sent messages in one answer: some 200 kB, without their texts.
    static let maximumSent = 500
    /// How long a request may wait for a message's state. Clients ask again.
    static let maximumWait = 30
    /// The highest arrival number that JSON readers can tell from its neighbours.
    static let maximumNumber = 1 << 53

    let backend: any ControlBackend
    private let requests: Gate
    private let streams: Gate

    package init(backend: any ControlBackend, limits: ControlLimits) {
        self.backend = backend
        requests = Gate(limit: limits.requests)
        streams = Gate(limit: limits.streams)
    }

    package func answer(_ request: HTTPRequest) async -> HTTPAnswer {
        do throws(ControlError) {
            let place = try requests.enter()
            defer { withExtendedLifetime(place) {} }
            return try await fulfil(request)
        } catch {
            return .failure(error)
        }
    }

    package func answer(to refusal: HTTPRefusal) -> HTTPAnswer {
        let error: ControlError =
            switch refusal {
            case .malformed: ControlError(.badRequest, "This is no request of HTTP/1.1.")
            case .headTooLarge: ControlError(.tooLarge, "The request's head is too large: 16 kB are enough for any.")
            case .bodyTooLarge:
                ControlError(
                    .tooLarge, "The body is larger than \(ControlHandler.maximumBody) bytes: send less at once.")
            case .bodyIncomplete: ControlError(.badRequest, "The body did not arrive whole.")
            case .unknownMethod: ControlError(.badRequest, "HTTP has no such method.")
            case .unmetExpectation: ControlError(.badRequest, "The only expectation that is met is 100-continue.")
            }
        return .json(ErrorBody(error: error), status: refusal.status)
    }

    private func fulfil(_ request: HTTPRequest) async throws(ControlError) -> HTTPAnswer {
        guard let resource = ControlResource(path: request.components) else { throw notFound(request) }
        guard resource.methods.contains(request.method) else { return .notAllowed(request, resource) }
        let parameters = try Parameters(request, known: resource.parameters(request.method))
        return switch resource {
        case .health: HTTPAnswer(text: "ok\n")
        case .metrics: HTTPAnswer(text: try await backend.metrics(), type: "text/plain; version=0.0.4; charset=utf-8")
        case .status: .json(try await backend.status())
        case .nodes: .json(NodeList(nodes: try await backend.nodes()))
        case .identity: .json(try await backend.identity())
        case .oneself: try await oneself(request)
        case .introductions: try await introductions(request)
        case .peers: .json(PeerList(peers: try await backend.peers()))
        case .name(let name): try await setName(name, request)
        case .messages where request.method == "POST":
            .json(try await backend.send(newMessage(request)), status: 201)
        case .messages: try await InboxListing.page(inboxQuery(parameters), of: backend)
        case .readMarks: try await mark(names(request))
        case .deletions: .json(Deleted(deleted: try await backend.delete(names(request))))
        case .readMark(let name): try await mark([name])
        case .message(let name): try await delete(name)
        case .unopened where request.method == "DELETE":
            .json(Discarded(discarded: try await backend.discardUnopened()))
        case .unopened: .json(await backend.unopened())
        case .outbox: .json(MessageList(messages: try await sentMessages(parameters)))
        case .sent(let id) where request.method == "DELETE": .json(try await backend.cancel(id))
        case .sent(let id): .json(try await sentMessage(id, parameters))
        case .conversations: .json(try await conversations(parameters))
        case .conversation(let peer): .json(try await backend.deleteConversation(peer))
        case .history(let peer): .json(try await backend.conversation(conversationQuery(peer, parameters)))
        case .historyMessage(let peer, let position): try await delete(position, in: peer)
        case .standing(let peer): try await decide(request, about: peer)
        case .blocked: .json(BlockedList(peers: await backend.blockedPeers()))
        case .draft(let peer): try await draft(to: peer, request)
        case .drafts: .json(DraftList(drafts: await backend.drafts()))
        case .settings: try await settings(request)
        case .safety(let peer): try await safety(peer, request)
        case .lookup: try await lookUp(target(parameters))
        case .events: try await watch(request, parameters)
        case .shutdown: shutDown()
        case .web where request.method == "DELETE": .json(WebEnd(ended: try await backend.endWeb()))
        case .web: .json(try await backend.webLink(), status: 201)
        }
    }

    private func lookUp(_ target: String) async throws(ControlError) -> HTTPAnswer {
        let place = try streams.enter()
        return EventStreams.lookup(try await backend.lookup(target), holding: place)
    }

    /// `Last-Event-ID` is what a reader sends when it reconnects (HTML Living Standard §9.2.4); `since` is for the
    /// first time.
    private func watch(_ request: HTTPRequest, _ parameters: Parameters) async throws(ControlError) -> HTTPAnswer {
        var since = try parameters.integer("since", in: 0...ControlHandler.maximumNumber)
        var isResumed = false
        if let text = request.header("last-event-id"), !text.isEmpty {
            guard let number = Int(text), (0...ControlHandler.maximumNumber).contains(number) else {
                throw ControlError(.badRequest, "Last-Event-ID is a number, as events have it.")
            }
            since = number
            isResumed = true
        }
        let place = try streams.enter()
        let watch = await backend.watch()
        let last = await backend.lastArrival()
        // A number that no message has yet is from another store: waiting for it would miss the messages before it.
        return EventStreams.messages(
            since: min(since ?? last, last), isResumed: isResumed, isForeign: (since ?? last) > last, watch,
            of: backend, holding: place)
    }

    private func mark(_ names: [String]) async throws(ControlError) -> HTTPAnswer {
        try await backend.markRead(names)
        return HTTPAnswer(status: 204)
    }

    private func delete(_ name: String) async throws(ControlError) -> HTTPAnswer {
        guard try await backend.delete([name]) > 0 else {
            throw ControlError(.notFound, "There is no message \(quoted(name)) in the inbox.")
        }
        return HTTPAnswer(status: 204)
    }

    /// The answer leaves before the daemon begins to end: it would end the connection as well.
    private func shutDown() -> HTTPAnswer {
        var answer = HTTPAnswer.json(["state": "stopping"], status: 202)
        answer.whenSent = { [backend] in await backend.shutDown() }
        return answer
    }

    private func newMessage(_ request: HTTPRequest) throws(ControlError) -> NewMessage {
        let message = try request.decode(NewMessage.self)
        guard !message.isBlank else { throw ControlError(.badRequest, "The text is empty: write something.") }
        return message
    }

    private func sentMessage(_ id: String, _ parameters: Parameters) async throws(ControlError) -> SentMessage {
        let seconds = try parameters.integer("wait", in: 0...ControlHandler.maximumWait) ?? 0
        let goal = try parameters.choice("until", of: DeliveryGoal.self)
        return try await backend.sentMessage(
            id, reaching: goal ?? .queued, patience: goal == nil ? .zero : .seconds(seconds))
    }

    private func sentMessages(_ parameters: Parameters) async throws(ControlError) -> [SentMessage] {
        let limit = try parameters.integer("limit", in: 1...ControlHandler.maximumSent) ?? ControlHandler.maximumSent
        return try await backend.sentMessages(after: parameters["after"], limit: limit)
    }

    private func names(_ request: HTTPRequest) throws(ControlError) -> [String] {
        let names = try request.decode(MessageNames.self).messages
        guard names.count <= ControlHandler.maximumIDs else {
            throw ControlError(.badInput, "At most \(ControlHandler.maximumIDs) messages can be named at once.")
        }
        return names
    }

    private func target(_ parameters: Parameters) throws(ControlError) -> String {
        guard let target = parameters["target"] else {
            throw ControlError(.badRequest, "A lookup needs ?target= and a peer ID or 64 hexadecimal digits.")
        }
        return target
    }

    private func notFound(_ request: HTTPRequest) -> ControlError {
        ControlError(.notFound, "There is no \(request.method) \(quoted(request.path)) in this API.")
    }

    private func inboxQuery(_ parameters: Parameters) throws(ControlError) -> InboxQuery {
        let limit = try parameters.integer("limit", in: 1...InboxQuery.maximumLimit) ?? InboxQuery.maximumLimit
        let since = try parameters.integer("since", in: 0...ControlHandler.maximumNumber)
        guard since == nil || parameters["after"] == nil else {
            throw ControlError(
                .badRequest, "after follows conversations and since follows the order of arrival: give one of them.")
        }
        return InboxQuery(
            from: parameters["from"], unreadOnly: try parameters.flag("unread") ?? false, after: parameters["after"],
            since: since, limit: limit)
    }
}

extension NewMessage {
    /// Whether there is nothing to be seen in the text.
    fileprivate var isBlank: Bool {
        text.unicodeScalars.allSatisfy { $0.properties.isWhitespace || $0.properties.isDefaultIgnorableCodePoint }
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

extension HTTPAnswer {
    /// JSON that is written already.
    static func written(json bytes: [UInt8], status: Int = 200) -> HTTPAnswer {
        HTTPAnswer(status: status, headers: [("Content-Type", "application/json")], body: .bytes(bytes))
    }

    package static func json(_ value: some Encodable, status: Int = 200) -> HTTPAnswer {
        guard let body = try? ControlJSON.encode(value) else { return HTTPAnswer(status: 500) }
        return .written(json: Array(body) + [10], status: status)
    }

    package static func failure(_ error: ControlError) -> HTTPAnswer {
        .json(ErrorBody(error: error), status: error.code.status)
    }

    /// RFC 9110 §15.5.6.
    static func notAllowed(_ request: HTTPRequest, _ resource: ControlResource) -> HTTPAnswer {
        let methods = resource.methods.joined(separator: ", ")
        let error = ControlError(.badRequest, "\(request.path) answers \(methods), not \(request.method).")
        var answer = HTTPAnswer.json(ErrorBody(error: error), status: 405)
        answer.headers.append(("Allow", methods))
        return answer
    }
}

extension ControlError.Code {
    /// The HTTP status that goes with the code (RFC 9110 §15).
    fileprivate var status: Int {
        switch self {
        case .badRequest: 400
        case .badInput: 422
        case .tooLarge: 413
        case .notFound: 404
        case .conflict: 409
        case .full, .storage: 507
        case .unavailable, .unreachable, .interrupted: 503
        case .notPermitted: 403
        case .internalError: 500
        }
    }
}
