import Basics

/// A secret that the owner of a mailbox shares with everybody whose mail they accept. It makes a signing key for each
/// epoch, whose public half the owner's policy names.
///
/// The keys of two epochs can't be linked without the secret, as the mailboxes can't. All accepted senders sign with the
/// same key, so that a buddy can't tell them apart.
public struct DeliverySecret: Hashable, Sendable {
    /// The secret itself.
    public let bytes: SecretKey

    public init(_ bytes: SecretKey) { self.bytes = bytes }

    /// The secret of a person's own mailboxes, which follows from their key.
    public init(of profile: ProfileKey) { bytes = profile.derivedSecret(.acceptedSender) }

    /// What signs mail for the owner's mailbox of an epoch.
    public func signer(in epoch: Epoch, suite: CipherSuite) -> DeliverySigner {
        var hash = Blake2b(key: bytes)
        hash.update(Domain.acceptedEpoch)
        hash.update(epoch.number)
        return DeliverySigner(key: suite.signingKey(seed: hash.finishSecret()), suite: suite)
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(bytes.exposedBytes) }
}

/// The signing key of a mailbox's accepted senders in one epoch.
public struct DeliverySigner: Sendable {
    private let key: SigningKey
    private let suite: CipherSuite

    init(key: SigningKey, suite: CipherSuite) {
        self.key = key
        self.suite = suite
    }

    /// The public half, by which buddies verify.
    public var publicKey: Bytes32 { key.publicKey }

    /// An ordinary Ed25519 signature. The message should begin with a `Domain`.
    public func sign(_ message: [UInt8]) -> Signature { suite.sign(message, by: key) }
}
