import Basics

/// The unencrypted part of an envelope. It holds all that a buddy needs, and nothing about sender, recipient or
/// content.
/// ```
///  0         1                5            6        7                  7 or 71          size of the class
/// +---------+----------------+------------+--------+------------------+----------------+
/// | version | expiry day u32 | size class | signed | signature (64)   | sealed         |
/// |         |                |            | 0 or 1 | if signed is 1   |                |
/// +---------+----------------+------------+--------+------------------+----------------+
/// ```
/// The signature is by a sender whom the mailbox's owner has accepted, over `SignedBytes.delivery`. An envelope's length is
/// exactly `Limits.sizeClasses[size class]`, and its ID is the hash of all its bytes.
public struct EnvelopeHeader: Hashable, Sendable {
    public static let currentVersion: UInt8 = 1
    /// Bytes before what is sealed, without a signature.
    public static let byteCount = 7

    /// The last day on which the envelope is kept.
    public let expiry: Day
    /// An index of `Limits.sizeClasses`.
    public let sizeClass: Int
    /// By one of the delivery keys that the mailbox's owner gives to accepted senders.
    public let deliverySignature: Signature?

    /// The header of a new envelope; `sizeClass` is an index of `Limits.sizeClasses`. Where it is to be signed, the
    /// signature is zeros until `assemble(sealed:sign:)`.
    public init(expiry: Day, sizeClass: Int, isSigned: Bool = false) {
        precondition(Limits.sizeClasses.indices.contains(sizeClass))
        self.expiry = expiry
        self.sizeClass = sizeClass
        deliverySignature = isSigned ? Signature(r: .zero, s: .zero) : nil
    }

    /// Reads the header of a whole envelope. Nothing is verified.
    public init(decoding envelope: RawSpan) throws(DecodeError) {
        try self.init(decodingStart: envelope)
        guard envelope.byteCount >= size else { throw .truncated }
        guard envelope.byteCount == size else { throw .oversized }
    }

    /// Reads the header from the first bytes of an envelope, all or not.
    public init(decodingStart envelope: RawSpan) throws(DecodeError) {
        var reader = ByteReader(envelope)
        guard try reader.u8(envelope) == EnvelopeHeader.currentVersion else { throw .unknownVersion }
        expiry = Day(number: try reader.u32(envelope))
        sizeClass = Int(try reader.u8(envelope))
        guard Limits.sizeClasses.indices.contains(sizeClass) else { throw .outOfRange }
        switch try reader.u8(envelope) {
        case 0: deliverySignature = nil
        case 1: deliverySignature = try reader.signature(envelope)
        default: throw .outOfRange
        }
    }

    /// Bytes of the whole envelope.
    public var size: Int { Limits.sizeClasses[sizeClass] }

    /// The part of the envelope that is sealed.
    public var sealed: ByteRange {
        let offset = EnvelopeHeader.byteCount + (deliverySignature == nil ? 0 : Signature.byteCount)
        return ByteRange(offset: offset, count: size - offset)
    }

    /// The bytes before the signature, to which the sealed part is bound.
    public var authenticated: [UInt8] {
        var writer = ByteWriter(capacity: EnvelopeHeader.byteCount)
        writer.u8(EnvelopeHeader.currentVersion)
        writer.u32(expiry.number)
        writer.u8(UInt8(clamping: sizeClass))
        writer.u8(deliverySignature == nil ? 0 : 1)
        return writer.bytes
    }

    /// The whole envelope around what was sealed, which must have exactly `self.sealed.count` bytes.
    public func assemble(sealed bytes: [UInt8]) -> [UInt8] {
        precondition(bytes.count == sealed.count)
        return authenticated + (deliverySignature?.array ?? []) + bytes
    }

    /// The same, with the signature that `sign` gives of the envelope without a signature; it must be one that is to be
    /// signed.
    public func assemble(sealed bytes: [UInt8], sign: (_ unsigned: [UInt8]) -> Signature) -> [UInt8] {
        precondition(bytes.count == sealed.count && deliverySignature != nil)
        return authenticated + sign(authenticated + bytes).array + bytes
    }
}
