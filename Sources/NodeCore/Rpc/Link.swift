import Basics
import Cryptography
import Exchange
import Sessions
import Storage
import Wire

/// The sessions with other nodes and clients: what comes over them is read here, and answers and hellos are sent.
///
/// It alone reads headers. Answers that promise something wait here until that is durable.
struct Link {
    private var sessions: SessionTable
    private var clients = ClientIdentities()
    private var deferred = DeferredReplies()

    init(secret: SecretKey, _ configuration: NodeConfiguration, suite: CipherSuite, seed: Bytes32) {
        sessions = SessionTable(
            node: secret, mode: configuration.mode, network: configuration.network, suite: suite, seed: seed,
            remotes: configuration.identities)
    }

    // MARK: What comes in

    /// Reads a datagram into `plaintext`.
    mutating func receive(
        _ datagram: RawSpan, from endpoint: Endpoint, plaintext: inout ByteWriter, _ turn: inout Turn
    ) -> Received {
        useUpLimits(turn)
        let received = sessions.receive(
            datagram, over: .direct(endpoint), now: turn.now.monotonic, plaintext: &plaintext,
            into: &turn.datagrams)
        turn.activity.record(received, of: datagram)
        turn.activity.take(&sessions.handshakeOutcomes)
        turn.activity.take(&sessions.pathOutcomes)
        return received
    }

    /// As a flood of datagrams would at any time.
    @inline(__always)
    private mutating func useUpLimits(_ turn: Turn) {
        if turn.buggifies(.cookieWithoutLoad) { sessions.useUp(.initiations, at: turn.now.monotonic) }
        if turn.buggifies(.hintsUsedUp) { sessions.useUp(.hints, at: turn.now.monotonic) }
        if turn.buggifies(.hellosUsedUp) { sessions.useUp(.helloAnswers, at: turn.now.monotonic) }
    }

    /// Counts the marks reached since the last call.
    mutating func drainMarks(into marks: inout Marks) { marks.drain(&sessions.marks) }

    /// The other endpoint that the other side of a handshake just read states of itself; given once.
    mutating func nextStatement() -> (from: SessionInfo, endpoint: Endpoint)? {
        guard let (session, endpoint) = sessions.takeAlternate(), let info = sessions.info(session) else { return nil }
        return (info, endpoint)
    }

    /// What is known of a session, or nil where it is gone.
    func info(_ session: SessionID) -> SessionInfo? { sessions.info(session) }

    // MARK: Requests

    /// Sends a request, or sends it again.
    ///
    /// Clients are told of mail over the session that they have opened, or not at all: they may be anywhere by now.
    mutating func send(_ pending: PendingRequest, payload: [UInt8], _ turn: inout Turn) -> SendOutcome {
        guard !pending.request.goesToClient || serves(pending.contact.id, now: turn.now.monotonic) else {
            return .impossible
        }
        turn.scratch.body.reset()
        pending.request.encode(
            requestID: pending.id, payload: payload.span.bytes, into: &turn.scratch.body)
        if pending.request == .ping, pending.identity == .node {
            let path = path(as: .node, with: pending.contact.id) ?? pending.path
            stateAlternate(to: path.endpoint, in: &turn.scratch.body)
        }
        guard !turn.scratch.body.overflowed else { return .impossible }
        let now = turn.now.monotonic
        return turn.withBody { bytes, outbox in
            sessions.sendRequest(
                bytes, kind: .request(pending.request.kind), requestID: pending.id, as: pending.identity,
                to: pending.contact.key, id: pending.contact.id, over: pending.path, now: now, into: &outbox.datagrams)
        }
    }

    /// Appends to a ping, or to the answer to one, the endpoint of this node that a node at `endpoint` can't see.
    private func stateAlternate(to endpoint: Endpoint, in body: inout ByteWriter) {
        guard sessions.mode == .server, let alternate = sessions.ownEndpoints.endpoint(toldTo: endpoint) else { return }
        body.alternate(alternate)
    }

    // MARK: Hellos

