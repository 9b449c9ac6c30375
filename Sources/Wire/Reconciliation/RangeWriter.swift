import Basics

/// Writes a list of ranges as `RangeReader` draws it, as long as there is room in a body.
///
/// Each call returns whether the entry found room; where it didn't, nothing was written. Neighbouring ranges that are
/// equal become one entry.
public struct RangeWriter: Sendable {
    private var writer: ByteWriter
    private var previous = ItemKey.first
    /// Up to where nothing has to be said, which isn't written yet.
    private var equal: ItemKey?
    /// Whether items have been written that `listed` has yet to end.
    private var isListing = false

    /// What an entry with a bound takes at most: its mode, fingerprint and bound.
    private static let largestEntry = 1 + Fingerprint.byteCount + 2 + ItemKey.byteCount
    /// What a bound takes at most with its mode.
    private static let largestBound = 1 + 2 + ItemKey.byteCount

    /// Room for what fits into a body beside the other fields of a request or answer.
    public init() { writer = ByteWriter(capacity: RangeWriter.capacity) }

    /// A body less its header, and less the outcome, nonce, day and depth with the heads of all fields.
    static let capacity = Limits.bodySize - RPCHeader.byteCount - 3 - 4 - 19 - 7 - 4

    /// Where the next range begins.
    public var end: ItemKey { equal ?? previous }

    /// Whether two more fingerprints find room in any case.
    public var hasRoom: Bool { remaining >= 2 * RangeWriter.largestEntry }

    /// The bytes left for what comes next, less those that an equal range before it may need.
    private var remaining: Int {
        writer.capacity - writer.count - (equal == nil ? 0 : RangeWriter.largestBound)
    }

    /// Nothing is to be said of what lies before a bound.
    public mutating func equal(upTo bound: ItemKey) -> Bool {
        guard remaining >= RangeWriter.largestBound || equal != nil else { return false }
        equal = bound
        return true
    }

    /// What lies before a bound has this fingerprint.
    public mutating func fingerprint(_ fingerprint: Fingerprint, upTo bound: ItemKey) -> Bool {
        guard remaining >= RangeWriter.largestEntry else { return false }
        writeEqual()
        writer.u8(RangeReader.Mode.fingerprint.rawValue)
        writer.u128(fingerprint.value)
        write(bound)
        return true
    }

    /// There is this item. `listed` has to follow the last one, and has room.
    public mutating func item(_ key: ItemKey) -> Bool {
        guard remaining >= 2 + ItemKey.byteCount + RangeWriter.largestBound else { return false }
        writeEqual()
        writer.u8(RangeReader.Mode.item.rawValue)
        let shared = previous.commonByteCount(with: key)
        writer.u8(UInt8(clamping: shared))
        write(key, shared..<ItemKey.byteCount)
        isListing = true
        return true
    }

    /// The items since the last bound are all before this one.
    public mutating func listed(upTo bound: ItemKey) -> Bool {
        guard isListing || remaining >= RangeWriter.largestBound else { return false }
        writeEqual()
        writer.u8(RangeReader.Mode.listed.rawValue)
        write(bound)
        isListing = false
        return true
    }

    /// The whole list; nothing can follow.
    public consuming func finish() -> [UInt8] {
        writeEqual()
        return writer.bytes
    }

    private mutating func writeEqual() {
        guard let bound = equal else { return }
        equal = nil
        writer.u8(RangeReader.Mode.equal.rawValue)
        write(bound)
    }

    private mutating func write(_ bound: ItemKey) {
        let shared = previous.commonByteCount(with: bound)
        let end = max(bound.significantByteCount, shared)
        writer.u8(UInt8(clamping: shared))
        writer.u8(UInt8(clamping: end - shared))
        write(bound, shared..<end)
    }

    private mutating func write(_ key: ItemKey, _ bytes: Range<Int>) {
        for index in bytes { writer.u8(key.byte(index)) }
        previous = key
    }
}
