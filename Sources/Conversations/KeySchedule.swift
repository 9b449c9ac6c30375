import Basics
import Cryptography

/// How every key of a session follows from what the two sides agree on.
///
/// HKDF is that of Noise (revision 34, §4.3); the root key keeps all 64 bytes of its first output, other keys are the
/// first 32 of theirs.
enum KeySchedule {
    private static let first = SecretDigest(
        NoiseHash.initial(protocolName: "Roost_PQXDH_25519_MLKEM768_XChaChaPoly_BLAKE2b"))

    /// The first two steps of PQXDH: what is known before the initiator is. `identity` is DH(e, IKr), `prekey` is
    /// DH(e, SPKr), `shared` what was encapsulated. Returns the chaining key, and the key of first messages' headers.
    static func begin(identity: SecretKey, prekey: SecretKey, shared: SecretKey) -> (SecretDigest, SecretKey) {
        let chain = NoiseHash.derive3(first, nil, [identity]).0
        let (next, headerKey, _) = NoiseHash.derive3(chain, nil, [prekey, shared])
        return (next, headerKey)
    }

    /// The last step, by DH(IKi, SPKr): the root key, and the header key of the responder's first chain.
    static func root(_ chain: SecretDigest, _ agreed: SecretKey) -> (root: SecretDigest, headerKey: SecretKey) {
        let (root, _, headerKey) = NoiseHash.derive3(chain, nil, [agreed])
        return (root, headerKey)
    }

    /// What a step of the ratchet gives.
    struct Step {
        let root: SecretDigest
        /// The first key of the chain that begins.
        let chainKey: SecretKey
        /// The header key of the same side's next chain.
        let nextHeaderKey: SecretKey
    }

    /// A step of the ratchet: by a Diffie-Hellman of the two newest keys and, where the initiator sends, by what they
    /// encapsulated.
    static func step(_ root: SecretDigest, _ agreed: SecretKey, _ shared: SecretKey? = nil) -> Step {
        let (root, chainKey, next) = NoiseHash.derive3(root, .step, [agreed] + (shared.map { [$0] } ?? []))
        return Step(root: root, chainKey: chainKey, nextHeaderKey: next)
    }

    /// The key of a chain's next message, and the chain's key after it.
    static func message(_ chainKey: SecretKey) -> (key: SecretKey, next: SecretKey) {
        (derived(chainKey, 1), derived(chainKey, 2))
    }

    private static func derived(_ key: SecretKey, _ number: UInt8) -> SecretKey {
        var hash = Blake2b(key: key)
        hash.update(number)
        return hash.finishSecret()
    }

    /// The key of the stream that hides an encapsulation key or ciphertext.
    static func objectKey(_ headerKey: SecretKey) -> SecretKey {
        var hash = Blake2b(key: headerKey)
        hash.update(Domain.object)
        return hash.finishSecret()
    }

    /// The key of the stream that hides the beginning of first messages from all who don't know the recipient.
    static func maskKey(of recipient: PeerID) -> SecretKey {
        var hash = Blake2b(.mask)
        hash.update(recipient.bytes)
        return hash.finishSecret()
    }
}
