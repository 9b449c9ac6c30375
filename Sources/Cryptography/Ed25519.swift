import Basics
import CSodium

/// Ed25519 (RFC 8032) in parts, so that a blinded scalar can sign as well as a seed.
///
/// The signing equation is the RFC's (§5.1.6): R = r·B, k = SHA-512(R ‖ A ‖ M), S = r + k·a modulo L. Only where r
/// comes from differs between the two, and a verifier can't see it.
enum Ed25519 {
    /// Hashes the seed and keeps both halves, the first as a clamped scalar (§5.1.5) reduced modulo L: a multiple of B
    /// by it is the same.
    static func signingKey(seed: SecretKey) -> SigningKey {
        let hash = SecretDigest { output in
            seed.withOctets { _ = crypto_hash_sha512(output, $0, UInt64(SecretKey.byteCount)) }
            output[0] &= 248
            output[31] &= 127
            output[31] |= 64
        }
        let scalar = reduce(hash.firstHalf)
        return SigningKey(
            publicKey: multiplyBase(scalar), scalar: scalar, prefix: hash.secondHalf, agreementSecret: hash.firstHalf)
    }

    /// The RFC's signature: its nonce is SHA-512(prefix ‖ M).
    static func sign(_ message: [UInt8], by key: SigningKey) -> Signature {
        let nonce = sha512 { state in
            _ = key.prefix.withOctets { crypto_hash_sha512_update(&state, $0, UInt64(SecretKey.byteCount)) }
            crypto_hash_sha512_update(&state, message, UInt64(message.count))
        }
        return sign(message, scalar: key.scalar, publicKey: key.publicKey, nonce: nonce)
    }

    /// The signature by any scalar with any nonce; `nonce` must be secret and never serve for two messages, or the
    /// scalar is known.
    static func sign(_ message: [UInt8], scalar: SecretKey, publicKey: Bytes32, nonce: SecretDigest) -> Signature {
        let nonce = reduce(nonce)
        let r = multiplyBase(nonce)
        let challenge = reduce(
            sha512 { state in
                _ = r.withOctets { crypto_hash_sha512_update(&state, $0, UInt64(Bytes32.count)) }
                _ = publicKey.withOctets { crypto_hash_sha512_update(&state, $0, UInt64(Bytes32.count)) }
                crypto_hash_sha512_update(&state, message, UInt64(message.count))
            })
        let product = multiply(challenge, scalar)
        let s = nonce.withOctets { nonce in
            product.withOctets { product in
                Bytes32 { output in
                    crypto_core_ed25519_scalar_add(output, nonce, product)
                    return 0
                }
            }
        }
        return Signature(r: r, s: s ?? .zero)
    }

    static func verify(_ signature: Signature, of message: [UInt8], by key: Bytes32) -> Bool {
        Sodium.prepare()
        return key.withOctets { key in
            signature.array.withUnsafeBufferPointer { signature in
                guard let signature = signature.baseAddress else { return false }
                return crypto_sign_ed25519_verify_detached(signature, message, UInt64(message.count), key) == 0
            }
        }
    }

    /// libsodium's check takes canonical points of the prime-order subgroup and refuses those of small order, the
    /// identity among them.
    static func isValid(_ key: Bytes32) -> Bool {
        Sodium.prepare()
        return key.withOctets { crypto_core_ed25519_is_valid_point($0) } == 1
    }

    /// The same point in Montgomery's form: u = (1 + y)/(1 − y) (RFC 7748 §4.1).
    static func agreementKey(of key: Bytes32) -> PublicKey? {
        key.withOctets { key in Bytes32 { crypto_sign_ed25519_pk_to_curve25519($0, key) } }.map { PublicKey($0) }
    }

    /// h·A, or nil where A is not a valid point.
    static func blind(publicKey: Bytes32, factor: Digest512) -> Bytes32? {
        Sodium.prepare()
        return reduce(factor).withOctets { factor in
            publicKey.withOctets { publicKey in
                Bytes32 { crypto_scalarmult_ed25519_noclamp($0, factor, publicKey) }
            }
        }
    }

    /// h·a modulo L.
    static func blind(scalar: SecretKey, factor: Digest512) -> SecretKey { multiply(reduce(factor), scalar) }

    private static func sha512(_ feed: (inout crypto_hash_sha512_state) -> Void) -> SecretDigest {
        var state = crypto_hash_sha512_state()
        crypto_hash_sha512_init(&state)
        feed(&state)
        defer { sodium_memzero(&state, MemoryLayout.size(ofValue: state)) }
        return SecretDigest { _ = crypto_hash_sha512_final(&state, $0) }
    }

    private static func multiply(_ left: SecretKey, _ right: SecretKey) -> SecretKey {
        SecretKey { output in
            left.withOctets { left in
                right.withOctets { crypto_core_ed25519_scalar_mul(output, left, $0) }
            }
        }
    }

    /// The scalar times B. Only a scalar of zero fails, which a hash gives with a probability of 2⁻²⁵².
    private static func multiplyBase(_ scalar: SecretKey) -> Bytes32 {
        scalar.withOctets { scalar in Bytes32 { crypto_scalarmult_ed25519_base_noclamp($0, scalar) } } ?? .zero
    }

    private static func reduce(_ digest: Digest512) -> SecretKey { reduce(SecretDigest(digest)) }

    private static func reduce(_ scalar: SecretKey) -> SecretKey {
        reduce(
            SecretDigest { output in
                scalar.withOctets { output.update(from: $0, count: SecretKey.byteCount) }
            })
    }

    /// A 512-bit little-endian number modulo L.
    private static func reduce(_ number: SecretDigest) -> SecretKey {
        SecretKey { output in
            number.storage.withOctets { crypto_core_ed25519_scalar_reduce(output, $0) }
        }
    }
}
