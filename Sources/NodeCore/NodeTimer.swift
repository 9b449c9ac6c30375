import Basics

/// What a node does by itself at its time, in the order in which it is done where several are due at once.
///
/// The one table of its timers: `Node.deadline(of:)` says when each rings, `Node.handle(_:)` does what is due then, and the
/// compiler sees that both know every case. Times stay where they arise: a second copy of them here could be forgotten.
public enum NodeTimer: CaseIterable, Sendable {
    /// Others are asked for their time.
    case clock
    /// A session or handshake has lasted long enough, or a challenge is repeated.
    case sessions
    /// The next peer is shown where this node is now.
    case moves
    /// A request has waited long enough for its answer.
    case requests
    /// So has a hello that asks whether a contact lives.
    case greetings
    /// An operation under way goes on by itself.
    case operations
    /// A chunk may be sent that was held back for others.
    case pacing
    /// Something kept for others has expired or was never completed.
    case sweep
    /// A record kept for others is handed on.
    case handOver
    /// What is kept for others is compared with what another node keeps, or one is asked whether it keeps what it claimed.
    case repair
    /// A client is told what has come into its mailbox.
    case announcements
    /// The buddies that announce the person's mail are asked to go on.
    case watches
    /// A way to somebody behind a NAT is opened, or kept open.
    case ways
    /// The node looks for its own ID again.
    case neighbourhood
    /// The routing table is written down.
    case snapshot
    /// A bucket heard nothing, or a contact was silent.
    case buckets
    /// Third nodes are asked whether they reach this one.
    case ownReach
    /// A dial for another node is repeated.
    case dials
    /// A second endpoint that a node states is looked at.
    case alternates
    /// What the person's side was told of this node's reach stands no longer.
    case toldReach
    /// The next few contacts are shown where this node is now.
    case announcement
    /// A node is asked whether the network is there.
    case connectivity
    /// The bootstrap is asked again.
    case bootstrap
    /// Somebody is asked who may be in another part of the network.
    case otherParts

    /// All of them, made once: `nextDeadline` is asked for after every datagram.
    fileprivate static let all = allCases
}

extension Node {
    /// When `handleDeadline` wants to be called next, and for what.
    public var nextDeadline: (at: Instant, timer: NodeTimer)? {
        var next: (at: Instant, timer: NodeTimer)?
        for timer in NodeTimer.all {
            guard let instant = deadline(of: timer) else { continue }
            if let next, next.at <= instant { continue }
            next = (instant, timer)
        }
        return next
    }

    /// The time of `nextDeadline`. It changes nothing: so a caller lends the node, which it would else copy for each call.
    public mutating func nextWakeUp() -> Instant? { nextDeadline?.at }

    /// Does what is due. Calling it too early is harmless.
    public mutating func handleDeadline(now: Now, into outbox: inout Outbox) {
        beginTurn(&outbox, now)
        for timer in NodeTimer.all { handle(timer, &outbox) }
        drainMarks(into: &outbox.marks)
        endTurn(&outbox)
    }

    /// When a timer rings; nil while there is nothing to wait for.
    package func deadline(of timer: NodeTimer) -> Instant? {
        switch timer {
        case .clock: joining.isJoined ? clock.nextQuestion : nil
        case .sessions: link.nextDeadline
        case .moves: moves.nextDue
        case .requests: rpc.nextDeadline
        case .greetings: routing.nextGreetingTimeout
        case .operations: operations.nextWake
        case .pacing: operations.hasHeld ? rpc.nextRoom : nil
        case .sweep: serving.nextSweep
        case .handOver: upkeep(at: serving.nextHandOver)
        case .repair: nextRepair
        case .announcements: announcing.nextAnnouncement
        case .watches: announcing.nextRenewal(at: renewalPace)
        case .ways: punching.nextDue
        case .neighbourhood: joining.searchDue
        case .snapshot: upkeep(at: joining.snapshotDue)
        case .buckets: joining.isJoined ? routing.nextUpkeep : nil
        case .ownReach: reach.nextCheck(in: surroundings)
        case .dials: reach.nextRepetition
        case .alternates: routing.nextStatementDue
        case .toldReach: reach.heldUntil
        case .announcement: routing.nextAnnouncement
        case .connectivity: reach.nextQuestion
        case .bootstrap: joining.nextAttempt
        case .otherParts: upkeep(at: nextQuestionToOtherParts)
        }
    }

