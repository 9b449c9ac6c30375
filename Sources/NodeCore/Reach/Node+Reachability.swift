import Basics
import Cryptography
import Kademlia
import Sessions
import Wire

// Whether others reach this node, what it does about that, and its dials for others that ask the same.
extension Node {
    // MARK: This node

    mutating func noteObserved(
        _ endpoint: Endpoint, by observer: NodeID, at address: Endpoint, now: Now, into outbox: inout Outbox
    ) {
        reach.observe(endpoint, by: observer, at: address, isOnly: table.count < 2, now: now.monotonic)
        followReach(now: now, into: &outbox)
    }

    mutating func noteOwnReach(
        _ verdict: Confirmation.Verdict, at endpoint: Endpoint, now: Now, into outbox: inout Outbox
    ) {
        reach.observe(verdict, at: endpoint, now: now.monotonic)
        followReach(now: now, into: &outbox)
    }

    /// What was told after a change of network may stand no longer.
    mutating func endHeldReach(now: Now, into outbox: inout Outbox) {
        if reach.endHold(now: now.monotonic) { followReach(now: now, into: &outbox) }
    }

    /// The network is lost. What third nodes said of this one may be different where it comes back.
    mutating func forgetReach(now: Now) {
        reach.networkLost(now: now.monotonic)
        sessions.mode = configuration.mode
    }

    /// Asks third nodes whether they reach this node, when that is due.
    mutating func checkReach(now: Now, into outbox: inout Outbox) {
        for endpoint in reach.takeChecks(in: surroundings, now: now.monotonic, by: &generator) {
            let own = Contact(id: id, key: key, endpoint: endpoint)
            if !beginConfirmation(.own, of: own, at: endpoint, now: now, into: &outbox) {
                reach.couldNotAsk(at: endpoint, now: now.monotonic)
            }
        }
    }

    /// Handshakes state whether the node is a server, and whoever has another session with it learns of a change by its next
    /// request.
    private mutating func followReach(now: Now, into outbox: inout Outbox) {
        while let directive = reach.nextDirective(in: surroundings, now: now.monotonic) {
            switch directive {
            case .become(let mode):
                sessions.mode = mode
                if mode == .server { find(.refresh, search(for: id.bytes, now: now), now: now, into: &outbox) }
            case .tell(let ipv4, let ipv6):
                outbox.events.append(contact(ipv4, ipv6).map { .reachable(at: $0) } ?? .unreachable)
            }
        }
        updateOwnEndpoints()
    }

    var surroundings: OwnReach.Surroundings {
        OwnReach.Surroundings(
            mode: sessions.mode, configured: configuration.mode, isJoined: isJoined, servers: table.count)
    }

    /// At what others see this node, as far as they have said.
    var externalContact: Contact? { contact(reach.ipv4, reach.ipv6) }

    private func contact(_ ipv4: Endpoint?, _ ipv6: Endpoint?) -> Contact? {
        ipv4 == nil && ipv6 == nil ? nil : Contact(id: id, key: key, ipv4: ipv4, ipv6: ipv6)
    }

    // MARK: Others

    /// Whether a node with a key can be reached at an endpoint: from what is known, or else by a dial, which takes a moment.
    mutating func answerConfirm(
        _ key: PublicKey, at endpoint: Endpoint, in session: SessionID, now: Now, into outbox: inout Outbox
    ) -> Response {
        guard let asker = sessions.info(session), mayDial(endpoint, for: asker.endpoint) else {
            return .refused(.invalid, retryAfterSeconds: 0)
        }
        if key.nodeID != asker.remoteID, hasReached(key.nodeID, at: endpoint) { return .reached }
        switch probes.finding(at: endpoint, now: now.monotonic) {
        case .answered(key): return .reached
        case .answered, .silent: return .refused(.notFound, retryAfterSeconds: 0)
        case .underWay: return .refused(.busy, retryAfterSeconds: 0)
        case .unknown: break
        }
        // An initiation may be a replay; by the next question its sender has proved its address.
        guard asker.isProven else { return .refused(.busy, retryAfterSeconds: 0) }
        let isDialled = dial(endpoint, for: asker.endpoint, now: now, into: &outbox)
        return .refused(.busy, retryAfterSeconds: isDialled ? 0 : Limits.retryAfterBusy)
    }

    /// Sends a hello from the second port; false where there have been enough.
    mutating func dial(_ endpoint: Endpoint, for asker: Endpoint, now: Now, into outbox: inout Outbox) -> Bool {
        let nonce = generator.next()
        guard probes.begin(endpoint, for: asker, nonce: nonce, now: now.monotonic),
            sessions.sendHello(nonce: nonce, to: endpoint, now: now.monotonic, into: &outbox.probes)
        else { return false }
        outbox.noteProbeSent()
        return true
    }

    /// Nobody from elsewhere makes this node dial near it.
    private func mayDial(_ endpoint: Endpoint, for asker: Endpoint) -> Bool {
        families.contains(endpoint.family) && endpoint.scope >= asker.scope
    }

    /// Whoever is in the table has been confirmed, and checks keep finding it. But behind a NAT of our own we can't know
    /// who has come to us in vain, and so let us in.
    private func hasReached(_ node: NodeID, at endpoint: Endpoint) -> Bool {
        reach.isReached == true && table.isAlive(node, at: endpoint) && !newcomers.provisional.contains(node)
    }

    /// Takes in one datagram that came to the second port. Nothing but answers to this node's own dials is expected there:
    /// nobody is told of it, so that a NAT can't have been opened towards it.
    public mutating func handleProbeDatagram(_ bytes: RawSpan, from endpoint: Endpoint) {
        guard let answer = HelloAnswer(bytes),
            let dials = probes.observeAnswer(answer.nonce, answer.key, from: endpoint)
        else { return }
        sessions.noteHelloAnswer(from: endpoint, after: dials)
    }

    mutating func repeatProbes(now: Now, into outbox: inout Outbox) {
        while let (nonce, endpoint) = probes.takeRepetition(now: now.monotonic) {
            if sessions.sendHello(nonce: nonce, to: endpoint, now: now.monotonic, into: &outbox.probes) {
                outbox.noteProbeSent()
            }
        }
    }
}
