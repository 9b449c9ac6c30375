import Basics
import Cryptography
import Storage
import Wire

/// The signed records kept here, and when this node's turn comes to hand each of them over.
struct Records {
    private let suite: CipherSuite
    private var turns: HandOverTurns
    /// The place at which the present round through the records continues.
    private var cursor: [UInt8]?
    /// When the round continues.
    private(set) var nextHandOver: Instant
    /// The key of the record that was read last; the next key is written over it.
    private var locationKey = [UInt8](repeating: 0, count: Bytes32.count)

    /// `own` is the node's ID.
    init(suite: CipherSuite, own: NodeID, now: Instant) {
        self.suite = suite
        turns = HandOverTurns(own: own)
        nextHandOver = now
    }

    // MARK: Keeping

    /// Whether a record may have this size.
    func isPossible(size: Int) -> Bool { size <= Limits.recordSize }

    /// The answer if this very record is kept already, or nil.
    mutating func standing(of object: Bytes32, at location: Location, now: Now, store: StoreView) -> KeepOutcome? {
        let key = StoredKey.location(location)
        var isHeld = false
        _ = store.read(.records, key) { isHeld = Blake2b.hash256($0) == object }
        guard isHeld else { return nil }
        turns.postpone(location, now: now.monotonic)
        return store.pendingTicket(.records, key).map { .keep($0) } ?? .kept
    }

    /// Keeps a complete record, under the hash that was announced.
    mutating func keep(
        _ bytes: [UInt8], _ object: Bytes32, at location: Location, for account: Account, now: Now,
        quota: inout Quota, store: inout StoreView
    ) -> KeepOutcome {
        if let record = try? SignedRecord(decoding: bytes.span.bytes), !record.isTimely(now.utc) {
            return .refused(.expiry)
        }
        guard let record = SignedRecord.verified(bytes, at: location, now: now.utc, suite: suite) else {
            return .refused(.invalid)
        }
        if let standing = standing(of: object, at: location, now: now, store: store) { return standing }
        if let pause = quota.pause(for: account, now: now.monotonic, store: store) { return pause }
        let key = StoredKey.location(location)
        var held: SignedRecord?
        _ = store.read(.records, key) { held = try? SignedRecord(decoding: $0) }
        if let held {
            guard record.sequence > held.sequence else { return .refused(.stale) }
            quota.mark(.recordReplacedByNewer)
            quota.discharge(.record, key, until: removal(of: held), store: &store)
            // The account that brings the newer record is charged for it.
            _ = makeRoom(for: account, quota: &quota, store: &store)
        } else {
            guard makeRoom(for: account, quota: &quota, store: &store) else { return .nodeFull }
            var node = store.nodeUsage()
            node.records += 1
            store.putNodeUsage(node)
        }
        quota.charge(.record, key, until: removal(of: record), Charge(account), store: &store)
        let ticket = store.put(.records, key, bytes)
        quota.refreshUsage(store)
        turns.postpone(location, now: now.monotonic)
        return .keep(ticket)
    }

    /// Makes room for one more record; false where there is none.
    private mutating func makeRoom(for account: Account, quota: inout Quota, store: inout StoreView) -> Bool {
        let room = quota.makeRoom(.record, for: account, store: &store)
        forget(room.evicted)
        return room.isFree
    }

    private func removal(of record: SignedRecord) -> Day { ExpiringKind.record.removal(after: record.validUntil.day) }

    /// These things have been removed; there may be records among them.
    mutating func forget(_ removed: [ExpiryEntry]) {
        for entry in removed where entry.kind == .record {
            if let location = entry.location { turns.forget(location) }
        }
    }

    // MARK: Reading

    /// The record kept here for a location.
    func record(at location: Location, store: StoreView) -> [UInt8]? {
        store.value(.records, StoredKey.location(location))
    }

    /// Calls `body` with one chunk of the record at a location, valid only during the call, and returns true; false
    /// where there is no such record or chunk, or it has expired.
    mutating func readChunk(
        _ index: Int, at location: Location, now: Now, store: StoreView, _ body: (DownloadChunk, RawSpan) -> Void
    ) -> Bool {
        StoredKey.replace(&locationKey, location)
        return store.readChunk(index, .records, locationKey, body) { bytes in
            (try? SignedRecord(decoding: bytes)).map { now.utc < $0.validUntil } ?? false
        }
    }

    // MARK: Handing on

    /// The records that this node must hand over now: a few at a time, found in a round through all that it keeps. Call
    /// it when `nextHandOver` has come.
    mutating func takeHandOvers(now: Now, store: StoreView) -> [(location: Location, record: [UInt8])] {
        nextHandOver = now.monotonic + Limits.handOverStep
        var locations: [Location] = []
        store.scanHeads(.records, prefix: [], after: cursor) { key, _, _ in
            if let bytes = Bytes32(key) { locations.append(Location(bytes)) }
            return locations.count < Limits.recordsPerHandOverStep
        }
        if locations.isEmpty { cursor = nil }
        var taken: [(Location, [UInt8])] = []
        for location in locations {
            if turns.takeTurn(location, now: now.monotonic), let record = record(at: location, store: store),
                let signed = try? SignedRecord(decoding: record.span.bytes), signed.isTimely(now.utc)
            {
                taken.append((location, record))
            }
            // The next step continues after this record, or starts over after the last.
            let isEnd = location == locations.last && locations.count < Limits.recordsPerHandOverStep
            cursor = isEnd ? nil : StoredKey.location(location)
            if taken.count == Limits.handOversPerStep { break }
        }
        return taken
    }
}
