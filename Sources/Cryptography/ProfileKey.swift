import Basics

/// A person's own key, whose public half is the peer ID.
public struct ProfileKey: Sendable {
    /// The seed, which is all that is kept of the key at rest (RFC 8032 §5.1.5).
    public let seed: SecretKey
    /// The public half.
    public let peerID: PeerID
    private let suite: CipherSuite
    private let key: SigningKey

    /// The key that follows from a seed of 32 random bytes.
    public init(seed: SecretKey, suite: CipherSuite = .sodium) {
        self.seed = seed
        self.suite = suite
        key = suite.signingKey(seed: seed)
        peerID = PeerID(key.publicKey)
    }

    /// The secret half of the peer's `agreementKey`.
    public var agreementSecret: SecretKey { key.agreementSecret }

    /// The person's signature, by which they are known. The message should begin with a `Domain`.
    public func sign(_ message: [UInt8]) -> Signature {
        suite.sign(message, by: key)
    }

    /// The blinded key that signs for one purpose in one epoch and doesn't reveal the person.
    public func blinded(for purpose: BlindingPurpose, epoch: Epoch) -> BlindedSigner {
        let factor = peerID.blindingFactor(for: purpose, epoch: epoch)
        let scalar = suite.blind(scalar: key.scalar, factor: factor)
        var nonceKey = Blake2b(key: key.prefix)
        nonceKey.update(Domain.nonce)
        nonceKey.update(purpose.rawValue)
        nonceKey.update(epoch.number)
        // Of a key of our own there is always a blinded one: its public half was made from its secret half.
        let publicKey = suite.blind(publicKey: key.publicKey, factor: factor) ?? .zero
        return BlindedSigner(
            key: BlindedKey(publicKey), suite: suite, scalar: scalar, nonceKey: nonceKey.finishSecret())
    }

    /// A secret of one's own for one use, which follows from the seed and tells nothing about it.
    public func derivedSecret(_ domain: Domain, number: UInt64 = 0) -> SecretKey {
        var hash = Blake2b(key: seed)
        hash.update(domain)
        hash.update(number)
        return hash.finishSecret()
    }
}
