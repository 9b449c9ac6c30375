import Basics

/// The sender's endpoint of the other address family, not the one in use, which the receiver can't observe. It is a
/// claim until a dial there is answered with the same key.
/// ```
///  0    1            3                19         21
/// +----+------------+----------------+----------+
/// | 1c | length 18  | address (16)   | port u16 |
/// +----+------------+----------------+----------+
/// ```
/// It follows all other fields of a ping or its answer, and the RPC body in a handshake's payload.
/// Versions that don't know it skip it.
public enum AlternateEndpoint {
    /// Bytes of the field.
    public static let byteCount = 3 + 18

    /// The endpoint that a ping, or an answer to one, states, or nil.
    public static func read(from body: RawSpan) -> Endpoint? {
        guard let fields = try? Fields(decoding: body), fields.contains(.alternate) else { return nil }
        return try? fields.endpoint(.alternate, body)
    }

    /// Reads what follows the body in a handshake's payload: fields as in RPC bodies, up to the first zero or the end.
    /// Whatever is malformed there counts as nothing: the handshake is good without it.
    static func read(behind offset: Int, of payload: RawSpan) -> Endpoint? {
        var reader = ByteReader(ByteRange(offset: offset, count: payload.byteCount - offset))
        while !reader.isAtEnd {
            guard let tag = try? reader.u8(payload), tag != 0, let count = try? reader.u16(payload),
                let value = try? reader.range(payload, count: Int(count))
            else { return nil }
            guard tag == FieldTag.alternate.rawValue else { continue }
            var field = ByteReader(value)
            return value.count == 18 ? try? field.endpoint(payload) : nil
        }
        return nil
    }
}

extension ByteWriter {
    /// Appends the field that states an endpoint.
    public mutating func alternate(_ endpoint: Endpoint) { field(.alternate, endpoint) }
}
