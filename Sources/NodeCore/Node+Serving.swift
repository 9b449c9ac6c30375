import Basics
import Mailboxes
import Sessions
import Wire

// Others' requests.
extension Node {
    /// Answers one request. `place`: where it came from, which says nothing before that has proved itself. What it costs is charged to
    /// where the session is.
    mutating func serve(
        _ body: RawSpan, _ header: RPCHeader, from sender: SessionInfo, seenAt place: Endpoint, in session: SessionID,
        over carrier: ReplyCarrier, _ turn: inout Turn
    ) {
        let endpoint = sender.endpoint
        guard let request = decodeOrRefuse(body, header, over: carrier, &turn) else { return }
        if let substitute {
            turn.scratch.body.reset()
            if substitute(body, &turn.scratch.body) {
                return link.sendAnswer(to: header, over: carrier, &turn)
            }
        }
        guard serving.isPaid(request, body, over: carrier, from: endpoint, turn) else {
            turn.mark(.workRefused)
            return link.answer(
                .refused(.busy, retryAfterSeconds: Limits.retryAfterBusy), to: header, over: carrier, &turn)
        }
        let source = Source(session: session.number, endpoint: endpoint, isProven: sender.isProven)
        switch request {
        case .ping: servePing(body, header, from: sender, seenAt: place, over: carrier, &turn)
        case .findNode(let target, let count, let families):
            routing.closest(
                to: target, count: count, families: families, besides: sender.remoteID, in: endpoint.scope,
                into: &turn.scratch.contacts)
            if turn.buggifies(.fewerContacts) { _ = turn.scratch.contacts.popLast() }
            link.answerContacts(to: header, over: carrier, &turn)
        case .confirm(let key, let claimed, let asStranger):
            let answer = dialBack(key, at: claimed, asStranger: asStranger, for: sender, &turn)
            link.answer(answer, to: header, over: carrier, &turn)
        case .subscribe(let mailbox, let seconds):
            let answer = subscribe(sender.remoteID, to: mailbox, seconds: seconds, from: source, &turn)
            link.answer(answer, to: header, over: carrier, &turn)
        case .announce(let mailbox, let entries):
            let answer = announcing.observeAnnouncement(
                of: entries, in: mailbox, body, from: sender, isReader: link.reads(mailbox, as: sender.identity), &turn)
            give(answer, to: header, from: source, over: carrier, &turn)
        case .announceCollected(let mailbox, let tombstones):
            let isDepositor = link.deposits(in: mailbox, as: sender.identity)
            let answer = announcing.observeCollected(tombstones, body, isDepositor: isDepositor, &turn)
            link.answer(answer, to: header, over: carrier, &turn)
        case .punch(let mailbox, let offer, let asker):
            takeOffer(
                offer.copy(of: body), in: mailbox, asker: asker, from: sender, header, over: carrier, &turn)
        default:
            let query = ServingQuery(
                request: request, header: header, source: source, asker: sender.remoteID,
                isServer: sender.remoteMode == .server, family: endpoint.family,
                binding: sender.channelBinding)
            serveMail(query, body, over: carrier, &turn)
        }
    }

    /// The request in a body; nil where there is none, which is answered.
    private mutating func decodeOrRefuse(
        _ body: RawSpan, _ header: RPCHeader, over carrier: ReplyCarrier, _ turn: inout Turn
    ) -> Request? {
        do throws(DecodeError) {
            return try Request.decode(body, after: header)
        } catch {
            // A reserved RPC is unknown as well: a later version may serve it.
            let reason: RefusalReason = error == .unknownRPC ? .unknownRPC : .invalid
            turn.mark(error == .unknownRPC ? .rpcUnknown : .requestInvalid)
            link.answer(.refused(reason, retryAfterSeconds: 0), to: header, over: carrier, &turn)
            return nil
        }
    }

    private mutating func servePing(
        _ body: RawSpan, _ header: RPCHeader, from sender: SessionInfo, seenAt place: Endpoint,
        over carrier: ReplyCarrier, _ turn: inout Turn
    ) {
        if let alternate = AlternateEndpoint.read(from: body) {
            routing.observeStatement(of: alternate, by: sender, families: reach.families, now: turn.now)
        }
        let challenge = PathChallenge.read(from: body)
        link.answerPing(from: sender.endpoint, seenAt: place, challenge, to: header, over: carrier, &turn)
        if challenge != nil, place == sender.endpoint { observeChallenge(&turn) }
    }

