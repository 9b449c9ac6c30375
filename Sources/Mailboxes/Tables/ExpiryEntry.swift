import Basics
import Wire

/// The kinds of things that expire. The raw value is on disk and never changes.
enum ExpiringKind: UInt8 {
    case envelope = 1
    case tombstone = 2
    case record = 3

    /// Whether such a thing may be evicted before its time to make room for others: keeping it was promised to no one,
    /// or its owner brings it again.
    var givesWay: Bool { self != .envelope }

    /// What its removal is counted as.
    var expiryMark: Mark {
        switch self {
        case .envelope: .expiredEnvelopeRemoved
        case .tombstone: .expiredTombstoneRemoved
        case .record: .expiredRecordRemoved
        }
    }

    /// The first day on which something with this last day is removed.
    ///
    /// An envelope is kept for a day after its last, for clocks that differ; a tombstone for `tombstoneExtraDays` after
    /// its envelope's last, so that no late copy comes back.
    func removal(after last: Day) -> Day {
        switch self {
        case .envelope: last.advanced(by: 2)
        case .tombstone: last.advanced(by: Limits.tombstoneExtraDays + 1)
        case .record: last.advanced(by: 1)
        }
    }
}

/// One entry of the index of expiries.
struct ExpiryEntry {
    let removal: Day
    let kind: ExpiringKind
    /// The key in the table of `kind`.
    let key: [UInt8]

    init?(_ bytes: RawSpan) {
        guard bytes.byteCount > 5 else { return nil }
        var reader = ByteReader(bytes)
        guard let day = try? reader.u32(bytes), let raw = try? reader.u8(bytes), let kind = ExpiringKind(rawValue: raw),
            let rest = try? reader.rest(bytes)
        else { return nil }
        removal = Day(number: day)
        self.kind = kind
        key = rest.copy(of: bytes)
    }

    /// An entry of the index of charges: the day of removal and the key follow after `start` bytes.
    init?(charged bytes: RawSpan, _ kind: ExpiringKind, after start: Int) {
        guard bytes.byteCount > start + 4 else { return nil }
        var reader = ByteReader(bytes)
        guard (try? reader.range(bytes, count: start)) != nil, let day = try? reader.u32(bytes),
            let rest = try? reader.rest(bytes)
        else { return nil }
        removal = Day(number: day)
        self.kind = kind
        key = rest.copy(of: bytes)
    }

    var location: Location? { Bytes32(key.span.bytes).map { Location($0) } }
}
