import Basics
import Exchange
import Storage

/// The driver's side: what the node reports, what is due, what is durable.
extension PeerAgent {
    /// Does something in a turn of its own.
    mutating func during<Result, Failure: Error>(
        _ now: Now, _ outbox: inout PeerOutbox, _ body: (inout PeerAgent) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        turn.begin(now, &outbox)
        defer { turn.end(&outbox) }
        return try body(&self)
    }

    /// Begins the attempts whose turn has come.
    mutating func startReady() {
        sending.restWhileClockDiffers(&turn)
        while let wanted = sending.startNext(&turn) { carry(directory.find(wanted.peer, for: wanted.id, &turn)) }
    }

    /// Begins; called once, before any event.
    public mutating func start(now: Now, into outbox: inout PeerOutbox) {
        during(now, &outbox) { agent in
            agent.turn.view.putOwner(agent.id)
            agent.collecting.acceptDeliveries(&agent.turn)
        }
    }

    /// Takes what the node reports.
    public mutating func handle(_ event: NodeEvent, now: Now, into outbox: inout PeerOutbox) {
        during(now, &outbox) { agent in
            agent.route(event)
            agent.startReady()
        }
    }

    /// Does what is due; harmless when nothing is.
    public mutating func handleDeadline(now: Now, into outbox: inout PeerOutbox) {
        during(now, &outbox) { agent in
            while let item = agent.turn.popDue() { agent.route(item) }
            agent.startReady()
        }
    }

    /// The batch of writes that ends with a ticket of `takeWrites` is durable, or lost.
    public mutating func handleCommit(
        through ticket: Ticket, _ result: CommitResult, now: Now, into outbox: inout PeerOutbox
    ) {
        during(now, &outbox) { agent in
            let steps = agent.turn.resolveWrites(through: ticket, result)
            if result == .committed {
                for step in steps { agent.route(step) }
            } else {
                agent.turn.mark(.agentRebuiltFromStore)
                for step in steps { agent.routeLost(step, result) }
                agent.turn.cancelAll()
                agent.load(pause: Limits.pauseAfterFull)
                if result == .full { agent.inbox.observeFullDisk() }
                agent.collecting.resumePolling(after: Limits.pauseAfterFull, &agent.turn)
            }
            agent.startReady()
        }
    }

    /// The machine has other addresses or other ways out than before, or has regained them: what waits because something
    /// failed is tried again at once. To be called by the driver, after `Node.networkChanged`.
    public mutating func networkChanged(now: Now, into outbox: inout PeerOutbox) {
        during(now, &outbox) { agent in
            agent.startOver()
            agent.startReady()
        }
    }

    /// When to call `handleDeadline` next, and why.
    public var nextDeadline: (at: Instant, reason: PeerDeadline)? { turn.agenda.next.map { ($0.at, $0.item.reason) } }

    /// Whether `takeWrites` has anything to give.
    public var hasWrites: Bool { turn.view.hasWrites }

    /// The writes since the last call: to be committed as one transaction, and reported to `handleCommit`.
    public mutating func takeWrites() -> (writes: [StoreWrite], through: Ticket) { turn.view.takeWrites() }

    /// What happens on the way, for a driver that wants to tell.
    public var steps: DeliverySteps {
        get { turn.steps }
        set { turn.steps = newValue }
    }

    // MARK: The end of the program

    /// Whether something for others may leave soon: receipts, unless an attempt to send them has failed already, and
    /// tombstones. False while no node can be reached.
    public var owesOthers: Bool {
        guard turn.isJoined, turn.clock.isUsable else { return false }
        return collecting.owesBuddies(turn.errands) || receipts.owesPeers(turn.view) { sending.isFresh($0) }
    }

    /// Sends at once what others are to hear, receipts by both ways at the same time: the program is about to end.
    /// Otherwise a person who is online for seconds only would leave senders without receipts, and buddies with mail
    /// that is done, until the next time.
    public mutating func hurry(now: Now, into outbox: inout PeerOutbox) {
        during(now, &outbox) { agent in
            agent.turn.programIsLeaving()
            guard agent.owesOthers else { return }
            agent.collecting.hurry(&agent.turn)
            for peer in agent.receipts.peersToHurry(&agent.turn) {
                agent.accept(agent.receipts.nextBatch(for: peer, &agent.turn), to: peer, .receipt, key: nil)
            }
            agent.sending.hurryReceipts(&agent.turn)
            agent.startReady()
        }
    }
}
