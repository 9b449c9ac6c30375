import Basics

extension SessionTable {
    /// When `handleDeadline` must next be called; nil while there is nothing to wait for.
    public var nextDeadline: Instant? {
        earliest(earliest(handshakeDeadline, unprovenDeadline), sweepAt)
    }

    /// Lets go what has lasted long enough: handshakes without an answer, unproven, idle and old sessions.
    public mutating func handleDeadline(now: Instant) {
        dropAnswerDue()
        while let index = handshakeOrder.first, handshakes[index]?.isStale(at: now) != false { abandonHandshake(index) }
        while let deadline = unprovenDeadline, deadline <= now, let slot = sessions.slot(of: unproven[0]) { end(slot) }
        guard let sweepAt, sweepAt <= now else { return }
        let over = sessions.slots { $0.isOver(at: now, isCurrent: pairs[$0.pair]?.current == $0.id) }
        for slot in over { end(slot) }
        self.sweepAt = sessions.count == 0 ? nil : now + SessionTimes.sweep
    }

    /// Sees to it that the sessions are looked through as long as there are any.
    mutating func noteUse(at now: Instant) { if sweepAt == nil { sweepAt = now + SessionTimes.sweep } }

    private var handshakeDeadline: Instant? {
        handshakeOrder.first.flatMap { handshakes[$0]?.startedAt.advanced(by: SessionTimes.handshake) }
    }

    private var unprovenDeadline: Instant? {
        guard let slot = unproven.first.flatMap({ sessions.slot(of: $0) }) else { return nil }
        return sessions.entries[slot]?.establishedAt.advanced(by: SessionTimes.unproven)
    }

    private func earliest(_ left: Instant?, _ right: Instant?) -> Instant? {
        guard let left, let right else { return left ?? right }
        return min(left, right)
    }
}
