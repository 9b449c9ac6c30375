import Basics
import Storage
import Wire

/// What lies in each mailbox, beside the envelopes themselves: so that a list, and whatever else only compares what is kept,
/// reads no envelopes.
///
/// An entry is written and removed in one batch with its envelope, by `putEnvelope` and `removeEnvelope` alone. An
/// older version knows no index, and a disk may damage one. So at the start, once a day, and after a failure of the disk the
/// index is compared with the envelopes, some at a time, and what differs is put right. While a comparison goes on, lists
/// read the heads of the envelopes instead.
struct MailboxIndex: Sendable {
    private enum State {
        /// Up to this key, nil before the first, the index has been compared.
        case comparing(after: [UInt8]?)
        /// All has been compared. It is again from then on.
        case sound(until: Instant)
    }

    private var state = State.comparing(after: nil)

    /// Whether all of the index has been found to be as the envelopes are, or put right.
    var isSound: Bool { if case .sound = state { true } else { false } }

    /// Corrections may have been lost.
    mutating func doubt() { state = .comparing(after: nil) }

    /// Visits the envelopes of a mailbox after one of them (nil: from the first) in ascending order until `body` returns false.
    func visit(
        _ mailbox: MailboxID, after: EnvelopeID?, store: StoreView, _ body: (EnvelopeID, IndexEntry) -> Bool
    ) {
        let prefix = StoredKey.location(mailbox)
        let start = after.map { StoredKey.item(mailbox, $0) }
        func show(_ key: RawSpan, _ entry: IndexEntry?) -> Bool {
            guard let entry, key.byteCount == 2 * Bytes32.count, let envelope = Bytes32(key, at: Bytes32.count) else {
                return true
            }
            return body(EnvelopeID(envelope), entry)
        }
        if isSound {
            // Without the checksums, which would cost half as much again: comparisons look at them.
            store.scanHeads(.mailboxes, prefix: prefix, after: start) { key, _, value in show(key, IndexEntry(value)) }
        } else {
            store.scanHeads(.envelopes, prefix: prefix, after: start) { show($0, IndexEntry(size: $1, head: $2)) }
        }
    }

    // MARK: Comparison

    /// One key in the order of the tables; nil where what lies there is no envelope, or no entry.
    private typealias Place = (key: [UInt8], entry: IndexEntry?)

    /// Compares at most `limit` entries with as many envelopes, where a comparison is due.
    mutating func compare(limit: Int, now: Instant, store: inout StoreView) {
        if case .sound(let until) = state, until <= now { doubt() }
        guard case .comparing(let after) = state else { return }
        var kept: [Place] = []
        store.scanHeads(.envelopes, prefix: [], after: after) { key, size, head in
            kept.append((key.withUnsafeBytes { Array($0) }, IndexEntry(size: size, head: head)))
            return kept.count < limit
        }
        var listed: [Place] = []
        store.scan(.mailboxes, prefix: [], after: after) { key, value in
            listed.append((key.withUnsafeBytes { Array($0) }, IndexEntry(value)))
            return listed.count < limit
        }
        // What lies behind is not known of both.
        let ends = [kept, listed].filter { $0.count >= limit }.compactMap(\.last?.key)
        let end = ends.min { $0.lexicographicallyPrecedes($1) }
        for (key, entry) in MailboxIndex.differences(listed, kept, upTo: end) {
            if let entry { store.put(.mailboxes, key, entry.bytes) } else { store.remove(.mailboxes, key) }
        }
        state = end.map { .comparing(after: $0) } ?? .sound(until: now + Limits.indexCheckInterval)
    }

    /// What has to change in `listed` so that it says what `kept` does, up to a key (nil: all).
    private static func differences(_ listed: [Place], _ kept: [Place], upTo end: [UInt8]?) -> [Place] {
        var differences: [Place] = []
        var next = 0
        func isWithin(_ place: Place) -> Bool { end.map { !$0.lexicographicallyPrecedes(place.key) } ?? true }
        for place in kept where isWithin(place) {
            while next < listed.count, listed[next].key.lexicographicallyPrecedes(place.key) {
                differences.append((listed[next].key, nil))
                next += 1
            }
            let isListed = next < listed.count && listed[next].key == place.key
            if isListed ? listed[next].entry != place.entry : place.entry != nil { differences.append(place) }
            if isListed { next += 1 }
        }
        for place in listed[next...] where isWithin(place) { differences.append((place.key, nil)) }
        return differences
    }
}
