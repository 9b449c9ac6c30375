import Basics

/// How much a buddy keeps for others.
public struct BuddyBounds: Hashable, Sendable {
    public var envelopesPerMailbox = Limits.envelopesPerMailbox
    public var bytesPerMailbox = Limits.bytesPerMailbox
    /// Of these, what strangers may have where a policy is kept.
    public var strangersEnvelopesPerMailbox = Limits.strangersEnvelopesPerMailbox
    public var strangersBytesPerMailbox = Limits.strangersBytesPerMailbox
    public var tombstonesPerMailbox = Limits.tombstonesPerMailbox
    public var bytesPerNode = Limits.bytesPerNode
    public var tombstonesPerNode = Limits.tombstonesPerNode
    public var recordsPerNode = Limits.recordsPerNode
    public var bytesPerAccount = Limits.bytesPerAccount
    public var tombstonesPerAccount = Limits.tombstonesPerAccount
    public var recordsPerAccount = Limits.recordsPerAccount
    public var pendingBytes = Limits.pendingBytesOfOthers
    /// How many entries of the index are compared with their envelopes in one step.
    public var comparedPerSweep = Limits.comparedPerSweep

    public init() {}
}
