import Basics
import Storage
import Wire

/// The charge for one thing kept for others: the account, and the amount.
///
/// It is the value of the thing's entry in the expiry index.
struct Charge: Hashable {
    let account: Account
    /// The bytes of an envelope; 1 for a tombstone or a record.
    let amount: Int

    init(_ account: Account, _ amount: Int = 1) {
        self.account = account
        self.amount = amount
    }

    /// Nil for a thing kept by a version without accounts.
    init?(_ bytes: RawSpan) {
        var reader = ByteReader(bytes)
        guard let account = try? reader.u64(bytes), let amount = try? reader.u32(bytes) else { return nil }
        self.init(Account(rawValue: account), Int(amount))
    }

    var bytes: [UInt8] {
        var writer = ByteWriter(capacity: 12)
        writer.u64(account.rawValue)
        writer.u32(UInt32(clamping: amount))
        return writer.bytes
    }
}

/// How much of what a node keeps for others each account holds. In memory only: it is counted at each start.
struct Holdings: Sendable {
    /// Bytes.
    private var envelopes: Shares
    private var tombstones: Shares
    private var records: Shares
    /// Whether something has no charge, because an older version kept it.
    private(set) var hasUncharged = false

    /// Counts what a store holds.
    init(_ bounds: BuddyBounds, store: StoreView) {
        envelopes = Shares(capacity: bounds.bytesPerNode, share: bounds.bytesPerAccount)
        tombstones = Shares(capacity: bounds.tombstonesPerNode, share: bounds.tombstonesPerAccount)
        records = Shares(capacity: bounds.recordsPerNode, share: bounds.recordsPerAccount)
        store.scan(.expiries, prefix: []) { key, value in
            guard let entry = ExpiryEntry(key) else { return true }
            if let charge = Charge(value) {
                add(entry.kind, charge)
            } else {
                hasUncharged = true
                if entry.kind != .envelope { add(entry.kind, Charge(.unknown)) }
            }
            return true
        }
    }

    func room(_ kind: ExpiringKind, _ charge: Charge) -> Shares.Room {
        self[kind].room(for: charge.amount, of: charge.account)
    }

    /// Whether the capacity for a kind is used up, so that something new takes the place of something else.
    func isFull(_ kind: ExpiringKind) -> Bool { self[kind].total >= self[kind].capacity }

    mutating func add(_ kind: ExpiringKind, _ charge: Charge) { self[kind].add(charge.amount, to: charge.account) }

    mutating func remove(_ kind: ExpiringKind, _ charge: Charge) {
        self[kind].remove(charge.amount, from: charge.account)
    }

    /// Everything has a charge by now.
    mutating func allAreCharged() { hasUncharged = false }

    private subscript(kind: ExpiringKind) -> Shares {
        get {
            switch kind {
            case .envelope: envelopes
            case .tombstone: tombstones
            case .record: records
            }
        }
        _modify {
            switch kind {
            case .envelope: yield &envelopes
            case .tombstone: yield &tombstones
            case .record: yield &records
            }
        }
    }
}
