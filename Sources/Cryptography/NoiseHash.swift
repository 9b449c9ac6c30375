import Basics
import CSodium

/// The hash functions of `Noise_…_BLAKE2b` (Noise, revision 34, §4.3): HASHLEN is 64 bytes, BLOCKLEN 128.
public enum NoiseHash {
    /// HASH(name), or the name itself padded with zeros where it fits into 64 bytes (§5.2, InitializeSymmetric).
    public static func initial(protocolName name: String) -> Digest512 {
        let bytes = Array(name.utf8)
        if bytes.count > Digest512.byteCount { return Blake2b.hash512(bytes.span.bytes) }
        let padded = bytes + Array(repeating: 0, count: Digest512.byteCount - bytes.count)
        return Digest512(padded) ?? Blake2b.hash512(padded.span.bytes)
    }

    /// HASH(h ‖ data): what MixHash makes of the handshake hash.
    public static func mix(_ digest: Digest512, _ data: RawSpan) -> Digest512 {
        var hash = Blake2b(byteCount: Digest512.byteCount)
        hash.update(digest)
        hash.update(data)
        return hash.finish512()
    }

    /// HKDF(chaining key, input, 2): the next chaining key and a cipher key, as MixKey needs them.
    public static func derive2(_ key: SecretDigest, _ input: RawSpan) -> (SecretDigest, SecretKey) {
        let extracted = extract(key, input)
        let first = expand(extracted, after: nil, index: 1)
        let second = expand(extracted, after: first, index: 2)
        return (first, second.firstHalf)
    }

    /// The same for a secret input: the result of a Diffie-Hellman.
    public static func derive2(_ key: SecretDigest, _ input: SecretKey) -> (SecretDigest, SecretKey) {
        input.withUnsafeBytes { derive2(key, $0.bytes) }
    }

    /// HKDF(chaining key, pre-shared key, 3): the next chaining key, what to mix into the handshake hash, and a cipher
    /// key, as MixKeyAndHash needs them.
    public static func derive3(_ key: SecretDigest, _ input: SecretKey) -> (SecretDigest, Digest512, SecretKey) {
        let extracted = input.withUnsafeBytes { extract(key, $0.bytes) }
        let first = expand(extracted, after: nil, index: 1)
        let second = expand(extracted, after: first, index: 2)
        let third = expand(extracted, after: second, index: 3)
        let digest = second.withUnsafeBytes { Digest512($0.bytes) } ?? .zero
        return (first, digest, third.firstHalf)
    }

    /// HKDF(chaining key, domain ‖ secrets, 3) for what isn't Noise: the next chaining key, and the first halves of the
    /// other two outputs as keys. Nothing secret is copied on the way.
    public static func derive3(
        _ key: SecretDigest, _ domain: Domain? = nil, _ secrets: [SecretKey]
    ) -> (SecretDigest, SecretKey, SecretKey) {
        let extracted = key.withUnsafeBytes { key in
            hmac(key) { hash in
                if let domain { hash.update(domain) }
                for secret in secrets { hash.update(secret) }
            }
        }
        let first = expand(extracted, after: nil, index: 1)
        let second = expand(extracted, after: first, index: 2)
        let third = expand(extracted, after: second, index: 3)
        return (first, second.firstHalf, third.firstHalf)
    }

    /// HKDF(chaining key, nothing, 2): the two cipher keys of the transport, the initiator's first, as Split needs
    /// them.
    public static func split(_ key: SecretDigest) -> (SecretKey, SecretKey) {
        let nothing: [UInt8] = []
        let extracted = extract(key, nothing.span.bytes)
        let first = expand(extracted, after: nil, index: 1)
        let second = expand(extracted, after: first, index: 2)
        return (first.firstHalf, second.firstHalf)
    }

    /// HMAC-BLAKE2b-512 (RFC 2104) under a key no longer than a block of 128 bytes.
    package static func authenticate(key: RawSpan, _ message: RawSpan) -> Digest512 {
        let code = key.withUnsafeBytes { key in hmac(key) { $0.update(message) } }
        return code.withUnsafeBytes { Digest512($0.bytes) } ?? .zero
    }

    private static func extract(_ key: SecretDigest, _ input: RawSpan) -> SecretDigest {
        key.withUnsafeBytes { key in hmac(key) { $0.update(input) } }
    }

    private static func expand(_ key: SecretDigest, after previous: SecretDigest?, index: UInt8) -> SecretDigest {
        key.withUnsafeBytes { key in
            hmac(key) { hash in
                previous?.withUnsafeBytes { hash.update($0) }
                hash.update(index)
            }
        }
    }

    /// H((key ⊕ 0x5c…) ‖ H((key ⊕ 0x36…) ‖ message)), the message being what `message` feeds to the inner hash.
    private static func hmac(_ key: UnsafeRawBufferPointer, _ message: (inout Blake2b) -> Void) -> SecretDigest {
        precondition(key.count <= blockSize)
        func keyed(with pad: UInt8) -> Blake2b {
            var hash = Blake2b(byteCount: Digest512.byteCount)
            withUnsafeTemporaryAllocation(byteCount: blockSize, alignment: 1) { block in
                for index in 0..<blockSize { block[index] = (index < key.count ? key[index] : 0) ^ pad }
                hash.update(UnsafeRawBufferPointer(block))
                if let octets = block.baseAddress { sodium_memzero(octets, blockSize) }
            }
            return hash
        }
        var inner = keyed(with: 0x36)
        message(&inner)
        var outer = keyed(with: 0x5c)
        inner.finishSecret512().withUnsafeBytes { outer.update($0) }
        return outer.finishSecret512()
    }

    private static let blockSize = 128
}