    private mutating func subscribe(
        _ client: NodeID, to mailbox: MailboxID, seconds: UInt32, from source: Source, _ turn: inout Turn
    ) -> Response {
        if let refusal = serving.refusalToRead(mailbox, source, &turn) { return refusal }
        // Nobody brings anything to a node that others don't reach, or that is far away.
        guard responsibility.covers(mailbox, over: .both) else {
            return .refused(.notResponsible, retryAfterSeconds: 0)
        }
        return announcing.subscribe(client, to: mailbox, seconds: seconds, from: source, &turn)
    }

    private mutating func serveMail(
        _ query: ServingQuery, _ body: RawSpan, over carrier: ReplyCarrier, _ turn: inout Turn
    ) {
        // A closure, as most requests need none of it.
        let answer = serving.serve(
            query, body,
            responsibility: {
                routing.responsibility(
                    in: link.mode, networkSize: joining.networkSize(byContacts: routing.networkSize))
            }, store: &store, &turn)
        guard let answer else { return }
        announcing.observeServed(query, body, answer)
        give(answer, to: query.header, from: query.source, over: carrier, &turn)
    }

    private mutating func give(
        _ answer: ServingAnswer, to header: RPCHeader, from source: Source, over carrier: ReplyCarrier,
        _ turn: inout Turn
    ) {
        switch answer {
        case .response(let response): link.answer(response, to: header, over: carrier, &turn)
        case .written: link.sendAnswer(to: header, over: carrier, &turn)
        case .after(let ticket, let response): link.answer(response, after: ticket, to: header, over: carrier, &turn)
        case .nothing: link.postpone(carrier, &turn)
        case .person(let mailbox, let envelope, let bytes):
            let later = link.postpone(carrier, &turn)
            if !serving.hold(envelope, bytes, for: mailbox, from: source.account, header, over: later, &turn) {
                turn.mark(.deliveriesFull)
                link.answer(.refused(.busy, retryAfterSeconds: 1), to: header, over: later, &turn)
            }
        }
    }

    /// The answer to whether a node with a key can be reached at an endpoint: from what is known, or else after a dial.
    private mutating func dialBack(
        _ key: PublicKey, at endpoint: Endpoint, asStranger: Bool, for asker: SessionInfo, _ turn: inout Turn
    ) -> Response {
        let answer = reach.dialBack(
            key, at: endpoint, asStranger: asStranger, for: asker,
            isContact: routing.hasReached(key.nodeID, at: endpoint), now: turn.now.monotonic)
        switch answer {
        case .answer(let response):
            if turn.buggifies(.dialBackBusy) { return .refused(.busy, retryAfterSeconds: 0) }
            turn.mark(response.dialBackMark)
            return response
        case .dial:
            let own = key.nodeID == asker.remoteID && !asStranger ? key : nil
            let isDialled = dial(endpoint, for: asker.endpoint, about: own, &turn)
            turn.mark(isDialled ? .dialledForOther : .dialsUsedUp)
            return .refused(.busy, retryAfterSeconds: isDialled ? 0 : Limits.retryAfterBusy)
        case .pass: return pass(key, at: endpoint, &turn)
        }
    }

    /// Sends a hello from the second port; false where there have been enough. `own`: the key of the node that asks about
    /// itself, if that is who asks.
    mutating func dial(
        _ endpoint: Endpoint, for asker: Endpoint, about own: PublicKey? = nil, _ turn: inout Turn
    ) -> Bool {
        let (nonce, now) = (turn.randomness.next(), turn.now.monotonic)
        let hasHeard = link.hasHeard(from: endpoint, now: now)
        return reach.beginDial(to: endpoint, for: asker, about: own, hasHeard: hasHeard, nonce: nonce, now: now)
            && link.sendProbe(nonce, to: endpoint, &turn)
    }

    /// Asks another node whether it reaches a node that asks about itself, and that this one reaches. Where there is none to ask,
    /// what this one has found counts: in a small network everybody has met everybody.
    mutating func pass(_ key: PublicKey, at endpoint: Endpoint, _ turn: inout Turn) -> Response {
        guard reach.beginPassing(endpoint, now: turn.now.monotonic) else {
            return .refused(.busy, retryAfterSeconds: Limits.retryAfterBusy)
        }
        let subject = Contact(id: key.nodeID, key: key, endpoint: endpoint)
        guard confirm(subject, at: endpoint, as: .asker, &turn) else {
            reach.observePassed(.undecided, at: endpoint)
            turn.mark(.questionPassedToNobody)
            return .reached
        }
        turn.mark(.questionPassed)
        return .refused(.busy, retryAfterSeconds: 0)
    }
}

extension Response {
    /// What an answer to whether a node is reached is counted as.
    fileprivate var dialBackMark: Mark? {
        switch self {
        case .reached: .reachedByDial
        case .refused(.notFound, _): .notReachedByDial
        case .refused(.invalid, _): .dialForbidden
        case .refused(.busy, _): .dialUnderWay
        default: nil
        }
    }
}
