import Basics

/// Reads the tombstones of a discard, one by one.
/// ```
/// +--------------------+----------------+------------------+
/// | envelope ID (32)   | expiry day u32 | signature (64)   |
/// +--------------------+----------------+------------------+
/// ```
public struct TombstoneReader: Sendable {
    public static let entryByteCount = 100

    private var reader: ByteReader

    /// `range` is what a `Request.discard` names.
    public init(_ range: ByteRange) { reader = ByteReader(range) }

    public var isAtEnd: Bool { reader.isAtEnd }

    /// The next tombstone, or nil after the last. `body` is what the request was decoded from.
    public mutating func next(in body: RawSpan) -> Tombstone? {
        reader.isAtEnd ? nil : try? reader.tombstone(body)
    }

    /// Checks that there are some, not too many, and nothing besides.
    static func check(_ range: ByteRange, _ body: RawSpan) throws(DecodeError) -> ByteRange {
        guard range.count > 0, range.count.isMultiple(of: entryByteCount) else { throw .fieldLength }
        guard range.count <= Limits.tombstonesPerDiscard * entryByteCount else { throw .oversized }
        return range
    }
}

extension ByteReader {
    /// Reads one tombstone as `TombstoneReader` draws it.
    public mutating func tombstone(_ span: RawSpan) throws(DecodeError) -> Tombstone {
        let envelope = EnvelopeID(try bytes32(span))
        let expiry = Day(number: try u32(span))
        return Tombstone(envelope: envelope, expiry: expiry, signature: try signature(span))
    }
}

extension ByteWriter {
    /// Appends one tombstone as `TombstoneReader` draws it.
    public mutating func tombstone(_ tombstone: Tombstone) {
        bytes32(tombstone.envelope.bytes)
        u32(tombstone.expiry.number)
        signature(tombstone.signature)
    }
}
