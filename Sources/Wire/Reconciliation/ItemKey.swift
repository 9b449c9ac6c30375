import Basics

/// The kinds of things that two buddies reconcile. The raw value is on the wire and never changes.
///
/// Keys are ordered by kind first. So a tombstone becomes known before its envelope is looked at, and nobody brings
/// back what is discarded.
public enum ItemKind: UInt8, CaseIterable, Sendable {
    case tombstone = 1
    case envelope = 2
    case record = 3
}

/// The key of one thing that a node keeps for others, and a place in the order of all such keys.
/// ```
/// +---------+---------------+-------------------------------------------------------------------+
/// | kind u8 | location (32) | envelope ID (32); of a record: sequence u64, then 24 zeros        |
/// +---------+---------------+-------------------------------------------------------------------+
/// ```
/// A record's key has its sequence number and not its hash. So the side that holds the older one sees that it is older,
/// and two different records with the same number, of which none replaces the other, count as equal.
public struct ItemKey: Hashable, Sendable, BitwiseCopyable {
    /// The raw value of an `ItemKind`; another one only in a bound.
    public let kind: UInt8
    /// Where the thing is kept.
    public let location: Location
    /// Which of the things of its kind at the location.
    public let id: Bytes32

    /// Bytes of a key.
    public static let byteCount = 1 + 2 * Bytes32.count

    /// A place in the order.
    public init(kind: UInt8, location: Location, id: Bytes32) {
        self.kind = kind
        self.location = location
        self.id = id
    }

    /// The key of an envelope.
    public static func envelope(_ envelope: EnvelopeID, in mailbox: MailboxID) -> ItemKey {
        ItemKey(kind: ItemKind.envelope.rawValue, location: mailbox, id: envelope.bytes)
    }

    /// The key of the tombstone of an envelope.
    public static func tombstone(of envelope: EnvelopeID, in mailbox: MailboxID) -> ItemKey {
        ItemKey(kind: ItemKind.tombstone.rawValue, location: mailbox, id: envelope.bytes)
    }

    /// The key of the record with this sequence number.
    public static func record(at location: Location, sequence: UInt64) -> ItemKey {
        ItemKey(
            kind: ItemKind.record.rawValue, location: location, id: Bytes32(words: (sequence, 0, 0, 0)))
    }

    /// The kind; nil where a later version may know what it is.
    public var itemKind: ItemKind? { ItemKind(rawValue: kind) }

    /// The envelope, of an envelope or a tombstone.
    public var envelope: EnvelopeID { EnvelopeID(id) }

    /// The sequence number, of a record.
    public var sequence: UInt64 { id.words.0 }

    /// Before all keys.
    public static let first = ItemKey(kind: 0, location: Location(.zero), id: .zero)
    /// After all keys of the kinds that this version knows.
    public static let end = ItemKey(
        kind: (ItemKind.allCases.last?.rawValue ?? 0) + 1, location: Location(.zero), id: .zero)
}

extension ItemKey: Comparable {
    public static func < (left: ItemKey, right: ItemKey) -> Bool {
        if left.kind != right.kind { return left.kind < right.kind }
        if left.location != right.location { return left.location < right.location }
        return left.id < right.id
    }
}

/// The keys from one place on to another, without the latter.
public struct ItemRange: Hashable, Sendable, BitwiseCopyable {
    /// The first place in it.
    public let lower: ItemKey
    /// The first place after it.
    public let upper: ItemKey

    /// Empty where `upper` doesn't come after `lower`.
    public init(from lower: ItemKey, to upper: ItemKey) {
        self.lower = lower
        self.upper = upper
    }

    /// All keys that this version knows.
    public static let all = ItemRange(from: .first, to: .end)

    /// Whether there is no place in it.
    public var isEmpty: Bool { upper <= lower }

    /// Whether every place of another range lies in this one.
    public func contains(_ other: ItemRange) -> Bool { lower <= other.lower && other.upper <= upper }
}

// MARK: Bytes

extension ItemKey {
    /// The place that has as few bytes beside zeros as any that comes after `low` and not after `high`; `low` must come
    /// before `high`. It costs the fewest bytes on the wire.
    public static func separator(after low: ItemKey, upTo high: ItemKey) -> ItemKey {
        high.truncated(to: low.commonByteCount(with: high) + 1)
    }