    /// Does what is due of one kind; nothing where nothing is. It is called at every wake-up, not only when its timer rings,
    /// so that what can wait a little is done together with the rest.
    private mutating func handle(_ timer: NodeTimer, _ turn: inout Turn) {
        let now = turn.now.monotonic
        switch timer {
        case .clock: lookAtClock(&turn)
        case .sessions:
            let ended = link.endSessions(&turn)
            serving.forget(ended)
            announcing.forget(ended)
            followMoved(&turn)
        case .moves: showNext(&turn)
        case .requests: handleOverdueRequests(&turn)
        case .greetings: handleOverdueGreetings(&turn)
        case .operations: wakeOperations(&turn)
        case .pacing: releaseHeld(&turn)
        case .sweep: serving.sweep(now: turn.now, erasing: clock.erasingTime(turn.now), store: &store)
        case .handOver:
            for (location, record) in serving.nextHandOvers(now: turn.now, store: store) {
                turn.mark(.recordHandedOn)
                handOver(record, at: location, to: keepers(of: location), as: .node, &turn)
            }
        case .repair:
            repairMailboxes(&turn)
            audit(&turn)
        case .announcements: announceMail(&turn)
        case .watches: renewWatches(&turn)
        case .ways: keepWays(&turn)
        case .neighbourhood:
            if let next = joining.nextSearch(&turn) {
                // Nobody leaves anything with a client: who its neighbours are is nothing to it.
                guard next == .first || link.mode == .server else { break }
                let count = routing.countToSearch(isNew: next == .first)
                find(.refresh, search(for: id.bytes, count: count, now: turn.now), &turn)
            }
        case .snapshot: if joining.isSnapshotDue(now: now) { saveContacts() }
        case .buckets: maintainBuckets(&turn)
        case .ownReach: checkReach(&turn)
        case .dials:
            while let (nonce, endpoint) = reach.nextRepeatedDial(now: now) {
                _ = link.sendProbe(nonce, to: endpoint, &turn)
            }
        case .alternates: dialAlternates(&turn)
        case .toldReach: if reach.endHold(now: now) { followReach(&turn) }
        case .announcement: announce(&turn)
        case .connectivity: probeNetwork(&turn)
        case .bootstrap: if let due = joining.nextAttempt, due <= now { attemptBootstrap(&turn) }
        case .otherParts: askOtherParts(&turn)
        }
    }

    /// Retransmits or gives up the requests whose timeout has passed.
    private mutating func handleOverdueRequests(_ turn: inout Turn) {
        while let request = rpc.nextOverdue(&turn) {
            let (contact, families) = (request.contact, reach.families)
            reach.observeOverdue()
            let outcome = rpc.handleOverdue(
                request, checks: routing.attempts(toCheck: contact.id),
                timeout: timeout(for: request.owner, to: contact.id), payload: operations.payload(of: request) ?? [],
                families: families, over: &link, &turn)
            switch outcome {
            case .underWay: break
            case .late:
                guard case .operation(let serial, let token) = request.owner else { break }
                if operations.observe(.late, of: token, of: serial) { run(serial, &turn) }
            case .hello(let attempt):
                turn.mark(.checkGoesOnByHello)
                greet(contact, at: request.path.endpoint, attempt: attempt, &turn)
            case .silent(let endpoint, let before):
                turn.mark(.requestUnanswered)
                if let before {
                    routing.observeFailure(
                        of: contact.id, at: before, families: families, now: turn.now.monotonic)
                }
                observeSilence(of: contact, at: endpoint, &turn)
                // A client checks contacts so seldom that they wouldn't show that the network is gone: a silent announcer has one checked.
                if case .subscribe = request.request, let other = routing.drawn(in: families, &turn) {
                    check(other, &turn)
                }
                fail(request, &turn)
            case .failed: fail(request, &turn)
            }
        }
    }

    /// A contact hasn't answered.
    mutating func observeSilence(of contact: Contact, at endpoint: Endpoint, _ turn: inout Turn) {
        guard reach.isEvidence(silenceAt: endpoint) else { return turn.mark(.silenceWithoutRoute) }
        let now = turn.now.monotonic
        let outcome = routing.observeSilence(of: contact.id, at: endpoint, families: reach.families, now: now)
        guard case .counted(let elsewhere, let isLast) = outcome else { return }
        reach.observeSilence(now: now)
        if let elsewhere { check(elsewhere, &turn) }
        guard isLast else { return }
        turn.mark(.lastContactSilent)
        joining.observeLoss(now: now)
        reach.observeLoss(now: now)
        link.become(configuration.mode)
    }

