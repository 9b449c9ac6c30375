import Basics
import Storage
import Wire

/// The keys of what a node keeps for others within a scope, in order: read from the tables' keys and heads, without
/// reading any envelope.
///
/// It sees the store as it was when it was made.
public struct KeptItems {
    /// What belongs to the comparison.
    public let scope: ItemScope
    private let store: StoreView
    /// Where the envelopes' keys, sizes and days are read.
    private let envelopes: Table

    /// `isIndexSound` tells whether the index of mailboxes has been compared with the envelopes; if not, the heads of
    /// these are read.
    package init(in scope: ItemScope, isIndexSound: Bool, store: StoreView) {
        self.scope = scope
        self.store = store
        envelopes = isIndexSound ? .mailboxes : .envelopes
    }

    /// Visits the keys of a range in ascending order, until `body` returns false, or as many things have been looked at as
    /// `limit` says; those are taken off it. What lasts too short counts as well.
    ///
    /// Returns the place to go on from, which was not visited; nil where the whole range has been.
    func visit(_ range: ItemRange, limit: inout Int, _ body: (ItemKey) -> Bool) -> ItemKey? {
        let locations = scope.locations
        for kind in ItemKind.allCases {
            let first = ItemKey(kind: kind.rawValue, location: locations.lowerBound, id: .zero)
            let lower = max(first, range.lower)
            guard lower.kind == kind.rawValue, lower < range.upper else { continue }
            var stop: ItemKey?
            scan(kind, from: lower) { key, isTimely in
                guard key < range.upper, key.location <= locations.upperBound else { return false }
                guard limit > 0 else {
                    stop = key
                    return false
                }
                limit -= 1
                guard isTimely, !body(key) else { return true }
                stop = key
                return false
            }
            if let stop { return stop }
        }
        return nil
    }

    /// Whether something that only the other side has should be fetched: nothing outside of the scope, an envelope not if it was
    /// discarded here, and a record not if it is no newer.
    package func wants(_ key: ItemKey) -> Bool {
        guard scope.locations.contains(key.location) else { return false }
        switch key.itemKind {
        case .tombstone: return true
        case .envelope: return !store.contains(.tombstones, StoredKey.item(key.location, key.envelope))
        case .record:
            var isNewer = true
            store.readHead(.records, StoredKey.location(key.location)) { _, head in
                if let record = RecordHead(head) { isNewer = record.sequence < key.sequence }
            }
            return isNewer
        case nil: return false
        }
    }

    // MARK: Tables

    /// Visits the keys of a kind from a place on, with whether each lasts as the scope says.
    private func scan(_ kind: ItemKind, from lower: ItemKey, _ body: (_ key: ItemKey, _ isTimely: Bool) -> Bool) {
        switch kind {
        case .tombstone:
            scanItems(.tombstones, kind, from: lower, body) { _, head in
                UInt32(bigEndianBytes: head).map { Day(number: $0) }
            }
        case .envelope:
            if envelopes == .mailboxes {
                scanItems(.mailboxes, kind, from: lower, body) { _, value in IndexEntry(value)?.lastDay }
            } else {
                scanItems(.envelopes, kind, from: lower, body) { IndexEntry(size: $0, head: $1)?.lastDay }
            }
        case .record:
            let after = StoredKey.predecessor(of: [lower.location.bytes])
            store.scanHeads(.records, prefix: [], after: after) { stored, _, head in
                guard let location = Bytes32(stored), let record = RecordHead(head) else { return true }
                let key = ItemKey.record(at: Location(location), sequence: record.sequence)
                return key < lower || body(key, scope.contains(validUntil: record.validUntil))
            }
        }
    }

    private func scanItems(
        _ table: Table, _ kind: ItemKind, from lower: ItemKey, _ body: (ItemKey, Bool) -> Bool,
        lastDay: (Int, RawSpan) -> Day?
    ) {
        let after = StoredKey.predecessor(of: [lower.location.bytes, lower.id])
        store.scanHeads(table, prefix: [], after: after) { stored, size, head in
            guard stored.byteCount == 2 * Bytes32.count, let location = Bytes32(stored),
                let id = Bytes32(stored, at: Bytes32.count), let day = lastDay(size, head)
            else { return true }
            let key = ItemKey(kind: kind.rawValue, location: Location(location), id: id)
            return body(key, scope.contains(lastDay: day))
        }
    }
}

/// What a comparison needs to know of a record, from its first bytes (`SignedRecord`).
private struct RecordHead {
    let sequence: UInt64
    let validUntil: UnixTime

    init?(_ head: RawSpan) {
        var reader = ByteReader(head)
        guard (try? reader.u8(head)) == SignedRecord.currentVersion, (try? reader.bytes32(head)) != nil,
            let sequence = try? reader.u64(head), let validUntil = try? reader.time(head)
        else { return nil }
        self.sequence = sequence
        self.validUntil = validUntil
    }
}

extension StoredKey {
    /// The greatest key of as many bytes that comes before this one, for a scan that begins with this one; nil where there is
    /// none.
    fileprivate static func predecessor(of parts: [Bytes32]) -> [UInt8]? {
        var key = parts.flatMap(\.array)
        guard let last = key.lastIndex(where: { $0 != 0 }) else { return nil }
        key[last] -= 1
        for index in key.indices[(last + 1)...] { key[index] = 0xff }
        return key
    }
}
