import Basics
import Wire

/// How the store is laid out.
/// ```
/// envelopes   location (32) ‖ envelope ID (32)                     -> the envelope
/// mailboxes   location (32) ‖ envelope ID (32)                     -> size u32 ‖ last day u32, of the envelope: `IndexEntry`
/// tombstones  location (32) ‖ envelope ID (32)                     -> expiry day u32 ‖ A′ (32) ‖ signature (64)
/// records     location (32)                                        -> the signed record
/// expiries    day of removal u32 ‖ kind u8 ‖ key in its own table  -> account u64 ‖ amount u32
/// charges     kind u8 ‖ account u64 ‖ day of removal u32 ‖ key     -> nothing, for records and tombstones
///             1 u8 ‖ location (32) ‖ account u64 ‖ day of removal u32 ‖ envelope ID (32) -> size u32, for envelopes
///                                                                     that may give way
/// usage       location (32)                                        -> a `MailboxUsage`
///             0 u8                                                 -> the `NodeUsage`
/// ```
/// Each envelope has one entry in `mailboxes`, written and removed in one batch with it. Everything that expires has
/// one entry in `expiries`, written and removed in the same batch; things that may be evicted also have one in
/// `charges`. An envelope has none there where it was signed by an accepted sender, or kept by a version that knew none.
/// Versions without accounts wrote no value in `expiries` and nothing into `charges`. `Quota.chargeOlder`
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

    /// Writes the key of an item over a key of the same length: chunks are requested so often that no request should
    /// allocate.
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

    /// The prefix in `charges` of the keys of all that an account has brought.
    static func charges(_ kind: ExpiringKind, _ account: Account) -> [UInt8] {
        [kind.rawValue] + account.rawValue.bigEndianBytes
    }

    /// The prefix in `charges` of a mailbox's envelopes that may give way.
    static func strangers(_ mailbox: MailboxID) -> [UInt8] { [ExpiringKind.envelope.rawValue] + mailbox.bytes.array }

    /// The key in `charges` of the envelope with this key.
    static func stranger(_ item: [UInt8], _ account: Account, _ removal: Day) -> [UInt8] {
        let place = account.rawValue.bigEndianBytes + removal.number.bigEndianBytes
        return [ExpiringKind.envelope.rawValue] + item.prefix(Bytes32.count) + place + item.dropFirst(Bytes32.count)
    }

    static func charge(_ kind: ExpiringKind, _ account: Account, _ removal: Day, _ key: [UInt8]) -> [UInt8] {
        charges(kind, account) + removal.number.bigEndianBytes + key
    }
}
