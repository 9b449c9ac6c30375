import Basics

// What a node does when its machine's network changes, or comes back after an outage.
//
// Sessions stay. A peer that still sees this node at its old endpoint goes on. A peer that sees it elsewhere challenges it
// there, and follows. So one request is enough for each peer that ought to know where this node is: `Node+Moving`.
extension Node {
    /// What is to be known of the rest of the node to judge where it is reached.
    var surroundings: OwnReach.Surroundings {
        OwnReach.Surroundings(
            mode: link.mode, configured: configuration.mode, isJoined: joining.isJoined, servers: routing.count)
    }

    /// The machine has other addresses or other ways out than before, or has lost or regained them all: to be called by
    /// the driver before `start`, and then once for all that changes together. Nodes that knew this one may not find it
    /// where it was, and what has failed may work now.
    public mutating func networkChanged(to state: NetworkState, now: Now, into outbox: inout Outbox) {
        beginTurn(&outbox, now)
        defer { endTurn(&outbox) }
        let former = reach.families
        reach.networkChanged(to: state)
        link.setOwnCandidates(reach.usableCandidates)
        if !state.routes.isEmpty { startOver(&outbox) }
        link.setOwnEndpoints(ipv4: reach.ipv4, ipv6: reach.ipv6, hidden: reach.hidden)
        if !state.routes.isEmpty { askOver(reach.families.subtracting(former), &outbox) }
        punching.observe(reach.place, &outbox)
    }

    /// A router says that what comes to an endpoint of its own is passed on to where this node listens; nil: no longer. The
    /// node uses the endpoint once third nodes have reached it there by dials of their own.
    public mutating func observeMapping(to endpoint: Endpoint?, now: Now, into outbox: inout Outbox) {
        beginTurn(&outbox, now)
        defer { endTurn(&outbox) }
        reach.observeMapping(to: endpoint, now: now.monotonic)
        followReach(&outbox)
    }

    /// A router has been asked to do so: third nodes are asked a moment later whether they reach this node.
    public mutating func expectMapping(now: Now, into outbox: inout Outbox) {
        beginTurn(&outbox, now)
        defer { endTurn(&outbox) }
        reach.expectMapping(now: now.monotonic)
    }

    /// There are routes for more families than before: asks over the new one how this node is seen. The pings that
    /// follow every change of network tell others that it is there, and tell it where others are over that family.
    private mutating func askOver(_ added: AddressFamilies, _ turn: inout Turn) {
        guard joining.isJoined, !added.isEmpty else { return }
        for contact in routing.alive(in: added, count: Limits.observersAskedOnChange) {
            guard let endpoint = contact.endpoint(in: added) else { continue }
            greet(contact, at: endpoint, attempt: 1, &turn)
        }
    }

    /// Something authentic has come from another node.
    mutating func observeArrival(from endpoint: Endpoint, _ turn: inout Turn) {
        guard reach.observeArrival(from: endpoint, now: turn.now.monotonic) else { return }
        startOver(&turn)
        turn.mark(.networkReturned)
        turn.tell(.networkReturned)
    }

    /// Ends every pause that a failure began, retransmits the requests that wait for answers, and shows contacts where
    /// this node is.
    private mutating func startOver(_ turn: inout Turn) {
        let now = turn.now.monotonic
        reach.startOver(now: now)
        routing.startOver(now: now)
        var waiting = rpc.startOver(now: now)
        link.startOver(now: now)
        clock.networkChanged(now: turn.now)
        for index in waiting.indices {
            waiting[index].deadline = now + timeout(for: waiting[index].owner, to: waiting[index].contact.id)
        }
        showPlace(&turn)
        resend(waiting, &turn)
        announcing.startOver(&turn)
        joining.startOver(now: now)
        if let due = joining.nextAttempt, due <= now { attemptBootstrap(&turn) }
        // Clients are in no routing table: they need a few observers to hear where they are seen.
        let count = link.mode == .server ? Limits.nearContacts : Limits.observersOfClients
        routing.announce(count: count, families: reach.families, now: now)
        announce(&turn)
    }

    /// There will be no answer to a request: tells its owner.
    mutating func fail(_ request: PendingRequest, _ turn: inout Turn) {
        guard case .operation(let serial, let token) = request.owner else { return }
        if operations.observe(.final, of: token, of: serial) { run(serial, &turn) }
    }

    /// Retransmits requests whose session the other side has lost, or which the network may have lost.
    mutating func resend(_ lost: [PendingRequest], _ turn: inout Turn) {
        for var request in lost {
            let payload = operations.payload(of: request)
            // The failure of one may have ended the operation of the next.
            if payload == nil { request.owner = .nobody }
            switch rpc.resend(request, payload: payload ?? [], over: &link, &turn) {
            case .underWay, .late, .silent: break
            case .hello(let attempt): greet(request.contact, at: request.path.endpoint, attempt: attempt, &turn)
            case .failed: fail(request, &turn)
            }
        }
    }

    /// Asks the contacts whose turn it is where they see this node. Unlike a hello, that opens a session if there is
    /// none or if the contact doesn't know it any more, and so shows the contact which node it is.
    mutating func announce(_ turn: inout Turn) {
        for contact in routing.nextAnnounced(now: turn.now.monotonic) { ping(contact, &turn) }
    }

    /// While no node answers, asks one whether the network is there.
    mutating func probeNetwork(_ turn: inout Turn) {
        let families = reach.families
        switch reach.nextProbe(now: turn.now.monotonic) {
        case .none: break
        case .witnesses(let count):
            let drawn = routing.closest(
                to: turn.randomness.bytes32(), count: count, families: families, onlyAlive: true)
            for contact in drawn where !isChecking(contact.id) { check(contact, &turn) }
        case .anybody:
            turn.mark(.anybodyAskedInOutage)
            if let drawn = routing.closest(to: turn.randomness.bytes32(), count: 1, families: families).first {
                if !isChecking(drawn.id), let endpoint = routing.endpoint(of: drawn, in: families) {
                    greet(drawn, at: endpoint, attempt: Limits.attempts, &turn)
                }
            } else if joining.isJoined {
                attemptBootstrap(&turn)
            }
        }
    }
}
