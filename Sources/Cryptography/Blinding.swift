import Basics

/// What a blinded key is for: each purpose has its own, and so its own place in the keyspace.
///
/// The raw value enters the blinding factor and never changes.
public enum BlindingPurpose: UInt8, CaseIterable, Sendable {
    case record = 1
    case mailbox = 2
}

/// The secret half of a blinded key: signs for one purpose in one epoch.
///
/// It is as secret as the profile key: with the peer ID it gives the profile key's scalar, as the factor is no secret.
public struct BlindedSigner: Sendable {
    /// The public half, by which others verify.
    public let key: BlindedKey
    private let suite: CipherSuite
    private let scalar: SecretKey
    private let nonceKey: SecretKey

    init(key: BlindedKey, suite: CipherSuite, scalar: SecretKey, nonceKey: SecretKey) {
        self.key = key
        self.suite = suite
        self.scalar = scalar
        self.nonceKey = nonceKey
    }

    /// The location of what it signs.
    public var location: Location { key.location }

    /// A signature that verifies as ordinary Ed25519 by `key`. The message should begin with a `Domain`.
    ///
    /// The nonce is a keyed hash of the message, so that equal messages have equal signatures and no two messages share
    /// a nonce.
    public func sign(_ message: [UInt8]) -> Signature {
        var nonce = Blake2b(byteCount: Digest512.byteCount, key: nonceKey)
        nonce.update(message)
        return suite.sign(message, by: scalar, publicKey: key.bytes, nonce: nonce.finishSecret512())
    }
}

/// Key blinding, by the construction of Tor's v3 onion services (rend-spec-v3, appendix A.2):
///
///     h  = BLAKE2b-512("roost blind" ‖ purpose u8 ‖ A ‖ epoch u32) modulo L
///     A′ = h·A        a′ = h·a modulo L        location = BLAKE2b-256(A′)
///
/// With A, A′ can be computed for every epoch. Without A, neither can A′ be linked to A, nor two blinded keys to each
/// other.
extension PeerID {
    /// The key that signs for this peer's records or mailbox in an epoch, or nil where the peer ID is not valid.
    public func blindedKey(
        for purpose: BlindingPurpose, epoch: Epoch, suite: CipherSuite = .sodium
    ) -> BlindedKey? {
        suite.blind(publicKey: bytes, factor: blindingFactor(for: purpose, epoch: epoch)).map { BlindedKey($0) }
    }

    /// Whether this can be a person's key: a canonical point of the prime-order subgroup other than its identity. Any
    /// other would let several IDs lead to one location, or a key of low order sign without a secret.
    public func isValid(_ suite: CipherSuite = .sodium) -> Bool { suite.isValidSigningKey(bytes) }

    /// The peer's long-term Diffie-Hellman key, PQXDH's IK: the Montgomery form of the peer ID, as in XEdDSA. Nil where the
    /// peer ID is not valid.
    public func agreementKey(_ suite: CipherSuite = .sodium) -> PublicKey? { suite.agreementKey(of: bytes) }

    func blindingFactor(for purpose: BlindingPurpose, epoch: Epoch) -> Digest512 {
        var hash = Blake2b(byteCount: Digest512.byteCount)
        hash.update(Domain.blind)
        hash.update(purpose.rawValue)
        hash.update(bytes)
        hash.update(epoch.number)
        return hash.finish512()
    }
}
