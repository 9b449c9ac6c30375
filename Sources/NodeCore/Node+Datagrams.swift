import Basics
import Sessions
import Storage
import Wire

extension Node {
    /// Takes in one datagram, whatever it holds: garbage is dropped, and nothing in it can stop the node.
    ///
    /// The flow: `Link` decrypts into `plaintext`; a request is answered by `serve`, a response goes to the operation or check
    /// that asked. No allocation in steady state.
    public mutating func handleDatagram(
        _ bytes: RawSpan, from endpoint: Endpoint, now: Now, into outbox: inout Outbox
    ) {
        beginTurn(&outbox, now)
        // Out of the turn, as it is read while the turn is written.
        var plaintext = ByteWriter(capacity: 0)
        swap(&plaintext, &outbox.scratch.plaintext)
        let received = link.receive(bytes, from: endpoint, plaintext: &plaintext, &outbox)
        if let (sender, alternate) = link.nextStatement() {
            routing.observeStatement(of: alternate, by: sender, families: reach.families, now: now)
        }
        if received.isAuthentic {
            observeArrival(from: endpoint, &outbox)
        } else {
            reach.observeUnproven(from: endpoint, now: now.monotonic)
        }
        if case .established = received { rpc.observeHandshake() }
        plaintext.withSpan { handle(received, $0, from: endpoint, &outbox) }
        followMoved(&outbox)
        swap(&plaintext, &outbox.scratch.plaintext)
        drainMarks(into: &outbox.marks)
        endTurn(&outbox)
    }

    private mutating func handle(
        _ received: Received, _ body: RawSpan, from endpoint: Endpoint, _ turn: inout Turn
    ) {
        switch received {
        case .request(let session, let carrier, let header):
            guard let sender = link.info(session) else { break }
            tap?(sender.remoteKey, body)
            observeElsewhere(endpoint, of: sender, turn)
            serve(body, header, from: sender, seenAt: endpoint, in: session, over: carrier, &turn)
            observeSender(sender, &turn)
        case .response(let session, let header), .established(let session, response: let header?):
            handleResponse(header, body, from: endpoint, in: session, &turn)
        case .challengeAnswered(let session):
            if let info = link.info(session) { observeElsewhere(endpoint, of: info, turn) }
        case .established(_, response: nil), .nothing: break
        case .proven(let session): if let sender = link.info(session) { observeSender(sender, &turn) }
        case .lost(let identity, let node):
            turn.mark(.sessionLostOnOtherSide)
            announcing.observeLoss(of: node, as: identity, &turn)
            resend(rpc.removeLost(to: node, as: identity), &turn)
        case .hello(let nonce):
            punching.observeHello(nonce, from: endpoint, &turn)
            keepWays(&turn)
        case .helloAnswer(let answer): handleHelloAnswer(answer, from: endpoint, &turn)
        }
    }

    /// Something of a session has come from an endpoint. Where that is another than the session's, a NAT there may let in what this node sends,
    /// and no session says so.
    private mutating func observeElsewhere(_ endpoint: Endpoint, of info: SessionInfo, _ turn: borrowing Turn) {
        if endpoint != info.endpoint { reach.observeUnproven(from: endpoint, now: turn.now.monotonic) }
    }

    /// All that knows another node by where its session went follows to where it goes now.
    mutating func followMoved(_ turn: inout Turn) {
        for move in link.takeMoved() {
            guard let info = link.info(move.session) else { continue }
            // A NAT there may still let in what this node sends.
            reach.observeUnproven(from: move.former.endpoint, now: turn.now.monotonic)
            reach.observeMove(to: info.endpoint)
            guard link.path(as: info.identity, with: info.remoteID) == info.path else { continue }
            punching.observeMove(of: info.remoteKey, from: move.former.endpoint, to: info.endpoint, &turn)
            // What went where nobody is any more. A session that goes back was away for a moment, and what was lost then is repeated in its time.
            if let seenAt = move.seenAt {
                resend(rpc.removeAstray(to: info.remoteID, as: info.identity, since: seenAt), &turn)
            }
            observeSender(info, &turn)
        }
    }

    private mutating func observeSender(_ info: SessionInfo, _ turn: inout Turn) {
        let directive = routing.observeSender(
            info, pings: { rpc.pings }, isPinged: { rpc.isPinging($0) }, now: turn.now)
        follow(directive, &turn)
    }

