/// Why bytes from outside mean nothing. It carries no payload, so that throwing it allocates nothing.
public enum DecodeError: Error, Hashable, Sendable {
    /// The bytes end before the value does.
    case truncated
    /// There are more bytes than the format allows.
    case oversized
    /// The format's version is not one this program reads.
    case unknownVersion
    /// The datagram's first byte names no kind.
    case unknownDatagram
    /// The RPC's number is not one this version serves. `RPCHeader` still decodes, so it can be answered.
    case unknownRPC
    /// A response where a request was expected, or the other way round.
    case wrongDirection
    /// The fields of an RPC are not in strictly ascending order of their tags, or a field occurs twice.
    case unorderedFields
    /// A field that the RPC demands is not there.
    case missingField
    /// A field's length is not that of its type.
    case fieldLength
    /// A number is beyond its bounds, or names nothing.
    case outOfRange
    /// Fields that are valid alone don't fit together.
    case contradictory
    /// A contact or an observed address that nothing can be sent to.
    case unusableEndpoint
}
