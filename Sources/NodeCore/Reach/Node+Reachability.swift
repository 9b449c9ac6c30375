import Basics
import Cryptography
import Exchange
import Kademlia
import Sessions
import Wire

// Whether others reach this node, what it does about that, and its dials for others that ask the same.
extension Node {
    // MARK: This node

    mutating func noteObserved(
        _ endpoint: Endpoint, by observer: NodeID, at address: Endpoint, now: Now, into outbox: inout Outbox
    ) {
        _ = reachability.observe(
            endpoint, by: observer, at: address, isOnly: table.count < 2, now: now.monotonic)
        settleMode(now: now, into: &outbox)
    }

    /// Whether third nodes are asked whether they reach this node: there must be some, unless it is to find back.
    var checksReach: Bool { isJoined && (hasThirdNodes || sessions.mode != configuration.mode) }

    /// When this node is to ask others next whether they reach it.
    var nextReachCheck: Instant? {
        checksReach ? reachability.nextCheck : isJoined && table.count > 0 ? reachability.nextEarlyCheck : nil
    }

    /// Asks third nodes whether they reach this node, when that is due.
    mutating func checkReach(now: Now, into outbox: inout Outbox) {
        var endpoints: [Endpoint] = []
        if checksReach {
            endpoints = reachability.takeChecks(now: now.monotonic, randomness: generator.next())
        } else if let due = nextReachCheck, due <= now.monotonic {
            let endpoint = reachability.takeEarlyCheck(now: now.monotonic, randomness: generator.next())
            endpoints = [endpoint].compactMap { $0 }
        }
        for endpoint in endpoints {
            let own = Contact(id: id, key: key, endpoint: endpoint)
            if !beginConfirmation(.own, of: own, at: endpoint, now: now, into: &outbox) {
                reachability.note(.undecided, at: endpoint, now: now.monotonic)
            }
        }
    }

    mutating func noteOwnReach(
        _ verdict: Confirmation.Verdict, at endpoint: Endpoint, now: Now, into outbox: inout Outbox
    ) {
        reachability.note(verdict, at: endpoint, now: now.monotonic)
        settleMode(now: now, into: &outbox)
    }

    /// A node that nobody reaches is a client: others must neither name it nor leave mail with it. Handshakes state it, and
    /// whoever has another session with us learns of it by our next request.
    private mutating func settleMode(now: Now, into outbox: inout Outbox) {
        if configuration.mode == .server {
            if reachability.isReached == true, sessions.mode == .client {
                sessions.mode = .server
                find(.refresh, search(for: id.bytes, now: now), now: now, into: &outbox)
            } else if reachability.isReached == false, hasThirdNodes {
                sessions.mode = .client
            }
        }
        tellReach(now: now, into: &outbox)
    }

    /// Tells the person's side where others reach this node. Where there are no third nodes to ask, what others see counts,
    /// but for IPv6 endpoints that a firewall may hide.
    mutating func tellReach(now: Now, into outbox: inout Outbox) {
        updateOwnEndpoints()
        let isHeld = toldReach.isHeld(now: now.monotonic)
        func endpoint(_ view: Reachability.View?, told: Endpoint?) -> Endpoint? {
            if let view {
                let isSeen = !hasThirdNodes && !view.endpoint.isFirewalledUnseen
                if view.isReached ?? (isSeen || view.endpoint == told) { return view.endpoint }
            }
            return isHeld && view?.isReached == nil ? told : nil
        }
        let told = toldReach.contact
        let ipv4 = endpoint(reachability.ipv4, told: told?.ipv4)
        let ipv6 = endpoint(reachability.ipv6, told: told?.ipv6)
        let contact = ipv4 == nil && ipv6 == nil ? nil : Contact(id: id, key: key, ipv4: ipv4, ipv6: ipv6)
        guard toldReach.update(contact) else { return }
        outbox.events.append(contact.map { .reachable(at: $0) } ?? .unreachable)
    }

    /// The network is lost. What third nodes said of this one may be different where it comes back.
    mutating func forgetReach(now: Now) {
        reachability.forgetFindings(now: now.monotonic)
        sessions.mode = configuration.mode
    }

    /// At what others see this node, as far as they have said.
    var externalContact: Contact? {
        let (ipv4, ipv6) = (reachability.ipv4?.endpoint, reachability.ipv6?.endpoint)
        return ipv4 == nil && ipv6 == nil ? nil : Contact(id: id, key: key, ipv4: ipv4, ipv6: ipv6)
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
        reachability.isReached == true && table.isAlive(node, at: endpoint) && !newcomers.provisional.contains(node)
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
