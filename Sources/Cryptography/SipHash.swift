import Basics
import CSodium

/// SipHash-2-4 with 128 bits of output (Aumasson and Bernstein, 2012): a pseudorandom function for short inputs, several
/// times as fast as BLAKE2b. Whoever doesn't know the key can't tell its values from random ones, nor choose inputs by
/// them.
///
/// It is no hash for those who know the key: they find collisions in their values' sums.
public struct SipHash: Sendable {
    private let key: (UInt64, UInt64)

    /// Takes the first 16 bytes of a digest as the key.
    public init(keyFrom digest: Bytes32) { key = (digest.words.0.bigEndian, digest.words.1.bigEndian) }

    /// The value for some bytes, read as a big-endian number.
    public func hash(_ bytes: UnsafeRawBufferPointer) -> UInt128 {
        Sodium.prepare()
        var output: (UInt64, UInt64) = (0, 0)
        withUnsafeBytes(of: key) { key in
            withUnsafeMutableBytes(of: &output) { output in
                // Both buffers have the 16 bytes that it reads and writes; neither pointer is nil.
                guard let target = output.octets, let secret = key.octets else { return }
                _ = crypto_shorthash_siphashx24(target, bytes.octets, UInt64(bytes.count), secret)
            }
        }
        return UInt128(UInt64(bigEndian: output.0)) << 64 | UInt128(UInt64(bigEndian: output.1))
    }
}
