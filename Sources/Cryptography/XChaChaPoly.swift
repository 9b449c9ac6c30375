import Basics
import CSodium

/// XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03): for data at rest. Its nonces of 192 bits may be drawn at random.
public enum XChaChaPoly {
    /// Bytes that sealing adds.
    public static let tagSize = 16
    /// Bytes of a nonce.
    public static let nonceSize = 24

    /// The ciphertext and its tag. `nonce` must be 24 bytes that were never used with this key.
    public static func seal(
        _ plaintext: [UInt8], nonce: [UInt8], key: SecretKey, authenticating associated: [UInt8]
    ) -> [UInt8] {
        precondition(nonce.count == nonceSize)
        return [UInt8](unsafeUninitializedCapacity: plaintext.count + tagSize) { output, count in
            guard let start = output.baseAddress else { return }
            _ = key.withOctets { key in
                crypto_aead_xchacha20poly1305_ietf_encrypt(
                    start, nil, plaintext, UInt64(plaintext.count), associated, UInt64(associated.count), nil, nonce,
                    key)
            }
            count = plaintext.count + tagSize
        }
    }

    /// The plaintext, or nil where the tag is not right or the nonce is not 24 bytes.
    public static func open(
        _ sealed: [UInt8], nonce: [UInt8], key: SecretKey, authenticating associated: [UInt8]
    ) -> [UInt8]? {
        guard sealed.count >= tagSize, nonce.count == nonceSize else { return nil }
        var isAuthentic = false
        let plaintext = [UInt8](unsafeUninitializedCapacity: sealed.count - tagSize) { output, count in
            isAuthentic = key.withOctets { key in
                crypto_aead_xchacha20poly1305_ietf_decrypt(
                    output.baseAddress, nil, nil, sealed, UInt64(sealed.count), associated, UInt64(associated.count),
                    nonce, key) == 0
            }
            count = isAuthentic ? sealed.count - tagSize : 0
        }
        return isAuthentic ? plaintext : nil
    }

    /// Bytes of XChaCha20's stream (draft-irtf-cfrg-xchacha-03, §2.3), which nothing authenticates. `nonce` must be 24
    /// bytes that were never used with this key for anything else.
    public static func stream(_ count: Int, nonce: [UInt8], key: SecretKey) -> [UInt8] {
        precondition(nonce.count == nonceSize)
        return [UInt8](unsafeUninitializedCapacity: count) { output, initialized in
            guard let start = output.baseAddress else { return }
            _ = key.withOctets { crypto_stream_xchacha20(start, UInt64(count), nonce, $0) }
            initialized = count
        }
    }
}
