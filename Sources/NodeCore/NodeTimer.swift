import Basics

/// What a node does by itself at its time, in the order in which it is done where several are due at once.
///
/// The one table of its timers: `Node.deadline(of:)` says when each rings, `Node.handle(_:)` does what is due then, and the
/// compiler sees that both know every case. Times stay where they arise: a second copy of them here could be forgotten.
public enum NodeTimer: CaseIterable, Sendable {
    /// Others are asked for their time.
    case clock
    /// A session or handshake has lasted long enough.
    case sessions
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
    /// Somebody is asked whether the network is there.
    case connectivity
    /// The bootstrap is asked again.
    case bootstrap

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

    /// Does what is due. Calling it too early is harmless.
    public mutating func handleDeadline(now: Now, into outbox: inout Outbox) {
        swap(&scratch, &outbox.scratch)
        defer { swap(&scratch, &outbox.scratch) }
        for timer in NodeTimer.all { handle(timer, now: now, into: &outbox) }
    }

    /// When a timer rings; nil while there is nothing to wait for.
    package func deadline(of timer: NodeTimer) -> Instant? {
        switch timer {
        case .clock: isJoined ? clock.nextQuestion : nil
        case .sessions: sessions.nextDeadline
        case .requests: requests.nextDeadline
        case .greetings: greetings.nextDeadline
        case .operations: nextWake
        case .pacing: operations.indices.contains { operations[$0].isHeld } ? pacer.nextRoom : nil
        case .sweep: buddy.nextDeadline
        case .handOver: upkeep(at: buddy.nextHandOver)
        case .neighbourhood: isJoined ? neighbourhood.nextSearch : nil
        case .snapshot: isJoined ? upkeep(at: neighbourhood.nextSnapshot) : nil
        case .buckets: isJoined ? table.nextDeadline : nil
        case .ownReach: reach.nextCheck(in: surroundings)
        case .dials: probes.nextDeadline
        case .alternates: alternates.nextDeadline
        case .toldReach: reach.heldUntil
        case .announcement: announcement.nextBatch
        case .connectivity: connectivity.nextProbe
        case .bootstrap: bootstrap.nextAttempt
        }
    }

    /// When the first operation wants to go on. By index: to copy an operation costs more than to look at it.
    private var nextWake: Instant? {
        var next: Instant?
        for index in operations.indices {
            if let wakeAt = operations[index].wakeAt { next = min(next ?? wakeAt, wakeAt) }
        }
        return next
    }

    /// Does what is due of one kind; nothing where nothing is. It is called at every wake-up, not only when its timer rings,
    /// so that what can wait a little is done together with the rest.
    private mutating func handle(_ timer: NodeTimer, now: Now, into outbox: inout Outbox) {
        switch timer {
        case .clock: lookAtClock(now: now, into: &outbox)
        case .sessions: endSessions(now: now, into: &outbox)
        case .requests: expireRequests(now: now, into: &outbox)
        case .greetings: expireGreetings(now: now, into: &outbox)
        case .operations: wakeOperations(now: now, into: &outbox)
        case .pacing: releaseHeld(now: now, into: &outbox)
        case .sweep:
            if buddy.nextDeadline <= now.monotonic {
                buddy.sweep(now: now, erasing: clock.erasingTime(now), store: &store)
            }
        case .handOver:
            for (location, record) in buddy.takeHandOvers(now: now, store: store) {
                handOver(record, at: location, now: now, into: &outbox)
            }
        case .neighbourhood: searchNeighbourhood(now: now, into: &outbox)
        case .snapshot: if isJoined, neighbourhood.takeSnapshot(now: now.monotonic) { saveContacts() }
        case .buckets:
            maintainBuckets(now: now, into: &outbox)
            // Not due at any time: the next wake-up after the table has grown does it.
            confirmProvisional(now: now, into: &outbox)
        case .ownReach: checkReach(now: now, into: &outbox)
        case .dials: repeatProbes(now: now, into: &outbox)
        case .alternates: dialAlternates(now: now, into: &outbox)
        case .toldReach: endHeldReach(now: now, into: &outbox)
        case .announcement: announce(now: now, into: &outbox)
        case .connectivity: probeNetwork(now: now, into: &outbox)
        case .bootstrap:
            if let due = bootstrap.nextAttempt, due <= now.monotonic { attemptBootstrap(now: now, into: &outbox) }
        }
    }

    private mutating func endSessions(now: Now, into outbox: inout Outbox) {
        sessions.handleDeadline(now: now.monotonic)
        outbox.activity.take(&sessions.handshakeOutcomes)
        for session in sessions.takeEnded() { buddy.forget(session: session.number) }
    }

    /// When the node is up for what is due at `instant` and can wait a little.
    private func upkeep(at instant: Instant?) -> Instant? {
        guard let instant, instant > .origin else { return instant }
        // To the tenth of a second above: before it, nothing would be due yet.
        let due = CompactInstant(instant + .nanoseconds(99_999_999))
        return due.rounded(up: Node.upkeepStep, phase: id.bytes.words.3).instant
    }

    private static let upkeepStep = CompactDuration(Limits.upkeepStep)
}
