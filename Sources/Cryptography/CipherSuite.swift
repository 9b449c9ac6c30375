import Basics
import CSodium

/// All asymmetric cryptography there is, Diffie-Hellman, key encapsulation, signatures and blinding, and that of
/// sessions.
public struct CipherSuite: Hashable, Sendable {
    /// With what Diffie-Hellman, signatures, blinding and sessions are calculated.
    enum Primitives { case sodium, cheap }

    let primitives: Primitives
    let encapsulation: KeyEncapsulation

    /// X25519 (RFC 7748), Ed25519 (RFC 8032), and ChaCha20-Poly1305 (RFC 8439) with BLAKE2b (RFC 7693) for sessions and
    /// their handshakes, by libsodium; ML-KEM-768 (FIPS 203) by swift-crypto.
    public static let sodium = CipherSuite(primitives: .sodium, encapsulation: .mlKEM768)
    /// For simulations: the same algebra over a tiny group, thousands of times faster and without any security.
    /// Diffie-Hellman commutes, blinding works, and what is done with a wrong key fails.
    ///
    /// So it is with sessions: a few multiplications take the place of cipher and hash (`CheapMixer`), with the same
    /// lengths. What lasts longer than a session, records and envelopes, is hashed and sealed as ever.
    public static let cheap = CipherSuite(primitives: .cheap, encapsulation: .standIn)
    /// For simulations with real cryptography: `sodium`, but with the stand-in for ML-KEM, as swift-crypto draws the
    /// randomness of an encapsulation itself. With it nothing would repeat.
    public static let repeatable = CipherSuite(primitives: .sodium, encapsulation: .standIn)

    /// The public half of a Diffie-Hellman key.
    public func publicKey(of secret: SecretKey) -> PublicKey {
        switch primitives {
        case .sodium:
            let bytes = secret.withOctets { secret in Bytes32 { crypto_scalarmult_base($0, secret) } }
            return PublicKey(bytes ?? .zero)
        case .cheap: return PublicKey(CheapGroup.publicKey(of: secret))
        }
    }

    /// The result of a Diffie-Hellman, or nil where the public key is a point of low order, which would make the result
    /// known to everyone (RFC 7748 §6.1).
    public func sharedSecret(_ secret: SecretKey, _ key: PublicKey) -> SecretKey? {
        switch primitives {
        case .sodium:
            var isValid = false
            let shared = SecretKey { output in
                isValid = secret.withOctets { secret in
                    key.bytes.withOctets { crypto_scalarmult(output, secret, $0) == 0 }
                }
            }
            return isValid ? shared : nil
        case .cheap: return CheapGroup.sharedSecret(secret, key.bytes)
        }
    }

    /// Whether a signature is the key's own over the message: a peer ID's or a blinded key's.
    public func verify(_ signature: Signature, of message: [UInt8], by key: Bytes32) -> Bool {
        switch primitives {
        case .sodium: Ed25519.verify(signature, of: message, by: key)
        case .cheap: CheapGroup.verify(signature, of: message, by: key)
        }
    }

    /// Whether bytes are a public key that can be trusted with signing: canonical, in the prime-order subgroup, and not
    /// its identity.
    func isValidSigningKey(_ key: Bytes32) -> Bool {
        switch primitives {
        case .sodium: Ed25519.isValid(key)
        case .cheap: CheapGroup.isValid(key)
        }
    }

    /// The Diffie-Hellman key that goes with a signing key, as XEdDSA has it (Perrin, 2016, §2.3): the secret half is
    /// the same scalar. Nil where the signing key is not valid. That one pair may serve for both is proved by Thormarker
    /// (ePrint 2021/509), as long as what is agreed on is hashed.
    func agreementKey(of signingKey: Bytes32) -> PublicKey? {
        guard isValidSigningKey(signingKey) else { return nil }
        switch primitives {
        case .sodium: return Ed25519.agreementKey(of: signingKey)
        case .cheap: return PublicKey(signingKey)
        }
    }

    /// The signing key to which a person's seed expands.
    func signingKey(seed: SecretKey) -> SigningKey {
        switch primitives {
        case .sodium: Ed25519.signingKey(seed: seed)
        case .cheap: CheapGroup.signingKey(seed: seed)
        }
    }

    /// The signature by a person's key, exactly as RFC 8032 has it.
    func sign(_ message: [UInt8], by key: SigningKey) -> Signature {
        switch primitives {
        case .sodium: Ed25519.sign(message, by: key)
        case .cheap: CheapGroup.sign(message, publicKey: key.publicKey)
        }
    }

    /// The signature by a blinded key; `nonce` is a secret hash that no other message of this key has.
    func sign(_ message: [UInt8], by scalar: SecretKey, publicKey: Bytes32, nonce: SecretDigest) -> Signature {
        switch primitives {
        case .sodium: Ed25519.sign(message, scalar: scalar, publicKey: publicKey, nonce: nonce)
        case .cheap: CheapGroup.sign(message, publicKey: publicKey)
        }
    }

    /// A public key times the blinding factor that a hash gives, or nil where the key is not valid.
    func blind(publicKey: Bytes32, factor: Digest512) -> Bytes32? {
        switch primitives {
        case .sodium: Ed25519.blind(publicKey: publicKey, factor: factor)
        case .cheap: CheapGroup.blind(publicKey: publicKey, factor: factor)
        }
    }

    /// A secret scalar times the blinding factor that a hash gives.
    func blind(scalar: SecretKey, factor: Digest512) -> SecretKey {
        switch primitives {
        case .sodium: Ed25519.blind(scalar: scalar, factor: factor)
        case .cheap: CheapGroup.blind(scalar: scalar, factor: factor)
        }
    }
}

/// The parts of an Ed25519 private key (RFC 8032 §5.1.5), or of the cheap suite's imitation.
struct SigningKey: Sendable {
    let publicKey: Bytes32
    /// The scalar a: the public key is this multiple of the base point.
    let scalar: SecretKey
    /// The secret half from which signing nonces are derived.
    let prefix: SecretKey
    /// The scalar for Diffie-Hellman: not reduced, as X25519 clamps it.
    let agreementSecret: SecretKey
}
