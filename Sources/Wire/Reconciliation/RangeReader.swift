import Basics

/// What two sets are compared by: equal for equal sets, and different for different ones unless somebody knows the key.
public struct Fingerprint: Hashable, Sendable, BitwiseCopyable {
    public let value: UInt128

    /// Bytes on the wire.
    public static let byteCount = 16

    public init(_ value: UInt128) { self.value = value }
}

/// One statement in a list of ranges. Each range goes from the bound before, at first `ItemKey.first`, up to its own.
public enum RangeEntry: Hashable, Sendable {
    /// Nothing is said of what lies before this bound. In an answer: it is equal on both sides, or wasn't asked for.
    case equal(upTo: ItemKey)
    /// What lies before this bound has this fingerprint at the node that says so.
    case fingerprint(Fingerprint, upTo: ItemKey)
    /// The node that says so has this in the range that the next `listed` ends.
    case item(ItemKey)
    /// The items since the last bound are all that lie before this one.
    case listed(upTo: ItemKey)
}

/// Reads a list of ranges, entry by entry.
/// ```
///  mode u8
/// +----+-------------------------------+
/// | 0  | bound                         |   equal
/// +----+------------------+------------+
/// | 1  | fingerprint (16) | bound      |   fingerprint
/// +----+------------------+------------+
/// | 2  | key                           |   item
/// +----+-------------------------------+
/// | 3  | bound                         |   listed
/// +----+-------------------------------+
///
///  key:    shared u8 ‖ the other 65 - shared bytes
///  bound:  shared u8 ‖ count u8 ‖ count bytes; the rest are zeros
///  shared: how many first bytes it has in common with the key or bound before, at first 65 zeros
/// ```
/// Keys and bounds ascend strictly; only the first key after a bound may be equal to it.
public struct RangeReader: Sendable {
    private var reader: ByteReader
    private var previous = ItemKey.first
    private var mayRepeat = true

    /// `range` is what a `Request.reconcile` or a `Response.reconciled` names.
    public init(_ range: ByteRange) { reader = ByteReader(range) }

    /// Whether all has been read.
    public var isAtEnd: Bool { reader.isAtEnd }

    /// The next entry, or nil after the last. `body` is what the message was decoded from.
    public mutating func next(in body: RawSpan) -> RangeEntry? { reader.isAtEnd ? nil : try? entry(body) }

    enum Mode: UInt8 {
        case equal = 0
        case fingerprint = 1
        case item = 2
        case listed = 3
    }

    private mutating func entry(_ body: RawSpan) throws(DecodeError) -> RangeEntry {
        guard let mode = Mode(rawValue: try reader.u8(body)) else { throw .outOfRange }
        switch mode {
        case .equal: return .equal(upTo: try bound(body))
        case .fingerprint:
            let fingerprint = Fingerprint(try reader.u128(body))
            return .fingerprint(fingerprint, upTo: try bound(body))
        case .item:
            let shared = Int(try reader.u8(body))
            guard shared < ItemKey.byteCount || mayRepeat, shared <= ItemKey.byteCount else { throw .outOfRange }
            let key = try key(shared: shared, count: ItemKey.byteCount - shared, body)
            guard mayRepeat ? previous <= key : previous < key else { throw .contradictory }
            guard key.itemKind != nil else { throw .outOfRange }
            (previous, mayRepeat) = (key, false)
            return .item(key)
        case .listed: return .listed(upTo: try bound(body))
        }
    }

    private mutating func bound(_ body: RawSpan) throws(DecodeError) -> ItemKey {
        let shared = Int(try reader.u8(body))
        let count = Int(try reader.u8(body))
        guard shared + count <= ItemKey.byteCount else { throw .outOfRange }
        let bound = try key(shared: shared, count: count, body)
        guard previous < bound else { throw .contradictory }
        (previous, mayRepeat) = (bound, true)
        return bound
    }

    private mutating func key(shared: Int, count: Int, _ body: RawSpan) throws(DecodeError) -> ItemKey {
        let rest = try reader.range(body, count: count)
        return previous.replacing(after: shared, with: body.extracting(rest.bounds))
    }

    /// Checks a whole list. In a request it has a fingerprint and no items.
    static func check(_ range: ByteRange, inRequest: Bool, _ body: RawSpan) throws(DecodeError) -> ByteRange {
        var reader = RangeReader(range)
        var (asks, lists, isListing) = (false, false, false)
        while !reader.reader.isAtEnd {
            let entry = try reader.entry(body)
            switch entry {
            case .item: (lists, isListing) = (true, true)
            case .listed: (lists, isListing) = (true, false)
            case .fingerprint, .equal:
                guard !isListing else { throw .contradictory }
                if case .fingerprint = entry { asks = true }
            }
        }
        guard !isListing, !inRequest || asks && !lists else { throw .contradictory }
        return range
    }
}
