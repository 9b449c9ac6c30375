import Basics

/// The endpoints at which others reach this node, as the person's side was told.
///
/// After a change of network nothing is taken back before others have said where they see the node now: mostly it is
/// reached elsewhere a second later, or where it was, and publishing that it is nowhere would only be in the way.
struct ToldReach: Sendable {
    /// How long it takes others to say where they see this node and whether they reach it there: four seconds, also where
    /// much is lost; and as long again.
    static let patience = Duration.seconds(8)

    private(set) var ipv4: Endpoint?
    private(set) var ipv6: Endpoint?
    /// Until when what was told stands where nothing else is known; nil: no longer.
    private(set) var heldUntil: Instant?

    /// The network has changed.
    mutating func hold(now: Instant) { heldUntil = ipv4 == nil && ipv6 == nil ? nil : now + ToldReach.patience }

    /// Whether what was told of a family stands, as nothing is known yet.
    func isHeld(now: Instant) -> Bool { heldUntil.map { now < $0 } ?? false }

    /// Whether the time in which it stood is over just now.
    mutating func endHold(now: Instant) -> Bool {
        guard let heldUntil, heldUntil <= now else { return false }
        self.heldUntil = nil
        return true
    }

    /// Replaces what was told; false where it is the same.
    mutating func update(ipv4: Endpoint?, ipv6: Endpoint?) -> Bool {
        defer { (self.ipv4, self.ipv6) = (ipv4, ipv6) }
        return (ipv4, ipv6) != (self.ipv4, self.ipv6)
    }
}