    /// Asks which node is at an address; false if that has been asked often enough. `isAttested`: a node in between has just seen it
    /// there.
    mutating func sendHello(
        _ nonce: UInt64, to endpoint: Endpoint, isAttested: Bool = false, _ turn: inout Turn
    ) -> Bool {
        sessions.sendHello(
            nonce: nonce, to: endpoint, isAttested: isAttested, now: turn.now.monotonic, into: &turn.datagrams)
    }

    /// The same from the second port.
    mutating func sendProbe(_ nonce: UInt64, to endpoint: Endpoint, _ turn: inout Turn) -> Bool {
        sessions.sendHello(nonce: nonce, to: endpoint, now: turn.now.monotonic, into: &turn.probes)
    }

    /// A hello that was sent so often has been answered from where it went.
    mutating func observeHelloAnswer(from endpoint: Endpoint, after sends: Int) {
        sessions.recordHelloAnswer(from: endpoint, after: sends)
    }

    // MARK: Answers of this node's

    /// Sends an answer, or a refusal where it would be longer than what an unproven address may get.
    mutating func answer(_ response: Response, to header: RPCHeader, over carrier: ReplyCarrier, _ turn: inout Turn) {
        turn.scratch.body.reset()
        response.encode(answering: header, into: &turn.scratch.body)
        turn.activity.record(response, to: header)
        sendAnswer(to: header, over: carrier, &turn)
    }

    /// Sends an answer whose request has come earlier.
    mutating func answer(_ answer: LateAnswer, _ turn: inout Turn) {
        turn.scratch.body.reset()
        answer.response.encode(
            answering: answer.header, payload: answer.payload.span.bytes, into: &turn.scratch.body)
        turn.activity.record(answer.response, to: answer.header)
        sendAnswer(to: answer.header, over: answer.carrier, &turn)
    }

    /// Sends the answer that is in `Scratch.body`.
    mutating func sendAnswer(to header: RPCHeader, over carrier: ReplyCarrier, _ turn: inout Turn) {
        guard !turn.scratch.body.overflowed,
            turn.scratch.body.count <= sessions.maximumReply(over: carrier)
        else {
            turn.mark(.answerTooLongForUnproven)
            postpone(carrier, &turn)
            return
        }
        let now = turn.now.monotonic
        let kind: Traffic.Kind = header.kind.map { .answer($0) } ?? .other
        turn.withBody { bytes, outbox in
            _ = sessions.reply(bytes, as: kind, over: carrier, now: now, into: &outbox.datagrams)
        }
        if let kind = header.kind { turn.activity.record(.served(kind)) }
    }

    /// Answers a ping over a session with a node at an endpoint. `place`: where the ping came from.
    ///
    /// `challenge`: the number by which it asks whether this node is reached. That is repeated only where it came over the session's own path:
    /// whoever sends it on from elsewhere must not pass for this node. Likewise where its sender is seen elsewhere is said over that path alone.
    mutating func answerPing(
        from endpoint: Endpoint, seenAt place: Endpoint, _ challenge: UInt64?, to header: RPCHeader,
        over carrier: ReplyCarrier, _ turn: inout Turn
    ) {
        turn.activity.record(Response.pong(observed: endpoint, time: turn.now.utc), to: header)
        guard place != endpoint, case .transport(let session) = carrier else {
            writePong(to: endpoint, challenge, answering: header, &turn)
            return sendAnswer(to: header, over: carrier, &turn)
        }
        let now = turn.now.monotonic
        writePong(to: place, nil, answering: header, &turn)
        turn.withBody { bytes, outbox in
            sessions.replyElsewhere(
                bytes, as: .answer(.ping), over: session, along: .direct(place), now: now, into: &outbox.datagrams)
        }
        writePong(to: endpoint, nil, answering: header, &turn)
        turn.withBody { bytes, outbox in
            sessions.replyOverOwnPath(bytes, as: .answer(.ping), over: session, now: now, into: &outbox.datagrams)
        }
        turn.activity.record(.served(.ping))
    }

    /// Writes the answer to a ping into `Scratch.body`.
    private mutating func writePong(
        to endpoint: Endpoint, _ challenge: UInt64?, answering header: RPCHeader, _ turn: inout Turn
    ) {
        let pong = Response.pong(observed: endpoint, time: turn.now.utc)
        turn.scratch.body.reset()
        pong.encode(answering: header, into: &turn.scratch.body)
        stateAlternate(to: endpoint, in: &turn.scratch.body)
        if let challenge { turn.scratch.body.challenge(challenge) }
    }

