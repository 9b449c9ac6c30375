import Basics

/// A cursor over big-endian bytes. It holds positions only; the span is passed along with every call.
///
/// Every read checks the bytes that are left; nothing traps and nothing allocates.
public struct ByteReader: Sendable {
    /// The position of the next byte.
    public private(set) var at: Int
    /// The position after the last byte that may be read.
    public let end: Int

    /// Reads the whole of `span`, from `at`.
    public init(_ span: RawSpan, at: Int = 0) {
        self.at = at
        end = span.byteCount
    }

    /// Reads the part of a span that `range` names.
    public init(_ range: ByteRange) {
        at = range.offset
        end = range.end
    }

    /// The number of bytes left.
    public var remaining: Int { max(0, end - at) }

    /// Whether everything has been read.
    public var isAtEnd: Bool { remaining == 0 }

    /// The next `count` bytes, by position.
    public mutating func range(_ span: RawSpan, count: Int) throws(DecodeError) -> ByteRange {
        guard count >= 0, count <= remaining, end <= span.byteCount else { throw .truncated }
        let range = ByteRange(offset: at, count: count)
        at += count
        return range
    }

    /// All bytes that are left, by position.
    public mutating func rest(_ span: RawSpan) throws(DecodeError) -> ByteRange { try range(span, count: remaining) }

    public mutating func u8(_ span: RawSpan) throws(DecodeError) -> UInt8 { try integer(span) }
    public mutating func u16(_ span: RawSpan) throws(DecodeError) -> UInt16 { try integer(span) }
    public mutating func u32(_ span: RawSpan) throws(DecodeError) -> UInt32 { try integer(span) }
    public mutating func u64(_ span: RawSpan) throws(DecodeError) -> UInt64 { try integer(span) }
    public mutating func u128(_ span: RawSpan) throws(DecodeError) -> UInt128 {
        let high: UInt64 = try integer(span)
        let low: UInt64 = try integer(span)
        return UInt128(high) << 64 | UInt128(low)
    }

    public mutating func bytes32(_ span: RawSpan) throws(DecodeError) -> Bytes32 {
        let range = try range(span, count: Bytes32.count)
        guard let bytes = Bytes32(span, at: range.offset) else { throw .truncated }
        return bytes
    }

    public mutating func signature(_ span: RawSpan) throws(DecodeError) -> Signature {
        let r = try bytes32(span)
        return Signature(r: r, s: try bytes32(span))
    }

    /// Six bytes: an IPv4 address and a port that a datagram can be sent to.
    public mutating func ipv4Endpoint(_ span: RawSpan) throws(DecodeError) -> Endpoint {
        let address = try u32(span)
        return try usable(Endpoint(ipv4: address, port: try u16(span)))
    }

    /// Eighteen bytes: an address and a port that a datagram can be sent to; an IPv4 address in its IPv6-mapped form.
    public mutating func endpoint(_ span: RawSpan) throws(DecodeError) -> Endpoint {
        let high = try u64(span)
        let low = try u64(span)
        return try usable(Endpoint(high: high, low: low, port: try u16(span)))
    }

    private func usable(_ endpoint: Endpoint) throws(DecodeError) -> Endpoint {
        guard endpoint.isUsable else { throw .unusableEndpoint }
        return endpoint
    }

    private mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        _ span: RawSpan
    ) throws(DecodeError) -> Value {
        let range = try range(span, count: MemoryLayout<Value>.size)
        return Value(bigEndian: span.unsafeLoadUnaligned(fromByteOffset: range.offset, as: Value.self))
    }
}
