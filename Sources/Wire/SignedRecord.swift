import Basics
import Cryptography

/// A small signed value in the DHT, sealed for those who know the peer; nodes see only what is outside.
/// ```
///  0         1         33           41               49             51             51 + n
/// +---------+---------+------------+----------------+--------------+--------------+----------------+
/// | version | A′ (32) | sequence   | valid until    | sealed count | sealed (n)   | signature (64) |
/// |         |         | u64        | u64, seconds   | u16          |              |                |
/// +---------+---------+------------+----------------+--------------+--------------+----------------+
/// ```
/// The signature is by A′ over the record domain's bytes and everything before it.
public struct SignedRecord: Hashable, Sendable {
    public static let currentVersion: UInt8 = 1
    /// Bytes beside the sealed ones.
    public static let overhead = 51 + Signature.byteCount
    /// A record with nothing sealed.
    public static let minimumByteCount = overhead

    /// The blinded key; the record lies at its hash.
    public let key: BlindedKey
    /// The higher replaces the lower.
    public let sequence: UInt64
    public let validUntil: UnixTime
    /// The part of the bytes that is sealed.
    public let sealed: ByteRange
    public let signature: Signature

    /// Reads a whole record. Nothing is verified yet.
    public init(decoding bytes: RawSpan) throws(DecodeError) {
        guard bytes.byteCount <= Limits.recordSize else { throw .oversized }
        var reader = ByteReader(bytes)
        guard try reader.u8(bytes) == SignedRecord.currentVersion else { throw .unknownVersion }
        key = BlindedKey(try reader.bytes32(bytes))
        sequence = try reader.u64(bytes)
        validUntil = try reader.time(bytes)
        sealed = try reader.range(bytes, count: Int(try reader.u16(bytes)))
        signature = try reader.signature(bytes)
        guard reader.isAtEnd else { throw .oversized }
    }
}
