import Basics

/// The fields of all RPCs by their tag on the wire, which never changes.
package enum FieldTag: UInt8, CaseIterable, Sendable {
    case outcome = 1
    case location = 2
    case object = 3
    case size = 4
    case index = 5
    case bytes = 6
    case target = 7
    case count = 8
    case families = 9
    case key = 10
    case signature = 11
    case after = 12
    case tombstones = 13
    case endpoint = 14
    case time = 15
    case contacts = 16
    case received = 17
    case entries = 18
    case more = 19
    case reason = 20
    case retryAfter = 21
    case ranges = 22
    case duration = 25
    case alternate = 28
    case nonce = 29
    case day = 30
    case depth = 31
    case proof = 32
    case stranger = 33
    case challenge = 34
}

/// The fields of one RPC body: `tag u8 | length u16 | value`, in strictly ascending order of their tags (as in
/// Lightning's BOLT 1), so that a body has one form and no field comes twice. Unknown tags are skipped.
struct Fields {
    private let all: ByteRange
    /// A bit for each tag below 64 that is there.
    private let present: UInt64

    /// Checks the form of all fields.
    init(decoding body: RawSpan) throws(DecodeError) {
        guard body.byteCount <= Limits.bodySize else { throw .oversized }
        var reader = ByteReader(body)
        _ = try reader.range(body, count: RPCHeader.byteCount)
        all = ByteRange(offset: reader.at, count: reader.remaining)
        var present: UInt64 = 0
        var last = -1
        while !reader.isAtEnd {
            let tag = try reader.u8(body)
            guard Int(tag) > last else { throw .unorderedFields }
            last = Int(tag)
            _ = try reader.range(body, count: Int(try reader.u16(body)))
            if tag < 64 { present |= 1 << UInt64(tag) }
        }
        self.present = present
    }

    func contains(_ tag: FieldTag) -> Bool { present >> UInt64(tag.rawValue) & 1 == 1 }

    /// The value of a field that must be there.
    func range(_ tag: FieldTag, _ body: RawSpan) throws(DecodeError) -> ByteRange {
        guard contains(tag) else { throw .missingField }
        var reader = ByteReader(all)
        while !reader.isAtEnd {
            let found = try reader.u8(body)
            let value = try reader.range(body, count: Int(try reader.u16(body)))
            if found == tag.rawValue { return value }
        }
        throw .missingField
    }

    /// The value of a field that must be there and have exactly `count` bytes.
    private func reader(_ tag: FieldTag, count: Int, _ body: RawSpan) throws(DecodeError) -> ByteReader {
        let range = try range(tag, body)
        guard range.count == count else { throw .fieldLength }
        return ByteReader(range)
    }

    func u8(_ tag: FieldTag, _ body: RawSpan) throws(DecodeError) -> UInt8 {
        var reader = try reader(tag, count: 1, body)
        return try reader.u8(body)
    }

    func u32(_ tag: FieldTag, _ body: RawSpan) throws(DecodeError) -> UInt32 {
        var reader = try reader(tag, count: 4, body)
        return try reader.u32(body)
    }

    func u64(_ tag: FieldTag, _ body: RawSpan) throws(DecodeError) -> UInt64 {
        var reader = try reader(tag, count: 8, body)
        return try reader.u64(body)
    }

    func u128(_ tag: FieldTag, _ body: RawSpan) throws(DecodeError) -> UInt128 {
        var reader = try reader(tag, count: 16, body)
        return try reader.u128(body)
    }

    func bytes32(_ tag: FieldTag, _ body: RawSpan) throws(DecodeError) -> Bytes32 {
        var reader = try reader(tag, count: Bytes32.count, body)
        return try reader.bytes32(body)
    }

    func signature(_ tag: FieldTag, _ body: RawSpan) throws(DecodeError) -> Signature {
        var reader = try reader(tag, count: Signature.byteCount, body)
        return try reader.signature(body)
    }

    func endpoint(_ tag: FieldTag, _ body: RawSpan) throws(DecodeError) -> Endpoint {
        var reader = try reader(tag, count: 18, body)
        return try reader.endpoint(body)
    }

    /// Seconds since 1970, up to the year 9999: later ones are nonsense, and calculations with them could overflow.
    func time(_ tag: FieldTag, _ body: RawSpan) throws(DecodeError) -> UnixTime {
        var reader = try reader(tag, count: 8, body)
        return try reader.time(body)
    }
}

extension ByteReader {
    /// Seconds since 1970 as u64, at most `Limits.latestTime`.
    public mutating func time(_ span: RawSpan) throws(DecodeError) -> UnixTime {
        guard let seconds = Int64(exactly: try u64(span)), seconds <= Limits.latestTime else { throw .outOfRange }
        return UnixTime(seconds: seconds)
    }
}

extension ByteWriter {
    /// Seconds since 1970 as u64; a time before is written as 1970.
    public mutating func time(_ value: UnixTime) { u64(UInt64(clamping: value.seconds)) }

    /// The tag and length of a field; its `count` bytes must follow.
    mutating func field(_ tag: FieldTag, count: Int) {
        u8(tag.rawValue)
        u16(UInt16(clamping: count))
    }

    mutating func field(_ tag: FieldTag, u8 value: UInt8) {
        field(tag, count: 1)
        u8(value)
    }

    mutating func field(_ tag: FieldTag, u32 value: UInt32) {
        field(tag, count: 4)
        u32(value)
    }

    mutating func field(_ tag: FieldTag, u64 value: UInt64) {
        field(tag, count: 8)
        u64(value)
    }

    mutating func field(_ tag: FieldTag, u128 value: UInt128) {
        field(tag, count: 16)
        u128(value)
    }

    mutating func field(_ tag: FieldTag, _ value: Bytes32) {
        field(tag, count: Bytes32.count)
        bytes32(value)
    }

    mutating func field(_ tag: FieldTag, _ value: Endpoint) {
        field(tag, count: 18)
        endpoint(value)
    }

    mutating func field(_ tag: FieldTag, _ value: Signature) {
        field(tag, count: Signature.byteCount)
        signature(value)
    }

    mutating func field(_ tag: FieldTag, _ range: ByteRange, of payload: RawSpan) {
        guard range.bounds.upperBound <= payload.byteCount else { return overflow() }
        field(tag, count: range.count)
        span(payload.extracting(range.bounds))
    }
}
