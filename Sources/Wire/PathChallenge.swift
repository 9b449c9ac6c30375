import Basics

/// The number by which a ping asks whether its receiver is reached over one path of a session. The answer repeats it over the path
/// by which the ping came, and so shows that both sides receive there (RFC 9000, §8.2).
/// ```
///  0    1            3           11
/// +----+------------+-----------+
/// | 22 | length 8   | nonce u64 |
/// +----+------------+-----------+
/// ```
/// It follows all other fields of a ping or its answer. Versions that don't know it skip it, and answer without it.
public enum PathChallenge {
    /// Bytes of the body of a ping that has this field alone.
    public static let byteCount = RPCHeader.byteCount + 3 + 8

    /// Appends the body of a ping with this number.
    public static func encode(_ nonce: UInt64, requestID: UInt32, into writer: inout ByteWriter) {
        RPCHeader(.ping, requestID: requestID).encode(into: &writer)
        writer.challenge(nonce)
    }

    /// The number in a ping or in the answer to one, or nil.
    public static func read(from body: RawSpan) -> UInt64? {
        guard let fields = try? Fields(decoding: body), fields.contains(.challenge) else { return nil }
        return try? fields.u64(.challenge, body)
    }
}

extension ByteWriter {
    /// Appends the field that asks about a path, or answers that.
    public mutating func challenge(_ nonce: UInt64) { field(.challenge, u64: nonce) }
}
