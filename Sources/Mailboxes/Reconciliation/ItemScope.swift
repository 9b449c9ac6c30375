import Basics
import Wire

/// Which things two nodes compare: those whose location lies in one subtree of the keyspace with both, and which every
/// node accepts that day.
///
/// Both sides apply the same numbers, which the initiator states: so nothing counts as a difference only because their
/// clocks or the contacts they know differ, and what is about to expire doesn't come and go.
public struct ItemScope: Hashable, Sendable {
    /// A node of the subtree; its first bits name it.
    public let node: NodeID
    /// How many first bits the locations share with it, 0…255.
    public let depth: Int
    /// What lasts shorter than to this day is left out.
    public let firstDay: Day
    /// The first and the last location in it.
    let locations: ClosedRange<Location>

    public init(around node: NodeID, depth: Int, firstDay: Day) {
        self.node = node
        self.depth = depth
        self.firstDay = firstDay
        let rest = Bytes32.ones(after: depth)
        let low = node.bytes & ~rest
        locations = Location(low)...Location(low | rest)
    }

    /// Whether another node lies in the subtree.
    public func contains(_ other: NodeID) -> Bool { node.distance(to: other.bytes).commonPrefixLength >= depth }

    /// The location of the scope whose bits after the common ones are those of `point`.
    func location(at point: Bytes32) -> Location {
        let rest = Bytes32.ones(after: depth)
        return Location(node.bytes & ~rest | point & rest)
    }

    // MARK: When

    /// The first day of a comparison that begins now: a day that every node takes things of, even where its clock is
    /// ahead by as much as clocks may be.
    public static func firstDay(_ now: UnixTime) -> Day { now.advanced(bySeconds: slack).day }

    /// Whether a comparison that another node began is of these days; otherwise one of the clocks is wrong.
    static func accepts(firstDay: Day, _ now: UnixTime) -> Bool {
        let own = ItemScope.firstDay(now)
        return firstDay <= own.advanced(by: 1) && own <= firstDay.advanced(by: 1)
    }

    /// Whether an envelope with this last day, or its tombstone, belongs to it: neither expired anywhere, nor too far
    /// ahead for anyone.
    func contains(lastDay: Day) -> Bool {
        firstDay <= lastDay && lastDay <= firstDay.advanced(by: Limits.envelopeDays)
    }

    /// The same of a record that is valid until then.
    func contains(validUntil: UnixTime) -> Bool {
        firstDay < validUntil.day && validUntil.day <= firstDay.advanced(by: Limits.recordDays)
    }

    private static let slack = Int64(Limits.clockDifferenceSeconds)
}

extension Bytes32 {
    /// Zeros in the first bits, ones in all others.
    fileprivate static func ones(after count: Int) -> Bytes32 {
        func word(_ index: Int) -> UInt64 {
            let zeros = min(max(count - 64 * index, 0), 64)
            return zeros == 64 ? 0 : UInt64.max >> UInt64(zeros)
        }
        return Bytes32(words: (word(0), word(1), word(2), word(3)))
    }

    fileprivate static func & (left: Bytes32, right: Bytes32) -> Bytes32 {
        let (left, right) = (left.words, right.words)
        return Bytes32(words: (left.0 & right.0, left.1 & right.1, left.2 & right.2, left.3 & right.3))
    }

    fileprivate static func | (left: Bytes32, right: Bytes32) -> Bytes32 {
        let (left, right) = (left.words, right.words)
        return Bytes32(words: (left.0 | right.0, left.1 | right.1, left.2 | right.2, left.3 | right.3))
    }

    fileprivate static prefix func ~ (value: Bytes32) -> Bytes32 {
        let words = value.words
        return Bytes32(words: (~words.0, ~words.1, ~words.2, ~words.3))
    }
}
