import Basics
import Storage
import Wire

/// The index of what each mailbox holds, stored beside the envelopes themselves. With it, a list, or any other
/// comparison of what is kept, reads no envelopes.
///
/// An entry is written and removed in one batch with its envelope, only by `putEnvelope` and `removeEnvelope`. An older
/// version knows no index, and a disk may damage one. So the index is compared with the envelopes, some at a time, and
/// differences are corrected: at the start, once a day, and after a failure of the disk. While a comparison goes on,
/// lists read the heads of the envelopes instead.
struct MailboxIndex: Sendable {
    private enum State {
        /// The index has been compared up to this key; nil before the first.
        case comparing(after: [UInt8]?)
        /// The whole index has been compared. The next comparison begins at this time.
        case sound(until: Instant)
    }

    private var state = State.comparing(after: nil)

    /// Whether the whole index was compared with the envelopes and, where necessary, corrected.
    var isSound: Bool { if case .sound = state { true } else { false } }

    /// Corrections may have been lost.
    mutating func doubt() { state = .comparing(after: nil) }

    /// Visits the envelopes of a mailbox, which its key names, after the key of one of them (nil: from the first) in ascending
    /// order until `body` returns false.
    func visit(
        _ mailbox: [UInt8], after: [UInt8]?, store: StoreView, _ body: (EnvelopeID, IndexEntry) -> Bool
    ) {
        func show(_ key: RawSpan, _ entry: IndexEntry?) -> Bool {
            guard let entry, key.byteCount == 2 * Bytes32.count, let envelope = Bytes32(key, at: Bytes32.count) else {
                return true
            }
            return body(EnvelopeID(envelope), entry)
        }
        if isSound {
            // Checksums are not verified here, which would cost half as much again: comparisons verify them.
            store.scanHeads(.mailboxes, prefix: mailbox, after: after) { key, _, value in show(key, IndexEntry(value)) }
        } else {
            store.scanHeads(.envelopes, prefix: mailbox, after: after) { show($0, IndexEntry(size: $1, head: $2)) }
        }
    }

    // MARK: Comparison

    /// One key in the order of the tables; nil where the value is not an envelope, or not an entry.
    private typealias Place = (key: [UInt8], entry: IndexEntry?)

    /// Compares at most `limit` entries with as many envelopes, if a comparison is due; how many were corrected.
    mutating func compare(limit: Int, now: Instant, store: inout StoreView) -> Int {
        if case .sound(let until) = state, until <= now { doubt() }
        guard case .comparing(let after) = state else { return 0 }
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
        // Beyond the end, only one of the two tables has been read.
        let ends = [kept, listed].filter { $0.count >= limit }.compactMap(\.last?.key)
        let end = ends.min { $0.lexicographicallyPrecedes($1) }
        let differences = MailboxIndex.differences(listed, kept, upTo: end)
        for (key, entry) in differences {
            if let entry { store.put(.mailboxes, key, entry.bytes) } else { store.remove(.mailboxes, key) }
        }
        state = end.map { .comparing(after: $0) } ?? .sound(until: now + Limits.indexCheckInterval)
        return differences.count
    }

    /// The changes to `listed` that make it agree with `kept`, up to a key (nil: all).
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
