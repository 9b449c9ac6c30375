/// How many of a scenario's people are behind what.
public struct NATShare: Hashable, Sendable {
    /// What it is called in reports: that of the usual kind, or one of the scenario's own.
    public var name: String
    public var kind: NATKind
    /// Of all people, 0…1.
    public var share: Double

    public init(_ name: String, _ kind: NATKind, _ share: Double) {
        (self.name, self.kind, self.share) = (name, kind, share)
    }
}