    /// Answers with as many of `Scratch.contacts` as there is room for.
    mutating func answerContacts(to header: RPCHeader, over carrier: ReplyCarrier, _ turn: inout Turn) {
        let room = sessions.maximumReply(over: carrier) - Link.contactsOverhead
        turn.scratch.fillItems(room: room)
        turn.scratch.writeBody(.contacts(turn.scratch.items.range), answering: header)
        sendAnswer(to: header, over: carrier, &turn)
    }

    /// Bytes of an answer beside the contacts: the RPC header, the outcome and the head of their field.
    private static let contactsOverhead = RPCHeader.byteCount + 4 + 3

    /// The carrier for an answer that comes later, or never. A handshake is finished without one: it can't wait.
    @discardableResult
    mutating func postpone(_ carrier: ReplyCarrier, _ turn: inout Turn) -> ReplyCarrier {
        if case .handshake = carrier {
            _ = sessions.reply(
                RawSpan(), as: .other, over: carrier, now: turn.now.monotonic, into: &turn.datagrams)
        }
        return sessions.laterCarrier(of: carrier)
    }

    /// Holds an answer back until its write is on disk. Where too many wait, one of the account that waits for most gets none: what
    /// it brought is written nevertheless, and it asks again.
    mutating func answer(
        _ response: Response, after ticket: Ticket, to header: RPCHeader, over carrier: ReplyCarrier, _ turn: inout Turn
    ) {
        let busy = Response.refused(.busy, retryAfterSeconds: Limits.retryAfterBusy)
        let account = sessions.info(carrier.session).map { Account.block(of: $0.endpoint) } ?? .unknown
        guard deferred.hasRoom(for: account), !turn.buggifies(.answerHeldBack) else {
            turn.mark(.deferredAnswersFull)
            return answer(busy, to: header, over: carrier, &turn)
        }
        let later = postpone(carrier, &turn)
        let reply = DeferredReplies.Reply(
            ticket: ticket, header: header, carrier: later, response: response, account: account)
        guard let leaving = deferred.append(reply) else { return }
        turn.mark(.deferredAnswersFull)
        answer(busy, to: leaving.header, over: leaving.carrier, &turn)
    }

    /// The writes up to `ticket` are on disk, or have failed: gives the answers that waited for them.
    mutating func handleCommit(through ticket: Ticket, _ result: CommitResult, _ turn: inout Turn) {
        for reply in deferred.remove(through: ticket) {
            if result != .committed { turn.mark(.answerOfLostWrite) }
            let response =
                result == .committed
                ? reply.response : .refused(.nodeFull, retryAfterSeconds: Limits.retryAfterNodeFull)
            answer(response, to: reply.header, over: reply.carrier, &turn)
        }
    }

    // MARK: Sessions

    /// How this node takes part. Handshakes state it, and a node whose session is older learns of a change by its next
    /// request.
    var mode: NodeMode { sessions.mode }

    mutating func become(_ mode: NodeMode) { sessions.mode = mode }

    /// What was limited for want of answers is free again, as the way out may be another.
    mutating func startOver(now: Instant) { sessions.startOver(now: now) }

    /// What this node tells of itself: where others see it, and in which families they don't reach it there.
    mutating func setOwnEndpoints(ipv4: Endpoint?, ipv6: Endpoint?, hidden: AddressFamilies) {
        sessions.ownEndpoints.ipv4 = ipv4
        sessions.ownEndpoints.ipv6 = ipv6
        sessions.ownEndpoints.hidden = hidden
    }

    /// Addresses of this machine's own, of which contacts are told.
    mutating func setOwnCandidates(_ candidates: [Endpoint]) { sessions.ownEndpoints.candidates = candidates }

    /// Whether there is a session with a contact that a check would go over.
    func serves(_ node: NodeID, as identity: IdentityID = .node, now: Instant) -> Bool {
        sessions.serves(node, as: identity, now: now)
    }

