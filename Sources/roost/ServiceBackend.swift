import Basics
import ControlAPI
import Cryptography
import RoostService
import WebPage

/// Presents a running node to the control API: reads IDs from text, and answers in the API's terms.
///
/// Each method turns errors into the API's by itself: a generic helper that takes an `async throws(ServiceError)` closure is
/// compiled into a jump to nowhere by Swift 6.3.
struct ServiceBackend: ControlBackend {
    let node: RoostNode
    let book: AddressBook
    let presentNames: PresentNames
    let stop: StopRequest
    let figures: Figures
    let web: WebServer
    let changes: ChangeLog

    func status() async throws(ControlError) -> StatusReport {
        do throws(ServiceError) { return try await node.status(version: Version.text) } catch {
            throw ControlError(error)
        }
    }

    func metrics() async throws(ControlError) -> String {
        await node.refreshMetrics()
        return figures.render()
    }

    func send(_ message: NewMessage) async throws(ControlError) -> SentMessage {
        let to: PeerID
        do throws(PeerIDTextError) {
            // The node makes sure that it is a valid key, and remembers it.
            to = try PeerID(unproven: message.to)
        } catch {
            throw ControlError(.badInput, error.description)
        }
        do throws(ServiceError) {
            return try await node.send(message.text, to: to, key: message.key).withoutText
        } catch {
            guard error.code != .peerBlocked else {
                throw ControlError(
                    .conflict, "You have blocked this peer: unblock them first, with `roost peers unblock`.")
            }
            throw ControlError(error)
        }
    }

    func sentMessage(
        _ id: String, reaching goal: DeliveryGoal, patience: Duration
    ) async throws(ControlError) -> SentMessage {
        let id = try messageID(id)
        do throws(ServiceError) {
            return try await node.waitForState(goal.state, of: id, timeout: patience)
        } catch {
            throw ControlError(error)
        }
    }

    func sentMessages(after: String?, limit: Int) async throws(ControlError) -> [SentMessage] {
        let after = try after.map { text throws(ControlError) in try messageID(text) }
        return await node.outbox(after: after, limit: limit).map(\.withoutText)
    }

    func cancel(_ id: String) async throws(ControlError) -> SentMessage {
        let id = try messageID(id)
        switch try await durably({ () async throws(ServiceError) in try await node.cancel(id) }) {
        case .cancelled: return try await sentMessage(id.hex, reaching: .queued, patience: .zero)
        case .tooLate(let state):
            throw ControlError(
                .conflict, "The message can't be cancelled any more: it is \(state.name).")
        case .unknown: throw ControlError(.notFound, "There is no message \(id) in the outbox.")
        }
    }

    func receivedMessages(_ query: InboxQuery) async throws(ControlError) -> [ReceivedMessage] {
        var filter = InboxFilter(
            unreadOnly: query.unreadOnly, since: query.since.map { UInt64(clamping: $0) }, limit: query.limit,
            textBytes: query.textBytes)
        filter.from = try query.from.map { text throws(ControlError) in try peer(text) }
        filter.after = try query.after.map { text throws(ControlError) in
            guard let position = InboxPosition(text: text) else {
                throw ControlError(.badInput, "after is the position of a message, as the inbox gives it.")
            }
            return position
        }
        let messages = await node.inbox(filter)
        let known = await acquaintances(messages.map(\.from))
        return messages.map { ReceivedMessage($0, known) }
    }

    func numbered(since number: Int, limit: Int) async -> [NumberedNotice] {
        await node.numberedMessages(since: UInt64(clamping: number), limit: limit).map { NumberedNotice($0) }
    }

    func lastArrival() async -> Int { Int(clamping: await node.lastArrival) }

    func markRead(_ names: [String]) async throws(ControlError) {
        let references = try references(names)
        let names = presentNames.names
        // Whoever asks to be heard learns nothing of it until they are.
        try await durably { () async throws(ServiceError) in
            try await node.markRead(references) { names.knows($0, who: $1) }
        }
    }

