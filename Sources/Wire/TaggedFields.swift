import Basics

/// Writes tagged fields, the form of everything that later versions may extend: the content of messages and of peers'
/// records, and the entries of a person's store. A reader skips the tags it doesn't know. (RPCs have `Fields`, which
/// are shorter and in order.)
///
/// ```
/// | tag u8 | length u32 | value |   …
/// ```
package struct FieldWriter {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package mutating func bytes(_ tag: UInt8, _ value: some Collection<UInt8>) {
        bytes.append(tag)
        append(UInt32(clamping: value.count))
        bytes += value
    }

    package mutating func integer(_ tag: UInt8, _ value: some FixedWidthInteger & BitwiseCopyable) {
        bytes.append(tag)
        append(UInt32(clamping: value.bitWidth / 8))
        append(value)
    }

    private mutating func append(_ value: some FixedWidthInteger & BitwiseCopyable) { bytes += value.bigEndianBytes }
}

/// Reads tagged fields one after another, in any order. A tag that comes twice is refused, even an unknown one:
/// otherwise two programs could read two different things out of the same signed bytes. The span is passed along with
/// every call.
package struct FieldReader {
    private var reader: ByteReader
    /// A bit for each tag read, those below 128 and those from 128 on.
    private var seen: (low: UInt128, high: UInt128) = (0, 0)

    package init(_ span: RawSpan) { self.init(ByteReader(span)) }

    /// The fields that stand where a reader has come to.
    package init(_ reader: ByteReader) { self.reader = reader }

    /// The next field, or nil at the end.
    package mutating func next(_ span: RawSpan) throws(DecodeError) -> (tag: UInt8, value: ByteRange)? {
        guard !reader.isAtEnd else { return nil }
        let tag = try reader.u8(span)
        let bit: UInt128 = 1 << UInt128(tag & 127)
        guard (tag < 128 ? seen.low : seen.high) & bit == 0 else { throw .unorderedFields }
        if tag < 128 { seen.low |= bit } else { seen.high |= bit }
        let count = try reader.u32(span)
        return (tag, try reader.range(span, count: Int(count)))
    }
}

extension ByteRange {
    /// The value as an integer of exactly its width.
    package func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        _ span: RawSpan, as type: Value.Type = Value.self
    ) throws(DecodeError) -> Value {
        guard count == MemoryLayout<Value>.size, let value = Value(bigEndianBytes: span, at: offset) else {
            throw .fieldLength
        }
        return value
    }

    /// The value as 32 bytes.
    package func bytes32(_ span: RawSpan) throws(DecodeError) -> Bytes32 {
        guard count == Bytes32.count, let value = Bytes32(span, at: offset) else { throw .fieldLength }
        return value
    }
}