    /// Byte `index` of the key, 0…64.
    func byte(_ index: Int) -> UInt8 {
        if index == 0 { return kind }
        return index <= Bytes32.count ? location.bytes.byte(index - 1) : id.byte(index - 1 - Bytes32.count)
    }

    /// How many first bytes both keys share, 0…65.
    func commonByteCount(with other: ItemKey) -> Int {
        guard kind == other.kind else { return 0 }
        let common = (location.bytes ^ other.location.bytes).leadingZeroBitCount / 8
        guard common == Bytes32.count else { return 1 + common }
        return 1 + Bytes32.count + (id ^ other.id).leadingZeroBitCount / 8
    }

    /// How many bytes there are up to the last one that isn't zero, 0…65.
    var significantByteCount: Int {
        if id != .zero { return 1 + Bytes32.count + id.significantByteCount }
        if location.bytes != .zero { return 1 + location.bytes.significantByteCount }
        return kind == 0 ? 0 : 1
    }

    /// The first bytes, and zeros after them.
    func truncated(to count: Int) -> ItemKey {
        guard count > 0 else { return .first }
        return ItemKey(
            kind: kind, location: Location(location.bytes.truncated(to: count - 1)),
            id: id.truncated(to: count - 1 - Bytes32.count))
    }

    /// The first `shared` bytes of this key, the bytes of `rest`, and zeros after them.
    func replacing(after shared: Int, with rest: RawSpan) -> ItemKey {
        var (kind, location, id) = (shared > 0 ? kind : 0, truncated(to: shared).location.bytes, id)
        id = id.truncated(to: shared - 1 - Bytes32.count)
        for index in 0..<rest.byteCount {
            let byte = rest.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            let place = shared + index
            if place == 0 {
                kind = byte
            } else if place <= Bytes32.count {
                location.set(byte, at: place - 1)
            } else {
                id.set(byte, at: place - 1 - Bytes32.count)
            }
        }
        return ItemKey(kind: kind, location: Location(location), id: id)
    }
}

extension Bytes32 {
    private func word(_ index: Int) -> UInt64 {
        switch index {
        case 0: words.0
        case 1: words.1
        case 2: words.2
        default: words.3
        }
    }

    /// Byte `index`, 0…31.
    fileprivate func byte(_ index: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: word(index / 8) >> UInt64(56 - index % 8 * 8))
    }

    /// Sets a byte that is zero.
    fileprivate mutating func set(_ byte: UInt8, at index: Int) {
        let value = UInt64(byte) << UInt64(56 - index % 8 * 8)
        switch index / 8 {
        case 0: words.0 |= value
        case 1: words.1 |= value
        case 2: words.2 |= value
        default: words.3 |= value
        }
    }

    /// The first bytes, and zeros after them.
    fileprivate func truncated(to count: Int) -> Bytes32 {
        func mask(_ word: Int) -> UInt64 {
            let bytes = min(max(count - 8 * word, 0), 8)
            return bytes == 0 ? 0 : UInt64.max << UInt64(64 - 8 * bytes)
        }
        return Bytes32(
            words: (words.0 & mask(0), words.1 & mask(1), words.2 & mask(2), words.3 & mask(3)))
    }

    /// How many bytes there are up to the last one that isn't zero.
    fileprivate var significantByteCount: Int {
        for index in stride(from: 3, through: 0, by: -1) where word(index) != 0 {
            return 8 * index + 8 - word(index).trailingZeroBitCount / 8
        }
        return 0
    }
}

extension ItemKey {
    /// Calls `body` with the key as it is hashed: location, ID, kind. The pointer is valid only during the call.
    @inlinable
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let (location, id) = (location.bytes.words, id.words)
        let ordered = (
            location.0.bigEndian, location.1.bigEndian, location.2.bigEndian, location.3.bigEndian,
            id.0.bigEndian, id.1.bigEndian, id.2.bigEndian, id.3.bigEndian, kind
        )
        return Swift.withUnsafeBytes(of: ordered) { body(UnsafeRawBufferPointer(rebasing: $0[..<ItemKey.byteCount])) }
    }
}
