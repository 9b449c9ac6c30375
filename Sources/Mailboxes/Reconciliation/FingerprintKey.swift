import Basics
import Cryptography
import Wire

/// The key of the fingerprints of one comparison: it belongs to the pair of nodes and to a number that the initiator
/// drew for this comparison.
///
/// A set's fingerprint is the sum of its items' values under a pseudorandom function, modulo 2^128, hashed once more with
/// their count. Two sets that were chosen without knowledge of the key have equal sums with a chance of 2^-128. Only the
/// two nodes know the key, and only since the comparison began: so nobody can bring a node mail by whose choice two
/// different sets look equal, as with a hash that all know (Meyer, Range-Based Set Reconciliation, §5).
package struct FingerprintKey: Sendable {
    private let hash: SipHash

    package init(initiator: NodeID, responder: NodeID, nonce: UInt128) {
        var derivation = Blake2b(.reconcile)
        derivation.update(initiator.bytes)
        derivation.update(responder.bytes)
        derivation.update(nonce)
        hash = SipHash(keyFrom: derivation.finish())
    }

    /// What an item adds to the sum of a set.
    package func value(of key: ItemKey) -> UInt128 { key.withUnsafeBytes { hash.hash($0) } }

    /// The fingerprint of a set.
    package func fingerprint(of set: SetSum) -> Fingerprint {
        let input = (set.sum.bigEndian, UInt64(set.count).bigEndian)
        return Fingerprint(withUnsafeBytes(of: input) { hash.hash(UnsafeRawBufferPointer(rebasing: $0[..<24])) })
    }

    /// The fingerprint of a set of no items.
    var empty: Fingerprint { fingerprint(of: SetSum()) }
}

/// The sum of a set's items.
package struct SetSum {
    fileprivate var sum: UInt128 = 0
    package private(set) var count = 0

    /// The sum of no items.
    package init() {}

    /// Adds an item by its value.
    package mutating func add(_ value: UInt128) {
        sum &+= value
        count += 1
    }
}

extension KeptItems {
    /// The sum of a range's items, and the place to go on from where not all of it was read for want of `limit`.
    func sum(of range: ItemRange, under key: FingerprintKey, limit: inout Int) -> (set: SetSum, stop: ItemKey?) {
        var set = SetSum()
        let stop = visit(range, limit: &limit) { item in
            set.add(key.value(of: item))
            return true
        }
        return (set, stop)
    }

    /// Splits a range with `count` items into as many ranges as there may be, each with about as many items, and calls
    /// `body` with the sum of each, until it returns false.
    func split(
        _ range: ItemRange, count: Int, under key: FingerprintKey, _ body: (ItemRange, SetSum) -> Bool
    ) {
        let parts = min(Limits.rangeSplit, max(2, (count + 1) / 2))
        let size = max(1, (count + parts - 1) / parts)
        var (lower, previous, set) = (range.lower, range.lower, SetSum())
        // All of it was read a moment ago.
        var limit = Int.max
        let stop = visit(range, limit: &limit) { item in
            if set.count == size {
                let bound = ItemKey.separator(after: previous, upTo: item)
                guard body(ItemRange(from: lower, to: bound), set) else { return false }
                (lower, set) = (bound, SetSum())
            }
            set.add(key.value(of: item))
            previous = item
            return true
        }
        if stop == nil { _ = body(ItemRange(from: lower, to: range.upper), set) }
    }
}
