import Basics
import Kademlia
import Sessions

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
        swap(&scratch, &outbox.scratch)
        defer { swap(&scratch, &outbox.scratch) }
        let former = families
        network = state
        updateCandidates(state.candidates)
        guard !state.routes.isEmpty else { return updateOwnEndpoints() }
        beginAnew(now: now, into: &outbox)
        familiesChanged(from: former, now: now, into: &outbox)
    }

    /// Something authentic has come from somebody. So there is a way to there, whatever the driver could tell.
    mutating func noteHeard(from endpoint: Endpoint, now: Now, into outbox: inout Outbox) {
        if !endpoint.isLoopback { network.routes.formUnion(endpoint.family) }
        guard connectivity.noteHeard(now: now.monotonic) == .returned else { return }
        beginAnew(now: now, into: &outbox)
        outbox.events.append(.networkReturned)
    }

    /// Whether it says something about a node that it doesn't answer at an endpoint: not where this machine has no way
    /// there.
    func isEvidence(silenceAt endpoint: Endpoint) -> Bool {
        endpoint.isLoopback || network.routes.contains(endpoint.family)
    }

    /// Ends every pause that a failure began, repeats what waits for answers, and shows contacts where this node is.
    private mutating func beginAnew(now: Now, into outbox: inout Outbox) {
        connectivity.noteRestart(now: now.monotonic)
        reach.networkChanged(now: now.monotonic)
        table.forgiveFailures()
        pacer.startOver(now: now.monotonic)
        sessions.startOver(now: now.monotonic)
        clock.networkChanged(now: now)
        var waiting = requests.takeWaiting(Limits.requestsRepeated)
        for index in waiting.indices { waiting[index].deadline = now.monotonic + timeout(of: waiting[index]) }
        resend(waiting, now: now, into: &outbox)
        bootstrap.hasten(now: now.monotonic)
        if let due = bootstrap.nextAttempt, due <= now.monotonic { attemptBootstrap(now: now, into: &outbox) }
        // Clients are in nobody's table: to hear where they are seen, they need a few.
        let count = sessions.mode == .server ? Limits.nearContacts : Node.observersOfClients
        announcement.begin(
            table.closest(to: id.bytes, count: count, families: families), now: now.monotonic)
        announce(now: now, into: &outbox)
    }

    /// Contacts that a client asks where they see it: more than the majority that is needed, as some don't answer.
    private static let observersOfClients = 8

    /// Asks the contacts whose turn it is where they see this node. Unlike a hello that opens a session where there is none
    /// or it isn't known there, and so shows them who it is that is there.
    mutating func announce(now: Now, into outbox: inout Outbox) {
        for contact in announcement.takeBatch(now: now.monotonic) { ping(contact, now: now, into: &outbox) }
    }

    /// Asks somebody, while nobody answers, whether the network is there.
    mutating func probeNetwork(now: Now, into outbox: inout Outbox) {
        switch connectivity.takeProbe(now: now.monotonic) {
        case .none: break
        case .witnesses(let count):
            let drawn = table.closest(
                to: generator.bytes32(), count: count, families: families, onlyAlive: true)
            for contact in drawn where !isChecking(contact.id) { check(contact, now: now, into: &outbox) }
        case .anybody:
            let drawn = table.closest(to: generator.bytes32(), count: 1, families: families).first
            if let drawn {
                if !isChecking(drawn.id), let endpoint = endpoint(of: drawn) {
                    greet(drawn, at: endpoint, attempt: Node.attempts, now: now, into: &outbox)
                }
            } else if isJoined {
                attemptBootstrap(now: now, into: &outbox)
            }
        }
    }
}
