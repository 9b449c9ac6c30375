import Basics

extension SessionTable {
    /// When `handleDeadline` and `repeatChallenges` must next be called; nil while there is nothing to wait for. That may be up to
    /// `SessionTimes.housekeeping` after something is due.
    public var nextDeadline: Instant? {
        let isExpecting = !handshakes.entries.isEmpty || !unproven.isEmpty
        return earliest(earliest(isExpecting ? expectations?.wakeAt : nil, sweep?.wakeAt), otherPaths.nextDue)
    }

    /// Removes what has timed out: handshakes without an answer, and unproven, idle and old sessions. Calling it too
    /// early is harmless.
    public mutating func handleDeadline(now: Instant) {
        dropAnswerDue()
        dropOverdue(now: now)
        guard let sweep, sweep.dueAt <= now else { return }
        var over: [Int] = []
        var next: Instant?
        for slot in sessions.entries.indices {
            guard !sessions.entries[slot].isVacant else { continue }
            let end = sessions.end(of: slot)
            if end <= now { over.append(slot) } else { next = earliest(next, end) }
        }
        if !over.isEmpty { marks.insert(.idleSessionEnded) }
        for slot in over { end(slot) }
        // A session that is used meanwhile ends later than computed here. One ends earlier only through `noteUse`,
        // which reschedules.
        self.sweep = next.map { Housekeeping(dueAt: max($0, now + SessionTimes.sweep), of: identities.nodeID) }
    }

    /// Removes handshakes without an answer and unproven sessions that have timed out. It is called before anything
    /// else is done: so neither limits nor answers depend on when the node is woken, and sessions opened without need
    /// hold no slot for longer.
    mutating func dropOverdue(now: Instant) {
        guard let expectations, expectations.dueAt <= now else { return }
        while let deadline = handshakeDeadline, deadline <= now, let oldest = handshakes.oldest {
            abandonHandshake(oldest.index)
            handshakeOutcomes.unanswered += 1
            marks.insert(.handshakeUnanswered)
        }
        while let deadline = unprovenDeadline, deadline <= now, let slot = sessions.slot(of: unproven[0]) {
            end(slot)
            marks.insert(.unprovenSessionTimedOut)
        }
        recordExpectation()
    }

    /// Schedules the timeout of a new handshake or unproven session.
    mutating func recordExpectation() {
        expectations = earliest(handshakeDeadline, unprovenDeadline)
            .map { Housekeeping(dueAt: $0, of: identities.nodeID) }
    }

    /// Schedules a sweep for when this new session may have ended, or the one that it replaces.
    mutating func recordUse(at now: Instant) {
        let end = now + SessionTimes.idle
        if sweep.map({ end < $0.dueAt }) ?? true { sweep = Housekeeping(dueAt: end, of: identities.nodeID) }
    }

    private var handshakeDeadline: Instant? {
        handshakes.oldest?.startedAt.advanced(by: SessionTimes.handshake)
    }

    private var unprovenDeadline: Instant? {
        guard let slot = unproven.first.flatMap({ sessions.slot(of: $0) }) else { return nil }
        return sessions.entries[slot].establishedAt.instant.advanced(by: SessionTimes.unproven)
    }

    private func earliest(_ left: Instant?, _ right: Instant?) -> Instant? {
        guard let left, let right else { return left ?? right }
        return min(left, right)
    }
}
