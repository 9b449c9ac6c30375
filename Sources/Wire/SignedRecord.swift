import Basics
import Cryptography

/// A small signed value in the DHT. A peer's own is sealed for those who know the peer, and nodes see only what is
/// outside; at the location of a mailbox it is a `MailboxPolicy`.
/// ```
///  0         1         33           41               49             51             51 + n
/// +---------+---------+------------+----------------+--------------+--------------+----------------+
/// | version | A′ (32) | sequence   | valid until    | sealed count | sealed (n)   | signature (64) |
/// |         |         | u64        | u64, seconds   | u16          |              |                |
/// +---------+---------+------------+----------------+--------------+--------------+----------------+
/// ```
/// The signature is by A′ over `"roost record"` and everything before it.
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

extension SignedRecord {
    /// The bytes of a new record that `signer` signs. At most `Limits.recordSize - overhead` bytes can be sealed in it.
    public static func encode(
        sequence: UInt64, validUntil: UnixTime, sealed: [UInt8], signer: BlindedSigner
    ) -> [UInt8] {
        precondition(sealed.count <= Limits.recordSize - overhead)
        var writer = ByteWriter(capacity: overhead + sealed.count)
        writer.u8(currentVersion)
        writer.bytes32(signer.key.bytes)
        writer.u64(sequence)
        writer.time(validUntil)
        writer.u16(UInt16(clamping: sealed.count))
        writer.array(sealed)
        writer.signature(signer.sign(SignedBytes.record(writer.bytes)))
        return writer.bytes
    }

    /// Whether it has not expired, and doesn't claim to be valid for longer than records may.
    public func isTimely(_ now: UnixTime) -> Bool {
        now < validUntil
            && validUntil <= now.advanced(bySeconds: Int64(Limits.recordDaysAccepted) * UnixTime.secondsPerDay)
    }

    /// The record that is valid at a location: signed by the key whose hash is the location, not expired, and not
    /// claiming to be valid for longer than records may.
    public static func verified(_ bytes: [UInt8], at location: Location, now: UnixTime, suite: CipherSuite)
        -> SignedRecord?
    {
        guard let record = try? SignedRecord(decoding: bytes.span.bytes), record.key.location == location,
            record.isTimely(now)
        else { return nil }
        let signed = SignedBytes.record([UInt8](bytes.dropLast(Signature.byteCount)))
        return suite.verify(record.signature, of: signed, by: record.key.bytes) ? record : nil
    }
}
