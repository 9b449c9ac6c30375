import Basics

extension SessionTable {
    /// When `handleDeadline` must next be called; nil while there is nothing to wait for.
    public var nextDeadline: Instant? {
        earliest(earliest(handshakeDeadline, unprovenDeadline), sweepAt)
    }

    /// Lets go what has lasted long enough: handshakes without an answer, unproven, idle and old sessions.
    public mutating func handleDeadline(now: Instant) {
        dropAnswerDue()
        while let deadline = handshakeDeadline, deadline <= now, let oldest = handshakes.oldest {
            abandonHandshake(oldest.index)
            handshakeOutcomes.unanswered += 1
        }
        while let deadline = unprovenDeadline, deadline <= now, let slot = sessions.slot(of: unproven[0]) { end(slot) }
        guard let sweepAt, sweepAt <= now else { return }
        var over: [Int] = []
        var next: Instant?
        for slot in sessions.entries.indices {
            guard !sessions.entries[slot].isVacant else { continue }
            let end = sessions.entries[slot].endsAt
            if end <= now { over.append(slot) } else { next = earliest(next, end) }
        }
        for slot in over { end(slot) }
        // Who is heard of meanwhile ends later than that, and nobody earlier but by what `noteUse` tells.
        self.sweepAt = next.map { max($0, now + SessionTimes.sweep) }
    }

    /// Sees to it that the sessions are looked through when this new one may have ended, or the one that it replaces.
    mutating func noteUse(at now: Instant) { sweepAt = earliest(sweepAt, now + SessionTimes.idle) }

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
