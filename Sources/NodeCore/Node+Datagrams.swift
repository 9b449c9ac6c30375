import Basics
import Kademlia
import Sessions
import Wire

extension Node {
    /// Takes in one datagram, whatever it holds: garbage is dropped, and nothing in it can stop the node.
    ///
    /// The flow: `SessionTable` decrypts into `plaintext`; a request is answered by `serve`, a response goes to the
    /// operation or check that asked. No allocation in steady state.
    public mutating func handleDatagram(
        _ bytes: RawSpan, from endpoint: Endpoint, now: Now, into outbox: inout Outbox
    ) {
        swap(&scratch, &outbox.scratch)
        defer { swap(&scratch, &outbox.scratch) }
        var plaintext = Scratch.none.plaintext
        swap(&plaintext, &scratch.plaintext)
        defer { swap(&plaintext, &scratch.plaintext) }
        plaintext.reset()
        let before = outbox.datagrams.byteCount
        let received = sessions.receive(
            bytes, from: endpoint, now: now.monotonic, plaintext: &plaintext, into: &outbox.datagrams)
        outbox.noteHelloAnswer(since: before)
        if let (session, endpoint) = sessions.takeAlternate() {
            considerAlternate(endpoint, statedIn: session, now: now)
        }
        plaintext.withSpan { body in
            outbox.activity.note(received, of: bytes, body: body)
            outbox.activity.take(&sessions.handshakeOutcomes)
            if received.isAuthentic { noteHeard(from: endpoint, now: now, into: &outbox) }
            if case .established = received { path.observeLargeAnswer() }
            switch received {
            case .request(let session, let path):
                if let tap, let sender = sessions.info(session)?.remoteKey { tap(sender, body) }
                serve(body, in: session, over: path, from: endpoint, now: now, into: &outbox)
                considerSender(of: session, now: now, into: &outbox)
            case .response(let session), .established(let session, hasResponse: true):
                handleResponse(body, in: session, now: now, into: &outbox)
            case .established(_, hasResponse: false):
                break
            case .proven(let session):
                considerSender(of: session, now: now, into: &outbox)
            case .lost(let identity, let node):
                resend(requests.takeAll(to: node, as: identity), now: now, into: &outbox)
            case .helloAnswer(let answer):
                handleHelloAnswer(answer, from: endpoint, now: now, into: &outbox)
            case .nothing:
                break
            }
        }
    }

    private mutating func handleResponse(
        _ body: RawSpan, in session: SessionID, now: Now, into outbox: inout Outbox
    ) {
        guard let info = sessions.info(session), let header = try? RPCHeader(decoding: body),
            header.isResponse,
            let request = requests.take(header.requestID, from: info.remoteID, as: info.identity)
        else { return }
        let roundTrip = now.monotonic - request.sentAt
        noteAlive(info, roundTrip: request.isTimed ? roundTrip : nil, now: now, into: &outbox)
        guard let response = try? Response.decode(body).response, header.kind == request.request.kind else {
            outbox.activity.note(.asked(request.request.kind, .malformed))
            fail(request, now: now, into: &outbox)
            return
        }
        outbox.activity.note(response, of: request.request.kind, after: roundTrip)
        if request.request.carriesChunk {
            path.observeLargeAnswer()
        } else {
            path.observeSmallAnswer(from: info.endpoint)
        }
        if case .pong(let observed, let time) = response {
            noteObserved(observed, by: info.remoteID, at: info.endpoint, now: now, into: &outbox)
            noteTime(time, of: info, now: now, into: &outbox)
            if let alternate = AlternateEndpoint.read(from: body) {
                considerAlternate(alternate, statedIn: session, now: now)
            }
        }
        if request.isTimed { notePace(request, response, now: now) }
        guard case .operation(let serial, let token) = request.owner, let index = operationIndex(serial) else { return }
        let context = ResponseContext(
            sender: info.remoteID, mode: info.remoteMode, endpoint: info.endpoint, roundTrip: roundTrip,
            isTimed: request.isTimed, now: now)
        operations[index].observe(response, body: body, to: token, from: context)
        run(serial, now: now, into: &outbox)
    }

    /// The last chunk's answer waits for a disk, and so tells no round trip.
    private mutating func notePace(_ request: PendingRequest, _ response: Response, now: Now) {
        guard request.request.carriesChunk else {
            // Uploads begin with a search under a key of their own; upkeep tells nothing about them.
            guard request.identity != .node else { return }
            return pacer.observeSmall(
                roundTrip: now.monotonic - request.sentAt, to: request.contact.id, now: now.monotonic)
        }
        pacer.observeAnswer(from: request.contact.id, sentAt: request.sentAt, now: now.monotonic)
        guard case .partial = response else { return }
        pacer.observeRoundTrip(to: request.contact.id, sentAt: request.sentAt, now: now.monotonic)
    }
}
