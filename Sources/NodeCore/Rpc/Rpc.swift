import Basics
import Cryptography
import Sessions
import Wire

/// The requests that this node has under way, their repetition, and how fast chunks may go.
///
/// It sends over a `Link` what it is asked to send, and returns the outcome. Which component needs the outcome is the
/// coordinator's affair.
struct Rpc {
    private let id: NodeID
    private var requests = RequestTable()
    private var pacer = Pacer()
    private var pathWatch = PathWatch()

    init(own id: NodeID) { self.id = id }

    // MARK: Answers

    /// The request that an answer is for, which is no longer pending then; nil if none matches.
    mutating func match(_ header: RPCHeader, from sender: SessionInfo) -> PendingRequest? {
        guard header.isResponse else { return nil }
        return requests.take(header.requestID, from: sender.remoteID, as: sender.identity)
    }

    /// Reads the answer to a request; nil where it is none.
    mutating func read(
        _ body: RawSpan, _ header: RPCHeader, answering request: PendingRequest, over path: Path,
        _ turn: inout Turn
    ) -> Response? {
        let kind = request.request.kind
        guard let response = try? Response.decode(body, after: header), header.kind == kind else {
            turn.activity.record(.asked(kind, .malformed))
            turn.mark(.answerMalformed)
            return nil
        }
        turn.activity.record(response, of: kind, after: turn.now.monotonic - request.sentAt)
        if request.request.carriesChunk {
            pathWatch.observeLargeAnswer()
        } else {
            pathWatch.observeSmallAnswer(over: path)
        }
        if request.isTimed { observePace(of: request, response, now: turn.now.monotonic) }
        return response
    }

    /// The last chunk's answer waits for a disk, and so tells no round trip.
    private mutating func observePace(of request: PendingRequest, _ response: Response, now: Instant) {
        guard request.request.carriesChunk else {
            // Uploads begin with a search under a key of their own; upkeep tells nothing about them.
            guard request.identity != .node else { return }
            return pacer.observeSmall(roundTrip: now - request.sentAt, to: request.contact.id, now: now)
        }
        pacer.observeAnswer(from: request.contact.id, sentAt: request.sentAt, now: now)
        guard case .partial = response else { return }
        pacer.observeRoundTrip(to: request.contact.id, sentAt: request.sentAt, now: now)
    }

    // MARK: Requests of this node's

    /// Sends a request to a contact at one of its endpoints, and waits for the answer; false where that can't be done.
    /// `timeout`: how long the answer may take.
    mutating func ask(
        _ request: Request, to contact: Contact, at endpoint: Endpoint?, as identity: IdentityID = .node,
        payload: [UInt8] = [], for owner: RequestOwner, timeout: Duration, over link: inout Link,
        _ turn: inout Turn
    ) -> Bool {
        let now = turn.now.monotonic
        if request.carriesChunk { pacer.recordSent(now: now) }
        guard let endpoint, !requests.isFull, contact.id != id, !turn.buggifies(.requestsFull) else {
            turn.activity.record(.asked(request.kind, .unsent))
            if endpoint != nil, contact.id != id { turn.mark(.requestsFull) }
            return false
        }
        var pending = PendingRequest(
            id: requests.makeID(&turn), owner: owner, contact: contact, path: .direct(endpoint),
            identity: identity,
            request: request, sentAt: now, isTimed: true,
            deadline: now + (turn.buggifies(.impatience) ? timeout / 8 : timeout), attempt: 1)
        switch link.send(pending, payload: payload, &turn) {
        case .sent, .carried: break
        // Where there is no room for it now it goes when it is repeated.
        case .queued, .full: pending.isTimed = false
        // Its address may not be asked for now, whatever the cause.
        case .withheld, .impossible:
            turn.activity.record(.asked(request.kind, .unsent))
            turn.mark(.requestWithheld)
            return false
        }
        if turn.buggifies(.requestSentTwice) {
            _ = link.send(pending, payload: payload, &turn)
            pending.isTimed = false
        }
        requests.insert(pending)
        return true
    }

