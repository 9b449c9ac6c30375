import Basics

/// The payload of both handshake messages, before it is sealed.
/// ```
///  0         1      2                 4             4 + n
/// +---------+------+-----------------+-------------+----------------------+-------------+
/// | version | mode | body length u16 | RPC body    | alternate (0 or 21)  | zeros       |
/// +---------+------+-----------------+-------------+----------------------+-------------+
/// ```
/// The body is at most `Limits.bodySize` bytes and may be empty; an `AlternateEndpoint` follows where the sender has
/// one to tell. Zeros fill an initiation up; a response has none.
public struct HandshakePayload: Hashable, Sendable {
    /// The protocol version this program speaks.
    public static let currentVersion: UInt8 = 1
    /// Bytes before the RPC body.
    public static let byteCount = 4

    /// How the sender takes part.
    public var mode: NodeMode
    /// The RPC body, a part of the payload.
    public var body: ByteRange
    /// The sender's endpoint of the other address family, if it says so.
    public var alternate: Endpoint?

    /// Reads a payload; later versions are read as far as this one knows them, as they only add.
    public init(decoding payload: RawSpan) throws(DecodeError) {
        var reader = ByteReader(payload)
        guard try reader.u8(payload) >= HandshakePayload.currentVersion else { throw .unknownVersion }
        guard let mode = NodeMode(rawValue: try reader.u8(payload)) else { throw .outOfRange }
        self.mode = mode
        let count = Int(try reader.u16(payload))
        guard count <= Limits.bodySize else { throw .oversized }
        body = try reader.range(payload, count: count)
        alternate = AlternateEndpoint.read(behind: reader.at, of: payload)
    }

    /// Appends a payload with `body`, and zeros until it has `paddedTo` bytes where that is more.
    public static func encode(
        mode: NodeMode, body: RawSpan, alternate: Endpoint? = nil, paddedTo minimum: Int = 0,
        into writer: inout ByteWriter
    ) {
        let start = writer.count
        writer.u8(currentVersion)
        writer.u8(mode.rawValue)
        writer.u16(UInt16(clamping: body.byteCount))
        writer.span(body)
        if let alternate { writer.alternate(alternate) }
        writer.zeros(max(0, minimum - (writer.count - start)))
    }
}
