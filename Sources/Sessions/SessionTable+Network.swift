import Basics

extension SessionTable {
    /// The network that this machine is in has changed, or is back. Handshakes under way begin anew with the next request:
    /// their answers would go to where this machine was, or were sent all that they may have while nothing could arrive. For
    /// the same reason addresses that have not answered are given another chance, but only once in a while, so that
    /// an interface that comes and goes does not undo the bound.
    public mutating func startOver(now: Instant) {
        for handshake in handshakes.entries { abandonHandshake(handshake.index) }
        guard pardonedAt.map({ now - $0 >= SessionTimes.pardon }) ?? true else { return }
        pardonedAt = now
        strangers = StrangerLimits()
    }
}
