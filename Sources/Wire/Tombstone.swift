import Basics

/// The owner's signed word that an envelope is done, until the day its own expiry ends the need for it.
public struct Tombstone: Hashable, Sendable {
    public let envelope: EnvelopeID
    /// The envelope's last day.
    public let expiry: Day
    /// By the mailbox's blinded key, over `SignedBytes.tombstone`.
    public let signature: Signature

    public init(envelope: EnvelopeID, expiry: Day, signature: Signature) {
        self.envelope = envelope
        self.expiry = expiry
        self.signature = signature
    }
}
