import Basics
import Exchange
import Kademlia
import Sessions
import Wire

extension Node {
    /// Takes in one datagram, whatever it holds: garbage is dropped, and nothing in it can stop the node.
    ///
    /// The flow: `SessionTable` decrypts into `plaintext`; a request is answered by `serve`, a response goes to the
    /// process or check that asked. No allocation in steady state.
    public mutating func handleDatagram(
        _ bytes: RawSpan, from endpoint: Endpoint, now: Now, into outbox: inout Outbox
    ) {
        var plaintext = ByteWriter(capacity: 0)
        swap(&plaintext, &self.plaintext)
        defer { swap(&plaintext, &self.plaintext) }
        plaintext.reset()
        let received = sessions.receive(
            bytes, from: endpoint, now: now.monotonic, plaintext: &plaintext, into: &outbox.datagrams)
        plaintext.withSpan { body in
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
            case .helloAnswer(let nonce, let key):
                handleHelloAnswer(nonce, key, from: endpoint, now: now, into: &outbox)
            case .nothing:
                break
            }
        }
    }

    /// A server that has shown that it is where it says may enter the routing table, once it answers a request of ours
    /// (Kademlia, §2.2; admission only after an answer keeps spoofed contacts out). One that says that it has become a client
    /// leaves it.
    private mutating func considerSender(of session: SessionID, now: Now, into outbox: inout Outbox) {
        guard let info = sessions.info(session), info.isProven else { return }
        guard info.remoteMode == .server else { return table.remove(info.remoteID) }
        guard info.identity == .node, info.remoteID != id, !table.knows(info.remoteID),
            requests.checks < Node.checksAtOnce,
            !requests.isChecking(info.remoteID)
        else { return }
        let contact = Contact(id: info.remoteID, key: info.remoteKey, endpoint: info.endpoint)
        check(contact, now: now, into: &outbox)
    }

    /// Newcomers checked at once: enough for a network that starts together, no use to a flood.
    private static let checksAtOnce = 64

    private mutating func handleResponse(
        _ body: RawSpan, in session: SessionID, now: Now, into outbox: inout Outbox
    ) {
        guard let info = sessions.info(session), let header = try? RPCHeader(decoding: body),
            header.isResponse,
            let request = requests.take(header.requestID, from: info.remoteID, as: info.identity)
        else { return }
        let roundTrip = now.monotonic - request.sentAt
        noteAlive(request, info, roundTrip: request.isTimed ? roundTrip : nil, now: now, into: &outbox)
        guard let response = try? Response.decode(body).response, header.kind == request.request.kind else {
            fail(request, now: now, into: &outbox)
            return
        }
        if case .pong(let observed, let time) = response {
            noteObserved(observed, by: info, into: &outbox)
            noteTime(time, of: info, now: now, into: &outbox)
        }
        if request.isTimed { notePace(request, response, now: now) }
        guard case .process(let serial, let token) = request.owner, let index = processIndex(serial) else { return }
        let context = ResponseContext(
            sender: info.remoteID, endpoint: info.endpoint, roundTrip: roundTrip, isTimed: request.isTimed, now: now)
        processes[index].process.observe(response, body: body, to: token, from: context)
        run(serial, now: now, into: &outbox)
    }

    /// The last chunk's answer waits for a disk, and so tells no round trip.
    private mutating func notePace(_ request: PendingRequest, _ response: Response, now: Now) {
        guard request.request.carriesChunk else {
            return pacer.observeSmall(
                roundTrip: now.monotonic - request.sentAt, to: request.contact.id, now: now.monotonic)
        }
        pacer.observeAnswer(sentAt: request.sentAt)
        guard case .partial = response else { return }
        pacer.observeRoundTrip(to: request.contact.id, sentAt: request.sentAt, now: now.monotonic)
    }

    /// Whoever answers lives, whatever it was asked.
    private mutating func noteAlive(
        _ request: PendingRequest, _ info: SessionInfo, roundTrip: Duration?, now: Now, into outbox: inout Outbox
    ) {
        guard info.remoteMode == .server else { return table.remove(info.remoteID) }
        // Where it really answered from, whatever whoever named it said.
        let contact = Contact(id: info.remoteID, key: info.remoteKey, endpoint: info.endpoint)
        let observation = table.observe(contact, roundTrip: roundTrip, now: now.monotonic)
        switch observation {
        case .inserted:
            if isJoined {
                bootstrap.succeed()
            } else if !processes.contains(where: { $0.process.isJoining }) {
                searchForSelf(seeds: [contact], now: now, into: &outbox)
            }
        case .waiting(let doubt?):
            if !requests.isChecking(doubt.id) { check(doubt, now: now, into: &outbox) }
        case .waiting(nil), .refreshed, .crowded, .ignored:
            break
        }
    }

    private mutating func noteObserved(_ endpoint: Endpoint, by observer: SessionInfo, into outbox: inout Outbox) {
        let hasChanged = reachability.observe(
            endpoint, by: observer.remoteID, at: observer.endpoint, isOnly: table.count < 2)
        if hasChanged, let contact = externalContact { outbox.events.append(.reachable(at: contact)) }
    }

    /// What others reach this node at, as far as they have said.
    var externalContact: Contact? {
        guard reachability.ipv4 != nil || reachability.ipv6 != nil else { return nil }
        return Contact(id: id, key: key, ipv4: reachability.ipv4, ipv6: reachability.ipv6)
    }
}
