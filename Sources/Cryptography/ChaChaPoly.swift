import Basics
import CSodium

/// ChaCha20-Poly1305 (RFC 8439) with the nonces of Noise: for data in transit.
///
/// A nonce is four zero bytes and a 64-bit little-endian counter (Noise, revision 34, §12.3), and must never be used
/// twice with one key.
public enum ChaChaPoly {
    /// Bytes that sealing adds.
    public static let tagSize = 16

    /// Writes the ciphertext and its tag to the start of `output`, which must have room for `plaintext` and the tag and
    /// may begin where `plaintext` does.
    public static func seal(
        _ plaintext: RawSpan, nonce: UInt64, key: SecretKey, authenticating associated: RawSpan,
        into output: UnsafeMutableRawBufferPointer
    ) {
        key.withOctets { seal(plaintext, nonce, $0, associated, output) }
    }

    /// The same with the first key of a pair, and nothing else to authenticate.
    package static func seal(
        _ plaintext: RawSpan, nonce: UInt64, firstOf place: Int, in keys: SecretKeyPairs,
        into output: UnsafeMutableRawBufferPointer
    ) {
        keys.withOctets(of: place, second: false) { seal(plaintext, nonce, $0, RawSpan(), output) }
    }

    @inline(__always)
    private static func seal(
        _ plaintext: RawSpan, _ nonce: UInt64, _ key: UnsafePointer<UInt8>, _ associated: RawSpan,
        _ output: UnsafeMutableRawBufferPointer
    ) {
        precondition(output.count >= plaintext.byteCount + tagSize)
        plaintext.withUnsafeBytes { plaintext in
            associated.withUnsafeBytes { associated in
                withNonce(nonce) { nonce in
                    guard let output = output.octets else { return }
                    crypto_aead_chacha20poly1305_ietf_encrypt(
                        output, nil, plaintext.octets, UInt64(plaintext.count),
                        associated.octets, UInt64(associated.count), nil, nonce, key)
                }
            }
        }
    }

    /// Writes the plaintext to the start of `output`, which must have room for `sealed` less the tag and may begin
    /// where `sealed` does. Returns false where the tag is not right: then `output` holds nothing of use.
    public static func open(
        _ sealed: RawSpan, nonce: UInt64, key: SecretKey, authenticating associated: RawSpan,
        into output: UnsafeMutableRawBufferPointer
    ) -> Bool {
        key.withOctets { open(sealed, nonce, $0, associated, output) }
    }

    /// The same with the second key of a pair, and nothing else to authenticate.
    package static func open(
        _ sealed: RawSpan, nonce: UInt64, secondOf place: Int, in keys: SecretKeyPairs,
        into output: UnsafeMutableRawBufferPointer
    ) -> Bool {
        keys.withOctets(of: place, second: true) { open(sealed, nonce, $0, RawSpan(), output) }
    }

    @inline(__always)
    private static func open(
        _ sealed: RawSpan, _ nonce: UInt64, _ key: UnsafePointer<UInt8>, _ associated: RawSpan,
        _ output: UnsafeMutableRawBufferPointer
    ) -> Bool {
        guard sealed.byteCount >= tagSize else { return false }
        precondition(output.count >= sealed.byteCount - tagSize)
        return sealed.withUnsafeBytes { sealed in
            associated.withUnsafeBytes { associated in
                withNonce(nonce) { nonce in
                    guard let sealedBytes = sealed.octets else { return false }
                    return crypto_aead_chacha20poly1305_ietf_decrypt(
                        output.octets, nil, nil, sealedBytes, UInt64(sealed.count),
                        associated.octets, UInt64(associated.count), nonce, key) == 0
                }
            }
        }
    }

    @inline(__always)
    private static func withNonce<Result>(_ counter: UInt64, _ body: (UnsafePointer<UInt8>) -> Result) -> Result {
        // Three 32-bit words: zero, and the counter's lower and upper half, each little-endian.
        let words = (
            UInt32(0), UInt32(truncatingIfNeeded: counter).littleEndian,
            UInt32(truncatingIfNeeded: counter >> 32).littleEndian
        )
        return withUnsafePointer(to: words) { body(UnsafeRawPointer($0).assumingMemoryBound(to: UInt8.self)) }
    }
}
