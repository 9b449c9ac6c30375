import Basics

extension SessionTable {
    /// The machine's network has changed, or is back. Handshakes under way are dropped, and the next requests begin new
    /// ones: answers to the old handshakes would go to the former address, or their retransmissions are used up.
    ///
    /// The limits for addresses that have not answered stay as they are: an interface that comes and goes, or whoever makes it do so,
    /// must not have a node send more than these to anybody. A node that lives answers the next that is sent, and that gives all back.
    ///
    /// Sessions stay. What went unanswered over them may never have left this machine's network, so that it says nothing of them.
    public mutating func startOver(now: Instant) {
        for handshake in handshakes.entries { abandonHandshake(handshake.index) }
        for slot in sessions.entries.indices { sessions.entries[slot].forgiveSilence() }
    }
}
