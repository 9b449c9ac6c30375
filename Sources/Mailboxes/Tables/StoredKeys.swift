import Basics
import Wire

/// Where things lie in the store.
/// ```
/// envelopes   location (32) ‖ envelope ID (32)                     -> the envelope
/// mailboxes   location (32) ‖ envelope ID (32)                     -> size u32 ‖ last day u32, of the envelope: `MailboxIndex`
/// tombstones  location (32) ‖ envelope ID (32)                     -> expiry day u32 ‖ A′ (32) ‖ signature (64)
/// records     location (32)                                        -> the signed record
/// expiries    day of removal u32 ‖ kind u8 ‖ key in its own table  -> account u64 ‖ amount u32
/// charges     kind u8 ‖ account u64 ‖ day of removal u32 ‖ key     -> nothing, for records and tombstones
/// usage       location (32)                                        -> a `MailboxUsage`
///             0 u8                                                 -> the `NodeUsage`
/// ```
/// Each envelope has one entry in `mailboxes`, which is written and removed in one batch with it. Everything that expires has one entry in `expiries`, written and removed in the same batch, and what may give way to
/// others' one in `charges`. Versions without accounts wrote no value in `expiries` and nothing into `charges`: `chargeOlder`
/// makes up for it, so that no format had to change.
enum StoredKey {
    static let nodeUsage: [UInt8] = [0]

    static func item(_ location: Location, _ envelope: EnvelopeID) -> [UInt8] {
        var key = [UInt8]()
        key.reserveCapacity(64)
        location.bytes.withUnsafeBytes { key.append(contentsOf: $0) }
        envelope.bytes.withUnsafeBytes { key.append(contentsOf: $0) }
        return key
    }

    static func location(_ location: Location) -> [UInt8] { location.bytes.array }

    /// Writes the key of an item over a key of the same length: chunks are asked for so often that none should allocate.
    static func replace(_ key: inout [UInt8], _ location: Location, _ envelope: EnvelopeID) {
        replace(&key, location)
        envelope.bytes.withUnsafeBytes { key.replaceSubrange(Bytes32.count..<2 * Bytes32.count, with: $0) }
    }

    /// Writes the key of a location over one that begins with another.
    static func replace(_ key: inout [UInt8], _ location: Location) {
        location.bytes.withUnsafeBytes { key.replaceSubrange(0..<Bytes32.count, with: $0) }
    }

    static func expiry(_ removal: Day, _ kind: ExpiringKind, _ key: [UInt8]) -> [UInt8] {
        removal.number.bigEndianBytes + [kind.rawValue] + key
    }

    /// How all keys in `charges` begin of what an account has brought.
    static func charges(_ kind: ExpiringKind, _ account: Account) -> [UInt8] {
        [kind.rawValue] + account.rawValue.bigEndianBytes
    }

    static func charge(_ kind: ExpiringKind, _ account: Account, _ removal: Day, _ key: [UInt8]) -> [UInt8] {
        charges(kind, account) + removal.number.bigEndianBytes + key
    }
}

/// What expires. The raw value is on disk and never changes.
enum ExpiringKind: UInt8 {
    case envelope = 1
    case tombstone = 2
    case record = 3

    /// Whether such a thing may be removed so that others have room, before its time: it was promised to nobody, or its owner
    /// brings it again.
    var givesWay: Bool { self != .envelope }

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

/// One entry of the index of what expires.
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

    /// An entry of the index of what is charged: the day of removal and the key follow after so many bytes.
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

/// A tombstone at rest: with the key that signed it, so that it can be handed on and verified by others.
struct StoredTombstone {
    let expiry: Day
    let key: BlindedKey
    let signature: Signature

    init(expiry: Day, key: BlindedKey, signature: Signature) {
        self.expiry = expiry
        self.key = key
        self.signature = signature
    }

    init?(_ bytes: RawSpan) {
        var reader = ByteReader(bytes)
        guard let day = try? reader.u32(bytes), let key = try? reader.bytes32(bytes),
            let signature = try? reader.signature(bytes)
        else { return nil }
        self.init(expiry: Day(number: day), key: BlindedKey(key), signature: signature)
    }

    var bytes: [UInt8] {
        var writer = ByteWriter(capacity: 100)
        writer.u32(expiry.number)
        writer.bytes32(key.bytes)
        writer.signature(signature)
        return writer.bytes
    }
}
