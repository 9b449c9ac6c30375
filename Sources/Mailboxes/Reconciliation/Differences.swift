import Basics
import Wire

/// Some differences between what two nodes keep, each side's in ascending order of keys: tombstones, then envelopes, then
/// records.
public struct Differences: Hashable, Sendable {
    /// What the other side has and this one lacks, without envelopes that were discarded here and records that are no
    /// newer than what is here. It is the other's word.
    public internal(set) var wanted: [ItemKey] = []
    /// What this side has and the other one lacks.
    public internal(set) var offered: [ItemKey] = []

    var isEmpty: Bool { wanted.isEmpty && offered.isEmpty }
    var count: Int { wanted.count + offered.count }
}

extension ItemKey {
    /// Whether this is a later record at the same location.
    func replaces(_ other: ItemKey) -> Bool {
        itemKind == .record && kind == other.kind && location == other.location && other.id < id
    }
}

extension PendingRanges {
    /// What is left to ask about after an answer to these ranges; nil where the answer doesn't fit them, or says
    /// nothing.
    static func rest(of asked: [Pending], answered: ByteRange, in body: RawSpan) -> [Pending]? {
        var rest: [Pending] = []
        var reader = RangeReader(answered)
        var (covered, listed, next) = (ItemKey.first, [ItemKey](), 0)
        /// Whether a part of the answer lies in one range that was asked about.
        func isAsked(_ range: ItemRange) -> Bool {
            while next < asked.count, asked[next].range.upper <= range.lower { next += 1 }
            return next < asked.count && asked[next].range.contains(range)
        }
        while let entry = reader.next(in: body) {
            switch entry {
            case .item(let item): listed.append(item)
            case .equal(let bound): covered = bound
            case .fingerprint(let theirs, let bound):
                let range = ItemRange(from: covered, to: bound)
                // One fingerprint for all that was asked leads nowhere.
                guard isAsked(range), asked[next].range != range else { return nil }
                rest.append(Pending(range: range, knowledge: .theirs(theirs)))
                covered = bound
            case .listed(let bound):
                let range = ItemRange(from: covered, to: bound)
                guard isAsked(range) else { return nil }
                rest.append(Pending(range: range, knowledge: .listed(listed)))
                (covered, listed) = (bound, [])
            }
        }
        guard let first = asked.first, first.range.lower < covered else { return nil }
        for pending in asked where covered < pending.range.upper {
            let range = ItemRange(from: max(covered, pending.range.lower), to: pending.range.upper)
            rest.append(Pending(range: range, knowledge: pending.knowledge))
        }
        return rest
    }
}