    // MARK: Requests without an answer

    /// A request that has waited long enough, and is to be handed to `handleOverdue`; nil where there is none.
    mutating func nextOverdue(_ turn: inout Turn) -> PendingRequest? {
        while let request = requests.takeExpired(now: turn.now.monotonic) {
            guard request.owner == .nobody else { return request }
            turn.activity.record(.asked(request.request.kind, .abandoned))
        }
        return nil
    }

    /// What becomes of a request that has waited long enough, or has lost its session.
    enum Continuation {
        /// It was sent again, or is waited for a little longer.
        case underWay
        /// The same, and its operation is to hear that it is late.
        case late
        /// A check whose session turned out not to serve: a hello goes on, which was sent so often.
        case hello(attempt: Int)
        /// No answer came, at the endpoint of the session or, without one, where the request was sent; before that none
        /// at another endpoint.
        case silent(at: Endpoint, before: Endpoint?)
        /// It can't be sent again.
        case failed
    }

    /// Repeats or gives up a request that has waited long enough. `checks`: times that a check of its contact is sent.
    mutating func handleOverdue(
        _ overdue: PendingRequest, checks: Int, timeout: Duration, payload: [UInt8], families: AddressFamilies,
        over link: inout Link, _ turn: inout Turn
    ) -> Continuation {
        var request = overdue
        let isRepeatedByTransfer = isRepeatedByTransfer(request, over: link)
        let attempts = request.owner == .check ? checks : Limits.attempts
        guard isRepeatedByTransfer ? !request.isReported : request.attempt < attempts else {
            return giveUp(
                request, isRepeatedByTransfer: isRepeatedByTransfer, families: families, over: link, &turn)
        }
        if isRepeatedByTransfer {
            if request.isTimed, request.request.carriesChunk {
                pacer.observeLoss(at: request.contact.id, sentAt: request.sentAt, now: turn.now.monotonic)
            }
            // A late answer still counts.
            request.deadline = turn.now.monotonic + Limits.timeoutMaximum
            turn.mark(.requestOfTransferLate)
        } else {
            turn.mark(.requestRepeated)
            request.attempt += 1
            guard !isForHello(request, over: link, now: turn.now.monotonic) else {
                return .hello(attempt: request.attempt)
            }
            request.isTimed = false
            request.deadline = turn.now.monotonic + timeout * request.attempt
            // Where no session says otherwise, each repetition goes to the address family that the last didn't go to.
            if let other = request.contact.endpoint(otherThan: request.path.endpoint, in: families) {
                request.path = .direct(other)
                turn.mark(.requestTriesOtherFamily)
            }
            guard repeats(request, payload: payload, over: &link, &turn) else { return .failed }
        }
        request.isReported = isRepeatedByTransfer
        requests.insert(request)
        guard case .operation(_, let token) = request.owner else { return .underWay }
        return hasSession(for: request, over: link) || !token.isRepeatedByTransfer ? .late : .underWay
    }

    private mutating func giveUp(
        _ request: PendingRequest, isRepeatedByTransfer: Bool, families: AddressFamilies, over link: Link,
        _ turn: inout Turn
    ) -> Continuation {
        turn.activity.record(.asked(request.request.kind, .unanswered))
        let path = link.path(as: request.identity, with: request.contact.id)
        // Without a session it went in an initiation.
        if request.request.carriesChunk || path == nil { pathWatch.observeLoss(over: request.path) }
        guard !isRepeatedByTransfer else { return .underWay }
        if let path { return .silent(at: path.endpoint, before: nil) }
        let other = request.contact.endpoint(otherThan: request.path.endpoint, in: families)
        return .silent(at: request.path.endpoint, before: request.attempt > 1 ? other : nil)
    }

