import Basics
import CSodium

/// A cryptographically secure random generator, all of whose output follows from its seed.
///
/// It is the ChaCha20 keystream (RFC 8439 §2.4) with fast key erasure (Bernstein, 2017): each refill begins with the
/// key of the next, and what was handed out is erased, so that a leaked state reveals nothing of earlier output. A copy
/// repeats what the original gives: keep one, and seed others from it.
public struct SecureGenerator: RandomNumberGenerator, Sendable {
    private var key: SecretKey
    /// Keystream: first the next key, then the output not handed out yet.
    private var block: [UInt64]
    private var position: Int

    private static let keyWords = 4
    private static let blockWords = 64

    /// A generator for everything that follows from `seed`, which must be secret and used for nothing else.
    public init(seed: Bytes32) {
        key = SecretKey(seed)
        block = Array(repeating: 0, count: SecureGenerator.blockWords)
        position = SecureGenerator.blockWords
    }

    public mutating func next() -> UInt64 {
        if position == SecureGenerator.blockWords { refill() }
        defer {
            block[position] = 0
            position += 1
        }
        return UInt64(littleEndian: block[position])
    }

    /// Thirty-two random bytes, such as the seed of another generator.
    public mutating func bytes32() -> Bytes32 { Bytes32(words: (next(), next(), next(), next())) }

    /// A random key.
    public mutating func secretKey() -> SecretKey { SecretKey(bytes32()) }

    /// Sixty-four random bytes, such as the seed of an encapsulation key.
    public mutating func secretDigest() -> SecretDigest { SecretDigest(Digest512(first: bytes32(), second: bytes32())) }

    /// A random name for a message.
    public mutating func messageID() -> MessageID { MessageID(UInt128(next()) << 64 | UInt128(next())) }

    /// As many random bytes as asked for.
    public mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            withUnsafeBytes(of: next().littleEndian) { bytes.append(contentsOf: $0.prefix(count - bytes.count)) }
        }
        return bytes
    }

    private mutating func refill() {
        // The key is used for this block only, so the nonce may always be zero.
        let nonce: [UInt8] = Array(repeating: 0, count: Int(crypto_stream_chacha20_ietf_NONCEBYTES))
        let current = key
        block.withUnsafeMutableBytes { block in
            guard let output = block.octets else { return }
            _ = current.withOctets { crypto_stream_chacha20_ietf(output, UInt64(block.count), nonce, $0) }
        }
        key = SecretKey { next in
            block.withUnsafeMutableBytes { block in
                for index in 0..<SecretKey.byteCount {
                    next[index] = block[index]
                    block[index] = 0
                }
            }
        }
        position = SecureGenerator.keyWords
    }
}