    /// Whether there is a session with a node. For closures, which would copy a link to read it: so it is `inout`,
    /// though nothing changes.
    @inline(never)
    static func hasSession(with node: NodeID, over link: inout Link) -> Bool { link.hasSession(with: node) }

    /// Whether there is a session with a node under an identity.
    func hasSession(as identity: IdentityID = .node, with node: NodeID) -> Bool {
        sessions.established(as: identity, with: node) != nil
    }

    /// The path of the session with a node under an identity; nil where there is none.
    func path(as identity: IdentityID, with node: NodeID) -> Path? {
        sessions.established(as: identity, with: node).flatMap { sessions.info($0)?.path }
    }

    /// The other side of a session with a node, where it is now; nil where there is none.
    func contact(with node: NodeID) -> Contact? {
        sessions.established(as: .node, with: node).flatMap { sessions.info($0) }
            .map { Contact(id: $0.remoteID, key: $0.remoteKey, endpoint: $0.endpoint) }
    }

    /// The other sides of the sessions that requests under the node's own key go over, those heard last first.
    func inUse() -> [Contact] {
        sessions.inUse(as: .node).map { Contact(id: $0.remoteID, key: $0.remoteKey, endpoint: $0.endpoint) }
    }

    /// The path of the session with a node, and whether the node is seen elsewhere at present.
    func sessionPath(to node: NodeID) -> SessionPath? {
        sessions.established(as: .node, with: node).flatMap { sessions.path(of: $0) }
    }

    /// Sessions that go over another path since the last call.
    mutating func takeMoved() -> [SessionMove] { sessions.takeMoved() }

    /// Whether we reached the other side without its help: nothing had come to us from its address before.
    func isOwnDial(_ info: SessionInfo) -> Bool {
        info.isDial && !sessions.wasOpened(from: info.endpoint)
    }

    /// Whether something came over a session from an endpoint's address so lately that a NAT there may let in what this node
    /// sends.
    func hasHeard(from endpoint: Endpoint, now: Instant) -> Bool {
        sessions.hasHeard(from: endpoint, within: Limits.natMemory, now: now)
    }

    /// What a session with a node under an identity is bound to, which its owner signs; nil where there is no session.
    func channelBinding(as identity: IdentityID, with node: NodeID) -> Digest512? {
        sessions.established(as: identity, with: node).flatMap { sessions.info($0)?.channelBinding }
    }

    /// The identity for a purpose at a location.
    mutating func client(for purpose: Purpose, at location: Location, _ turn: inout Turn) -> IdentityID {
        clients.identity(for: purpose, at: location, sessions: &sessions, &turn)
    }

    /// Whether something came to the key that was made for reading a mailbox.
    func reads(_ mailbox: MailboxID, as identity: IdentityID) -> Bool {
        clients.isIdentity(identity, for: .collect, at: mailbox)
    }

    /// Whether something came to the key that was made for bringing mail to a mailbox.
    func deposits(in mailbox: MailboxID, as identity: IdentityID) -> Bool {
        clients.isIdentity(identity, for: .deposit, at: mailbox)
    }

    /// Ends the sessions whose time is over, and repeats the challenges that are due. Returns those that are gone: what was kept for them can be forgotten.
    mutating func endSessions(_ turn: inout Turn) -> [SessionID] {
        sessions.handleDeadline(now: turn.now.monotonic)
        sessions.repeatChallenges(now: turn.now.monotonic, into: &turn.datagrams)
        turn.activity.take(&sessions.handshakeOutcomes)
        turn.activity.take(&sessions.pathOutcomes)
        return sessions.takeEnded()
    }

    // MARK: What it tells

    /// When a session or handshake has lasted long enough.
    var nextDeadline: Instant? { sessions.nextDeadline }
    /// Sessions with other nodes and clients.
    var count: Int { sessions.counts.sessions }
    /// Bytes of the room reserved.
    var memory: Int { sessions.memory }

    /// Traps where something that holds between any two calls doesn't. For tests.
    func checkInvariants() {
        sessions.checkInvariants()
        precondition(deferred.count <= Limits.deferredAnswers)
    }
}
