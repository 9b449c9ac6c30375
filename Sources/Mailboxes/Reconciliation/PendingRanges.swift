import Basics
import Wire

/// The ranges that a comparison has yet to ask about, in ascending order, and what is known of each.
struct PendingRanges: Sendable {
    /// What is known of a range.
    enum Knowledge: Hashable, Sendable {
        case nothing
        /// The other side has this fingerprint there.
        case theirs(Fingerprint)
        /// It differs: ask about its parts.
        case differs
        /// The other side has exactly these items there.
        case listed([ItemKey])
    }

    struct Pending: Hashable, Sendable {
        let range: ItemRange
        var knowledge: Knowledge
    }

    private var all: [Pending]

    /// One range of which nothing is known.
    init(_ range: ItemRange) { all = range.isEmpty ? [] : [Pending(range: range, knowledge: .nothing)] }

    /// The first in order.
    var first: Pending? { all.first }

    /// Removes the first: it is equal, or was asked about.
    mutating func removeFirst() { all.removeFirst() }

    /// Leaves of the first only what lies from a place on, with what is known of that.
    mutating func cutFirst(from place: ItemKey, _ knowledge: Knowledge) {
        let range = ItemRange(from: place, to: all[0].range.upper)
        if range.isEmpty { all.removeFirst() } else { all[0] = Pending(range: range, knowledge: knowledge) }
    }

    /// Puts ranges before all others, which they precede in order. Where there are too many, the last are joined into
    /// one of which nothing is known: what lies between them is equal, and is compared once more.
    mutating func prepend(_ ranges: [Pending]) {
        all.insert(contentsOf: ranges, at: 0)
        guard all.count > Limits.rangesToCompare, let last = all.last else { return }
        let joined = ItemRange(from: all[Limits.rangesToCompare - 1].range.lower, to: last.range.upper)
        all.removeSubrange((Limits.rangesToCompare - 1)...)
        all.append(Pending(range: joined, knowledge: .nothing))
    }

    /// How many there are.
    var count: Int { all.count }
}
