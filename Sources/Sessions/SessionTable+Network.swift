import Basics

extension SessionTable {
    /// The machine's network has changed, or is back. Handshakes under way are dropped, and the next requests begin new
    /// ones: answers to the old handshakes would go to the former address, or their retransmissions are used up. For
    /// the same reason, the limits for addresses that have not answered are reset. This happens at most once in
    /// `SessionTimes.pardon`, so that a flapping interface doesn't disable them.
    public mutating func startOver(now: Instant) {
        for handshake in handshakes.entries { abandonHandshake(handshake.index) }
        guard pardonedAt.map({ now - $0 >= SessionTimes.pardon }) ?? true else {
            marks.insert(.addressesNotPardonedAgain)
            return
        }
        pardonedAt = now
        strangers = StrangerLimits()
    }
}
