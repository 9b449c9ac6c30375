import Basics

// A node that has moved shows its peers where it is, so that their sessions follow it there.
extension Node {
    /// This node may be elsewhere: shows that to the buddies that announce its person's mail, and then to the peers whose
    /// sessions are in use.
    mutating func showPlace(_ turn: inout Turn) {
        turn.mark(.peersShownPlace)
        showBuddies(&turn)
        moves.begin(link.inUse(), now: turn.now.monotonic)
        showNext(&turn)
    }

    /// Pings the buddies that announce the person's mail, each over the session in which it has agreed to.
    private mutating func showBuddies(_ turn: inout Turn) {
        for (buddy, identity) in announcing.buddies
        where link.serves(buddy.id, as: identity, now: turn.now.monotonic) {
            _ = rpc.ask(
                .ping, to: buddy, at: routing.endpoint(of: buddy, in: reach.families), as: identity, for: .question,
                timeout: routing.timeout(for: buddy.id), over: &link, &turn)
        }
    }

    /// Shows the next peers where this node is, as far as it is their turn.
    mutating func showNext(_ turn: inout Turn) {
        while let peer = moves.next(now: turn.now.monotonic) {
            // One that is asked something already sees it as well.
            guard link.serves(peer.id, now: turn.now.monotonic), !rpc.isPinging(peer.id) else { continue }
            // It is told once. Nothing is opened for it: where a client is nobody knows but by its session, and a server will be found when
            // it is needed.
            ping(peer, for: .nobody, &turn)
        }
    }

    /// Most others see this node at other endpoints than before.
    mutating func observePlace(_ turn: inout Turn) {
        if moves.observe(seenAt: reach.ipv4, reach.ipv6, now: turn.now.monotonic) { showPlace(&turn) }
    }

    /// A peer has challenged this node, so that it may have moved without knowing.
    mutating func observeChallenge(_ turn: inout Turn) {
        guard moves.observeChallenge(now: turn.now.monotonic) else { return }
        turn.mark(.buddiesShownPlace)
        showBuddies(&turn)
    }
}