    /// Retransmits or gives up the hellos whose timeout has passed.
    private mutating func handleOverdueGreetings(_ turn: inout Turn) {
        while let overdue = routing.nextOverdueGreeting(now: turn.now.monotonic) {
            reach.observeOverdue()
            switch overdue {
            case .repeat(let greeting): send(greeting, &turn)
            case .silent(let greeting): observeSilence(of: greeting.contact, at: greeting.endpoint, &turn)
            }
        }
    }

    /// Runs the operations whose own time has come, and ends those that have run for too long.
    private mutating func wakeOperations(_ turn: inout Turn) {
        for serial in operations.due(now: turn.now.monotonic) {
            if let result = operations.giveUp(serial, &turn) {
                turn.mark(.operationGaveUp)
                end(serial, result, &turn)
            } else {
                run(serial, &turn)
            }
        }
    }

    /// Lets the operations send that the pacer held back. They take turns: each time another is the first.
    private mutating func releaseHeld(_ turn: inout Turn) {
        guard operations.hasHeld, rpc.nextRoom <= turn.now.monotonic else { return }
        for (place, serial) in operations.held.enumerated() {
            guard rpc.maySendChunk(now: turn.now.monotonic) else { return }
            if place == 0 { operations.observeReleased(serial) }
            run(serial, &turn)
        }
    }

    /// Refreshes buckets that heard nothing, checks contacts that were silent, confirms those that were let in while the network
    /// seemed small. The last is not due at any time: the next wake-up after the table has grown does it.
    private mutating func maintainBuckets(_ turn: inout Turn) {
        let now = turn.now.monotonic
        if joining.isJoined, routing.isUpkeepDue(in: link.mode, now: now) {
            refreshBuckets(isNew: false, &turn)
            routing.nextChecks(now: now, into: &turn.scratch.contacts)
            for contact in turn.scratch.contacts { check(contact, &turn) }
        }
        for node in routing.unconfirmed {
            follow(routing.confirm(node, in: reach.families, now: turn.now), &turn)
        }
    }

    /// Asks third nodes whether they reach this node, when that is due.
    private mutating func checkReach(_ turn: inout Turn) {
        for endpoint in reach.nextChecks(in: surroundings, &turn) {
            let own = Contact(id: id, key: key, endpoint: endpoint)
            if !confirm(own, at: endpoint, as: .own(isOpen: reach.isOpen(at: endpoint)), &turn) {
                turn.mark(.nobodyConfirmsOwnReach)
                reach.couldNotAsk(at: endpoint, now: turn.now.monotonic)
            }
        }
    }

    /// Dials the endpoints that contacts have stated, from the second port and within the same bounds as dials at the
    /// request of others. No firewall lets such a dial in because its node has sent something out before.
    private mutating func dialAlternates(_ turn: inout Turn) {
        let now = turn.now.monotonic
        while let statement = routing.nextStatement(now: now) {
            let finding = reach.finding(at: statement.endpoint, now: now)
            switch routing.observe(finding, of: statement, now: now) {
            case .nothing: break
            case .dial: _ = dial(statement.endpoint, for: statement.source, &turn)
            case .adopted:
                turn.mark(.statedEndpointAdopted)
                // While no observer has said how this node is seen over that family, it asks.
                guard !reach.isSeen(over: statement.endpoint.family) else { break }
                let there = Contact(id: statement.node, key: statement.key, endpoint: statement.endpoint)
                greet(there, at: statement.endpoint, attempt: 1, &turn)
            }
        }
    }

    /// When the node attends to what is due at `instant` and can wait a little.
    private func upkeep(at instant: Instant?) -> Instant? {
        guard let instant, instant > .origin else { return instant }
        // To the tenth of a second above: before it, nothing would be due yet.
        let due = CompactInstant(instant + .nanoseconds(99_999_999))
        return due.rounded(up: Node.upkeepStep, phase: id.bytes.words.3).instant
    }

    private static let upkeepStep = CompactDuration(Limits.upkeepStep)
}