    /// Sends a request once more whose session the other side has lost, or which the network may have lost.
    mutating func resend(
        _ lost: PendingRequest, payload: [UInt8], over link: inout Link, _ turn: inout Turn
    ) -> Continuation {
        var request = lost
        guard request.owner != .nobody else {
            turn.activity.record(.asked(request.request.kind, .abandoned))
            return .underWay
        }
        guard !isForHello(request, over: link, now: turn.now.monotonic) else { return .hello(attempt: request.attempt) }
        request.isTimed = false
        guard repeats(request, payload: payload, over: &link, &turn) else { return .failed }
        requests.insert(request)
        return .underWay
    }

    /// Sends a request once more; false where that can't be done, so that it has failed.
    private func repeats(
        _ request: PendingRequest, payload: [UInt8], over link: inout Link, _ turn: inout Turn
    ) -> Bool {
        switch link.send(request, payload: payload, &turn) {
        case .sent, .carried, .queued, .full: return true
        case .withheld, .impossible:
            turn.activity.record(.asked(request.request.kind, .unsent))
            return false
        }
    }

    /// Whether it is a check whose session turned out not to serve: no other session is opened for it.
    private func isForHello(_ request: PendingRequest, over link: Link, now: Instant) -> Bool {
        request.owner == .check && !link.serves(request.contact.id, now: now)
    }

    /// Whether a transfer repeats what a request asked for by a new request. Not before there is a session: until then
    /// only the very same request repeats the handshake that carries it.
    private func isRepeatedByTransfer(_ request: PendingRequest, over link: Link) -> Bool {
        guard case .operation(_, let token) = request.owner else { return false }
        return token.isRepeatedByTransfer && hasSession(for: request, over: link)
    }

    private func hasSession(for request: PendingRequest, over link: Link) -> Bool {
        link.hasSession(as: request.identity, with: request.contact.id)
    }

    /// Removes the requests whose session with a node is lost, oldest first: they are to be sent again.
    mutating func removeLost(to node: NodeID, as identity: IdentityID) -> [PendingRequest] {
        requests.takeAll(to: node, as: identity)
    }

    /// Removes the requests that went since a time over a path where a node no longer is, oldest first: they are to be sent again.
    mutating func removeAstray(to node: NodeID, as identity: IdentityID, since time: Instant) -> [PendingRequest] {
        requests.takeSmall(to: node, as: identity, since: time)
    }

    /// Nothing that was measured before counts any more, as the way out may be another. Returns requests that are to be sent
    /// again, as if they had not been sent yet.
    mutating func startOver(now: Instant) -> [PendingRequest] {
        pacer.startOver(now: now)
        return requests.takeWaiting(Limits.requestsRepeated)
    }

    /// An operation has ended: its requests have no owner any more.
    mutating func abandonRequests(of operation: UInt64) { requests.disown(operation) }

    /// Pings under way that belong to no operation.
    var pings: Int { requests.pings }

    /// Whether a node is being pinged.
    func isPinging(_ node: NodeID) -> Bool { requests.isPinging(node) }

    // MARK: Chunks

    /// Whether a chunk may be sent now.
    func maySendChunk(now: Instant) -> Bool { pacer.hasRoom(now: now) }

    /// When those that wait may go on.
    var nextRoom: Instant { pacer.nextRoom }

    /// A chunk waits for its turn.
    mutating func observeHeldChunk() { pacer.recordHeld() }

    // MARK: Whether large datagrams arrive

    /// A handshake was answered: its initiation was large.
    mutating func observeHandshake() { pathWatch.observeLargeAnswer() }

    /// Something small has come from the node that it was expected from.
    mutating func observeSmallAnswer(from endpoint: Endpoint) {
        pathWatch.observeSmallAnswer(over: .direct(endpoint))
    }

    /// Whether large datagrams get lost. `known`: contacts that the node has.
    func losesLargeDatagrams(known: Int) -> Bool { pathWatch.losesLargeDatagrams(known: known) }

    // MARK: What it tells

    /// When a request has waited long enough.
    var nextDeadline: Instant? { requests.nextDeadline }
    /// Bytes of the room reserved.
    var memory: Int { requests.memory }

    /// Traps where something that holds between any two calls doesn't. For tests.
    func checkInvariants() { precondition(requests.pending.count <= Limits.requests) }
}
