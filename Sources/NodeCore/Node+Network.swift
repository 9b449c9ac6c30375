import Basics

// What a node does when the network changes that its machine is in, or comes back after an outage.
//
// Sessions stay: whoever sees this node where it was goes on; whoever sees it elsewhere answers the first datagram with a
// hint that it knows no such session there, and a handshake follows, two round trips later. So a few requests to those who
// ought to know where this node is are enough.
extension Node {
    /// The machine has other addresses or other ways out than before, or has lost or regained them all: to be called by the
    /// driver before `start`, and then once for all that changes together. Who knew this node may not find it where it was,
    /// and what has failed may work now.
    public mutating func networkChanged(to state: NetworkState, now: Now, into outbox: inout Outbox) {
        outbox.now = now
        let former = reach.families
        reach.networkChanged(to: state)
        link.setOwnCandidates(reach.usableCandidates)
        if !state.routes.isEmpty { beginAnew(&outbox) }
        link.setOwnEndpoints(ipv4: reach.ipv4, ipv6: reach.ipv6, hidden: reach.hidden)
        if !state.routes.isEmpty { askOver(reach.families.subtracting(former), &outbox) }
    }

    /// There are routes for more families than before: asks over the new one how this node is seen. That it is there, and where
    /// others are over it, it tells and hears with the pings that follow every change of network.
    private mutating func askOver(_ added: AddressFamilies, _ turn: inout Turn) {
        guard joining.isJoined, !added.isEmpty else { return }
        for contact in routing.alive(in: added, count: Limits.observersAskedOnChange) {
            guard let endpoint = contact.endpoint(in: added) else { continue }
            greet(contact, at: endpoint, attempt: 1, &turn)
        }
    }

    /// Something authentic has come from somebody.
    mutating func observeArrival(from endpoint: Endpoint, _ turn: inout Turn) {
        guard reach.observeArrival(from: endpoint, now: turn.now.monotonic) else { return }
        beginAnew(&turn)
        turn.tell(.networkReturned)
    }

    /// Ends every pause that a failure began, repeats what waits for answers, and shows contacts where this node is.
    private mutating func beginAnew(_ turn: inout Turn) {
        let now = turn.now.monotonic
        reach.startOver(now: now)
        routing.forgiveFailures()
        var waiting = rpc.startOver(now: now)
        link.startOver(now: now)
        clock.networkChanged(now: turn.now)
        for index in waiting.indices {
            waiting[index].deadline = now + timeout(for: waiting[index].owner, to: waiting[index].contact.id)
        }
        resend(waiting, &turn)
        joining.startOver(now: now)
        if let due = joining.nextAttempt, due <= now { attemptBootstrap(&turn) }
        // Clients are in nobody's table: to hear where they are seen, they need a few.
        let count = link.mode == .server ? Limits.nearContacts : Limits.observersOfClients
        routing.announce(count: count, families: reach.families, now: now)
        announce(&turn)
    }

    /// Sends requests again whose session the other side has lost, or which the network may have lost.
    mutating func resend(_ lost: [PendingRequest], _ turn: inout Turn) {
        for request in lost {
            switch rpc.resend(request, payload: operations.payload(of: request), over: &link, &turn) {
            case .underWay, .late, .silent: break
            case .hello(let attempt): greet(request.contact, at: request.path.endpoint, attempt: attempt, &turn)
            case .failed: fail(request, &turn)
            }
        }
    }

    /// Asks the contacts whose turn it is where they see this node. Unlike a hello that opens a session where there is none
    /// or it isn't known there, and so shows them who it is that is there.
    mutating func announce(_ turn: inout Turn) {
        for contact in routing.nextAnnounced(now: turn.now.monotonic) { ping(contact, &turn) }
    }

    /// Asks somebody, while nobody answers, whether the network is there.
    mutating func probeNetwork(_ turn: inout Turn) {
        let families = reach.families
        switch reach.nextProbe(now: turn.now.monotonic) {
        case .none: break
        case .witnesses(let count):
            let drawn = routing.closest(to: generator.bytes32(), count: count, families: families, onlyAlive: true)
            for contact in drawn where !isChecking(contact.id) { check(contact, &turn) }
        case .anybody:
            if let drawn = routing.closest(to: generator.bytes32(), count: 1, families: families).first {
                if !isChecking(drawn.id), let endpoint = routing.endpoint(of: drawn, in: families) {
                    greet(drawn, at: endpoint, attempt: Limits.attempts, &turn)
                }
            } else if joining.isJoined {
                attemptBootstrap(&turn)
            }
        }
    }
}
