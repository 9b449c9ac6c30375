import Basics
import Storage
import Wire

/// Which account is charged for what is kept, and what is evicted when there is no room.
///
/// Records and tombstones can be evicted, those first that expire first. Envelopes can't: what was acknowledged is
/// kept. Therefore no account may hold more of them than its share.
extension Buddy {
    /// Adds something to the expiry index, and charges it.
    mutating func charge(
        _ kind: ExpiringKind, _ key: [UInt8], until removal: Day, _ charge: Charge, store: inout StoreView
    ) {
        store.put(.expiries, StoredKey.expiry(removal, kind, key), charge.bytes)
        if kind.givesWay { store.put(.charges, StoredKey.charge(kind, charge.account, removal, key), []) }
        holdings.add(kind, charge)
    }

    /// Removes something from the expiry index, and its charge.
    mutating func discharge(_ kind: ExpiringKind, _ key: [UInt8], until removal: Day, store: inout StoreView) {
        let entry = StoredKey.expiry(removal, kind, key)
        var charge: Charge?
        guard store.read(.expiries, entry, { charge = Charge($0) }) else { return }
        store.remove(.expiries, entry)
        let charged = charge ?? Charge(.unknown, kind.givesWay ? 1 : 0)
        if kind.givesWay { store.remove(.charges, StoredKey.charge(kind, charged.account, removal, key)) }
        holdings.remove(kind, charged)
    }

    /// Makes room for one more thing of a kind, which an account brings; false where there is none.
    mutating func makeRoom(_ kind: ExpiringKind, for account: Account, store: inout StoreView) -> Bool {
        for _ in 0..<Buddy.displacements {
            switch holdings.room(kind, Charge(account)) {
            case .free: return true
            case .none: return false
            case .displacing(let crowding):
                guard displace(kind, of: crowding, store: &store) else { return false }
            }
        }
        return false
    }

    /// Things that give way to one at most: an older version's bounds may have been wider.
    private static let displacements = 4

    /// Removes the thing of an account that would go first; false where it has none.
    private mutating func displace(_ kind: ExpiringKind, of account: Account, store: inout StoreView) -> Bool {
        for _ in 0..<Limits.removalsPerSweep {
            guard let (charged, entry) = firstCharged(kind, account, store: store) else { return false }
            var charge: Charge?
            let expiry = StoredKey.expiry(entry.removal, kind, entry.key)
            guard store.read(.expiries, expiry, { charge = Charge($0) }), charge?.account ?? .unknown == account else {
                // An older version has removed the thing, and doesn't know this index.
                store.remove(.charges, charged)
                continue
            }
            remove(entry, store: &store)
            displaced.count(kind)
            return true
        }
        return false
    }

    private func firstCharged(
        _ kind: ExpiringKind, _ account: Account, store: StoreView
    ) -> (key: [UInt8], entry: ExpiryEntry)? {
        var first: (key: [UInt8], entry: ExpiryEntry)?
        let prefix = StoredKey.charges(kind, account)
        store.scanHeads(.charges, prefix: prefix) { key, _, _ in
            first = ExpiryEntry(charged: key, kind, after: prefix.count).map { entry in
                (key.withUnsafeBytes { [UInt8]($0) }, entry)
            }
            return false
        }
        return first
    }

    /// Charges a few of the things that an older version kept. Who brought them is unknown, so all go to one account.
    mutating func chargeOlder(store: inout StoreView) {
        guard holdings.hasUncharged else { return }
        var found: [ExpiryEntry] = []
        var last: [UInt8]?
        var seen = 0
        store.scan(.expiries, prefix: [], after: chargedThrough) { key, value in
            seen += 1
            last = key.withUnsafeBytes { [UInt8]($0) }
            if Charge(value) == nil, let entry = ExpiryEntry(key) { found.append(entry) }
            return seen < Limits.removalsPerSweep
        }
        for entry in found {
            var amount = 1
            if entry.kind == .envelope { store.readHead(.envelopes, entry.key) { size, _ in amount = size } }
            let charge = Charge(.unknown, amount)
            store.put(.expiries, StoredKey.expiry(entry.removal, entry.kind, entry.key), charge.bytes)
            if entry.kind.givesWay {
                store.put(.charges, StoredKey.charge(entry.kind, .unknown, entry.removal, entry.key), [])
            } else {
                holdings.add(entry.kind, charge)
            }
        }
        chargedThrough = last
        if seen < Limits.removalsPerSweep {
            holdings.noteAllCharged()
            chargedThrough = nil
        }
    }
}

/// What had to give way, since the start.
public struct Displaced: Hashable, Sendable {
    public private(set) var records = 0
    public private(set) var tombstones = 0

    public init() {}

    mutating func count(_ kind: ExpiringKind) {
        switch kind {
        case .record: records += 1
        case .tombstone: tombstones += 1
        case .envelope: break
        }
    }
}
