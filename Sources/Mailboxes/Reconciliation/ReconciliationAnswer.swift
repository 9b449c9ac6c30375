import Basics
import Wire

/// The answer to one request of a comparison. Nothing is remembered between two requests, and one makes no more work than
/// `Limits.itemsPerComparisonAnswer` says: what isn't reached is left out, and the initiator asks again from there.
///
/// Range-based set reconciliation after A. Meyer (SRDS 2023, arXiv 2212.13567), in which only the initiator learns the
/// differences: of a range that differs, it is answered the fingerprints of its parts or, where few items are there, all
/// of them by name.
package struct ReconciliationAnswer {
    private let items: KeptItems
    private let key: FingerprintKey
    private let empty: Fingerprint
    private var work = Limits.itemsPerComparisonAnswer
    private var writer = RangeWriter()

    private init(_ items: KeptItems, under key: FingerprintKey) {
        self.items = items
        self.key = key
        empty = key.empty
    }

    /// The ranges of the answer to those of a request, which is part of `body`.
    package static func ranges(
        to request: ReconcileRequest, in body: RawSpan, _ items: KeptItems, under key: FingerprintKey
    ) -> [UInt8] {
        var answer = ReconciliationAnswer(items, under: key)
        var reader = RangeReader(request.ranges)
        while let entry = reader.next(in: body), answer.add(entry) {}
        return answer.writer.finish()
    }

    /// Answers one range; false where it, or a part of it, had no room or would have been too much work.
    private mutating func add(_ entry: RangeEntry) -> Bool {
        switch entry {
        case .equal(let bound): return writer.equal(upTo: bound)
        case .fingerprint(let theirs, let bound):
            guard writer.hasRoom, work > 0 else { return false }
            return compare(ItemRange(from: writer.end, to: bound), theirs)
        case .item, .listed: return false
        }
    }

    private mutating func compare(_ range: ItemRange, _ theirs: Fingerprint) -> Bool {
        let (set, stop) = items.sum(of: range, under: key, limit: &work)
        if stop == nil, key.fingerprint(of: set) == theirs { return writer.equal(upTo: range.upper) }
        // What was read of it: the rest is asked for again.
        let read = ItemRange(from: range.lower, to: stop ?? range.upper)
        if theirs == empty || set.count <= Limits.itemsNamed {
            return name(read) && stop == nil
        }
        var isWhole = true
        items.split(read, count: set.count, under: key) { part, sum in
            isWhole = writer.fingerprint(key.fingerprint(of: sum), upTo: part.upper)
            return isWhole
        }
        return isWhole && stop == nil
    }

    /// Names all items of a range, as far as there is room.
    private mutating func name(_ range: ItemRange) -> Bool {
        var last = range.lower
        var limit = Int.max
        let stop = items.visit(range, limit: &limit) { item in
            guard writer.item(item) else { return false }
            last = item
            return true
        }
        guard let stop else { return writer.listed(upTo: range.upper) }
        // Where not even one had room, nothing was written.
        if last < stop { _ = writer.listed(upTo: ItemKey.separator(after: last, upTo: stop)) }
        return false
    }
}