    private mutating func handleResponse(
        _ header: RPCHeader, _ body: RawSpan, from endpoint: Endpoint, in session: SessionID, _ turn: inout Turn
    ) {
        guard let info = link.info(session) else { return }
        observeElsewhere(endpoint, of: info, turn)
        guard let request = rpc.match(header, from: info) else { return turn.mark(.answerMatchesNothing) }
        let roundTrip = turn.now.monotonic - request.sentAt
        // From elsewhere it says nothing of the endpoint at which the table has it.
        if endpoint == info.endpoint {
            let directive = routing.observeAnswer(
                from: info, roundTrip: request.isTimed ? roundTrip : nil, isOwnDial: link.isOwnDial(info), now: turn.now
            )
            follow(directive, &turn)
        }
        guard let response = rpc.read(body, header, answering: request, over: info.path, &turn) else {
            return fail(request, &turn)
        }
        if case .pong(let observed, let time) = response {
            // Of somebody's copy it says where they are.
            if endpoint == info.endpoint { observe(observed, by: info.remoteID, at: endpoint, &turn) }
            observeTime(time, of: info, &turn)
            if let alternate = AlternateEndpoint.read(from: body) {
                routing.observeStatement(of: alternate, by: info, families: reach.families, now: turn.now)
            }
        }
        announcing.observeGrant(response, to: request, wanted: configuration.power.announcers, &turn)
        guard case .operation(let serial, let token) = request.owner else { return }
        let context = ResponseContext(
            sender: info.remoteID, mode: info.remoteMode, endpoint: info.endpoint, roundTrip: roundTrip,
            isTimed: request.isTimed, now: turn.now)
        operations.observe(response, body: body, to: token, of: serial, from: context)
        run(serial, &turn)
    }

    /// A node at an address reports the endpoint at which it sees this one.
    private mutating func observe(
        _ endpoint: Endpoint, by observer: NodeID, at address: Endpoint, _ turn: inout Turn
    ) {
        reach.observe(
            endpoint, by: observer, at: address, isOnly: routing.count < 2, now: turn.now.monotonic)
        followReach(&turn)
        observePlace(&turn)
    }

    private mutating func handleHelloAnswer(_ answer: HelloAnswer, from endpoint: Endpoint, _ turn: inout Turn) {
        if let question = joining.matchQuestion(answer, from: endpoint) {
            link.observeHelloAnswer(from: endpoint, after: 1)
            observeArrival(from: endpoint, &turn)
            if question.reason == .attempt, let pinned = question.pinned, pinned != answer.key {
                turn.mark(.strangerAtBootstrap)
            }
            if question.pinned == nil || question.pinned == answer.key { rpc.observeSmallAnswer(from: endpoint) }
            let contact = joining.observe(
                answer.key, answering: question, hasLiveContact: routing.hasLiveContact, isKnown: routing.isAlive,
                now: turn.now.monotonic)
            if let contact {
                if question.reason == .otherPart { otherPartWasFound(through: contact, &turn) }
                searchForSelf(through: [contact], &turn)
            }
        } else if let greeting = routing.match(answer, from: endpoint) {
            link.observeHelloAnswer(from: endpoint, after: greeting.attempt)
            observeArrival(from: endpoint, &turn)
            rpc.observeSmallAnswer(from: endpoint)
            observe(answer.observed, by: greeting.contact.id, at: endpoint, &turn)
            follow(routing.observeAnswer(to: greeting, in: answer.mode, from: endpoint, now: turn.now), &turn)
        } else if punching.observe(answer, from: endpoint, &turn) {
            link.observeHelloAnswer(from: endpoint, after: 1)
            observeArrival(from: endpoint, &turn)
        }
    }

    /// Takes in one datagram that came to the second port. Nothing but answers to this node's own dials is expected
    /// there: other nodes aren't told of that port, so that no NAT can have been opened towards it.
    public mutating func handleProbeDatagram(
        _ bytes: RawSpan, from endpoint: Endpoint, now: Now, into outbox: inout Outbox
    ) {
        guard let answer = HelloAnswer(bytes),
            let dial = reach.observeDialAnswer(answer, from: endpoint, now: now.monotonic)
        else { return }
        link.observeHelloAnswer(from: endpoint, after: dial.sends)
        guard dial.isToPass else { return }
        beginTurn(&outbox, now)
        _ = pass(answer.key, at: endpoint, &outbox)
        drainMarks(into: &outbox.marks)
        endTurn(&outbox)
    }

    // MARK: What the driver drains

    /// Whether `takeWrites` has anything to give.
    public var hasWrites: Bool { store.hasWrites }

    /// What must be committed now, in order, and the ticket to report with `handleCommit` when it is.
    public mutating func takeWrites() -> (writes: [StoreWrite], through: Ticket) { store.takeWrites() }

    /// Reports how the commit of all writes up to and including `ticket` ended; what waited for it is answered now.
    public mutating func handleCommit(
        through ticket: Ticket, _ result: CommitResult, now: Now, into outbox: inout Outbox
    ) {
        beginTurn(&outbox, now)
        let completed = store.complete(through: ticket, result)
        serving.commitEnded(isFollowed: store.hasWrites, now: now)
        if result != .committed {
            serving.observeFailure(result, now: now, store: store)
            repair.observeLoss(now: now.monotonic)
        }
        link.handleCommit(through: completed, result, &outbox)
        announcing.observeCommit(through: completed, result)
        announceMail(&outbox)
        announceCollected(&outbox)
        drainMarks(into: &outbox.marks)
        endTurn(&outbox)
    }
}