    func delete(_ names: [String]) async throws(ControlError) -> Int {
        let references = try references(names)
        return try await durably { () async throws(ServiceError) in try await node.delete(references) }
    }

    func unopened() async -> UnopenedReport { UnopenedReport(await node.unopened()) }

    func discardUnopened() async throws(ControlError) -> Int {
        try await durably { () async throws(ServiceError) in try await node.discardUnopened() }
    }

    func peers() async throws(ControlError) -> [PeerReport] {
        do throws(Failure) {
            return try book.reports()
        } catch {
            throw ControlError(.storage, error.sentence)
        }
    }

    func nodes() async -> [NodeReport] {
        await node.nodes().map { entry in
            NodeReport(
                node: entry.contact.id.hex, endpoint: entry.contact.place, bucket: entry.bucket,
                lastSeenSeconds: Int(entry.lastSeen.components.seconds),
                session: entry.session.map { $0.path.endpoint.description }, isMoving: entry.session?.isMoving)
        }
    }

    func lookup(_ target: String) async throws(ControlError) -> AsyncStream<LookupProgress> {
        let reports: AsyncThrowingStream<LookupReport, any Error>
        if let point = Bytes32(hex: target) {
            reports = await node.lookup(point)
        } else {
            let peer = try peer(target)
            do throws(ServiceError) { reports = try await node.lookup(peer) } catch { throw ControlError(error) }
        }
        return AsyncStream { continuation in
            let pump = Task {
                do {
                    var last: LookupResult?
                    for try await report in reports {
                        let result = LookupResult(report)
                        last = result
                        continuation.yield(.round(result))
                    }
                    if let last { continuation.yield(.finished(last)) }
                } catch let error as ServiceError {
                    continuation.yield(.failed(ControlError(error)))
                } catch {
                    continuation.yield(.failed(ControlError(.internalError, "The lookup failed: \(error)")))
                }
                continuation.finish()
            }
            continuation.onTermination = { _ in pump.cancel() }
        }
    }

    func watch() async -> MessageWatch {
        let (node, observer) = (node, RoostNode.NoticeObserver())
        let watch = MessageWatch { Task { await node.remove(observer) } }
        await node.add(observer) { [weak watch] notice in
            switch notice {
            case .received: watch?.arrived()
            case .changed(let message): watch?.changed(message)
            case .accepted: watch?.arrived()
            case .conversationChanged(let peer): watch?.conversationChanged(peer.text)
            case .draftChanged(let peer): watch?.draftChanged(peer.text)
            case .notAccepted: break
            case nil: watch?.end()
            }
        }
        return watch
    }

    func changes(since number: Int) async -> MissedChanges? {
        guard let found = changes.changes(since: number) else { return nil }
        return await MissedChanges(found) { [node] id in
            guard let id = MessageID(hex: id) else { return nil }
            return try? await node.message(id)
        }
    }

    func shutDown() async { stop.request("asked by the API") }
}

extension ServiceBackend {
    /// Has the node change something that it answers for once it is durable.
    func durably<Answer: Sendable>(
        _ change: () async throws(ServiceError) -> Answer
    ) async throws(ControlError) -> Answer {
        do throws(ServiceError) { return try await change() } catch { throw ControlError(error) }
    }

    func peer(_ text: String) throws(ControlError) -> PeerID {
        do throws(PeerIDTextError) {
            return try PeerID(text: text)
        } catch {
            throw ControlError(.badInput, error.description)
        }
    }

    private func references(_ names: [String]) throws(ControlError) -> [InboxReference] {
        var references: [InboxReference] = []
        for name in names {
            if let position = InboxPosition(text: name) {
                references.append(.position(position))
            } else {
                references.append(.message(try messageID(name)))
            }
        }
        return references
    }

    private func messageID(_ text: String) throws(ControlError) -> MessageID {
        guard let id = MessageID(hex: text) else {
            throw ControlError(.badInput, "A message's ID is 32 hexadecimal digits, as `roost outbox` prints them.")
        }
        return id
    }
}
