import Basics
import Cryptography

extension Node {
    /// Joins the network: through the contacts remembered in the store and through `peers`. Without either the node is
    /// the first of its network, unless it `expectsMore`: peers whose names are still being resolved. May be called again
    /// with more peers.
    public mutating func start(
        bootstrap peers: [BootstrapPeer], expectsMore: Bool = false, now: Now, into outbox: inout Outbox
    ) {
        beginTurn(&outbox, now)
        if !expectsMore && peers.isEmpty && joining.isFirst(remembered: rememberedContacts) {
            outbox.mark(.firstOfTheNetwork)
            join(&outbox)
        }
        reach.addLoopback(joining.add(peers, now: now.monotonic))
        attemptBootstrap(&outbox)
        endTurn(&outbox)
    }

    /// Nodes of the local network say that they are at these endpoints, and no others say so: places to ask, as those of bootstrap
    /// nodes whose keys aren't known. New ones are asked at once, also by a node that has its network: theirs may be another part
    /// of it. All are asked again in each attempt to find the network.
    public mutating func neighboursChanged(to endpoints: [Endpoint], now: Now, into outbox: inout Outbox) {
        beginTurn(&outbox, now)
        for endpoint in joining.observe(neighbours: endpoints) {
            askWho(isAt: endpoint, pinned: nil, for: .otherPart, &outbox)
        }
        endTurn(&outbox)
    }

    private mutating func askWho(
        isAt endpoint: Endpoint, pinned: PublicKey?, for reason: Bootstrap.Question.Reason, _ turn: inout Turn
    ) {
        let question = Bootstrap.Question(
            nonce: turn.randomness.next(), endpoint: endpoint, pinned: pinned, reason: reason)
        if link.sendHello(question.nonce, to: endpoint, &turn) { joining.observe(asked: question) }
    }

    var rememberedContacts: [Contact] { RememberedContacts.load(from: store, besides: id) }

    /// Asks bootstrap peers and remembered contacts if the node knows no live contact.
    mutating func attemptBootstrap(_ turn: inout Turn) {
        let attempt = joining.beginAttempt(
            hasLiveContact: routing.hasLiveContact,
            remembered: { RememberedContacts.load(from: store, besides: id) }, now: turn.now.monotonic)
        guard let attempt else { return }
        if attempt.number > 1 { turn.mark(.bootstrapAskedAgain) }
        if attempt.asked > attempt.questions.count { turn.mark(.rememberedContactsAsked) }
        for (endpoint, pinned) in attempt.questions {
            askWho(isAt: endpoint, pinned: pinned, for: .attempt, &turn)
        }
        turn.reports.add(.bootstrapAttempt(attempt.number, asked: attempt.asked))
        searchForSelf(through: attempt.seeds, &turn)
    }

    /// Asks a contact of before, or a bootstrap peer, whether they are there. They may be in another part of the network, which was cut
    /// off for so long that the two have forgotten each other: the first that answers leads back to it.
    mutating func askOtherParts(_ turn: inout Turn) {
        let now = turn.now.monotonic
        if let former = routing.nextFormerContact(now: now), let endpoint = former.endpoint(in: reach.families) {
            turn.mark(.formerContactAsked)
            askWho(isAt: endpoint, pinned: former.key, for: .otherPart, &turn)
        }
        switch joining.nextRevisited(now: now) {
        case nil: break
        case .known(let key, let endpoint): askWho(isAt: endpoint, pinned: key, for: .otherPart, &turn)
        case .unknown(let endpoint): askWho(isAt: endpoint, pinned: nil, for: .otherPart, &turn)
        }
    }

    /// Somebody answers who may be in another part. Then mailboxes have other buddies than were found in this one.
    mutating func otherPartWasFound(through contact: Contact, _ turn: inout Turn) {
        turn.mark(.otherPartFound)
        routing.formerContactReturned(contact.id)
        operations.forgetBuddies()
    }

    /// When that is due.
    var nextQuestionToOtherParts: Instant? {
        guard joining.isJoined else { return nil }
        let (former, revisit) = (routing.formerContactDue, joining.nextRevisit)
        guard let former, let revisit else { return former ?? revisit }
        return min(former, revisit)
    }

    /// Writes down whom to ask after a restart, so that the node finds its network again without a bootstrap, and the
    /// time. The contacts that were written before stay while no contact is alive.
    public mutating func saveContacts() {
        clock.save(in: &store)
        routing.save(in: &store)
    }
}
