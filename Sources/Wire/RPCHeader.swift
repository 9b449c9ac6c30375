/// The first five bytes of every RPC body. They decode whatever the RPC is, so that unknown ones can be answered.
/// ```
///  0            1                5
/// +------------+----------------+-----------------------------------------+
/// | R | kind   | request ID u32 | fields: tag u8, length u16, value; …    |
/// +------------+----------------+-----------------------------------------+
///   R: 1 in a response
/// ```
public struct RPCHeader: Hashable, Sendable {
    public static let byteCount = 5
    private static let responseBit: UInt8 = 0x80

    /// The RPC's number, 0…127, known or not.
    public let number: UInt8
    public let isResponse: Bool
    /// Chosen by the requester, repeated in the response.
    public let requestID: UInt32

    /// The RPC, or nil where this version doesn't know it.
    public var kind: RPCKind? { RPCKind(rawValue: number) }

    public init(_ kind: RPCKind, isResponse: Bool = false, requestID: UInt32) {
        number = kind.rawValue
        self.isResponse = isResponse
        self.requestID = requestID
    }

    public init(decoding body: RawSpan) throws(DecodeError) {
        var reader = ByteReader(body)
        let first = try reader.u8(body)
        number = first & ~RPCHeader.responseBit
        isResponse = first & RPCHeader.responseBit != 0
        requestID = try reader.u32(body)
    }

    private init(number: UInt8, isResponse: Bool, requestID: UInt32) {
        self.number = number
        self.isResponse = isResponse
        self.requestID = requestID
    }

    /// The header of the response to this request.
    public var answer: RPCHeader { RPCHeader(number: number, isResponse: true, requestID: requestID) }

    public func encode(into writer: inout ByteWriter) {
        writer.u8(isResponse ? number | RPCHeader.responseBit : number)
        writer.u32(requestID)
    }
}
