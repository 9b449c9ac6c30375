import Basics
import Cryptography
import Storage
import Wire

extension Buddy {
    /// Takes one chunk of a record to keep, whose bytes lie in `body`. The record with the highest sequence number
    /// stays; another with the same number doesn't replace it.
    public mutating func putRecord(
        _ chunk: UploadChunk, _ body: RawSpan, from source: Source, isResponsible: Bool, now: Now,
        store: inout StoreView
    ) -> KeepOutcome {
        guard chunk.size <= Limits.recordSize else { return .refused(.invalid) }
        if !assembler.isOpen(chunk, .record, from: source) {
            if let standing = standing(of: chunk.object, at: chunk.location, now: now, store: store) { return standing }
            guard isResponsible else { return .refused(.notResponsible) }
            if let pause = pause(now: now, store: store) { return pause }
        }
        switch assembler.add(chunk, body, for: .record, from: source, now: now.monotonic) {
        case .partial(let arrived): return .partial(arrived)
        case .refused(let reason): return .refused(reason)
        case .whole(let bytes):
            return keep(bytes, chunk.object, at: chunk.location, for: source.account, now: now, store: &store)
        }
    }

    /// The answer where this very record is held, or nil.
    private mutating func standing(
        of object: Bytes32, at location: Location, now: Now, store: StoreView
    ) -> KeepOutcome? {
        let key = StoredKey.location(location)
        var isHeld = false
        _ = store.read(.records, key) { isHeld = Blake2b.hash256($0) == object }
        guard isHeld else { return nil }
        noteBrought(location, now: now)
        return store.pendingTicket(.records, key).map { .keep($0) } ?? .kept
    }

    private mutating func keep(
        _ bytes: [UInt8], _ object: Bytes32, at location: Location, for account: Account, now: Now,
        store: inout StoreView
    ) -> KeepOutcome {
        if let record = try? SignedRecord(decoding: bytes.span.bytes), !record.isTimely(now.utc) {
            return .refused(.expiry)
        }
        guard let record = SignedRecord.verified(bytes, at: location, now: now.utc, suite: suite) else {
            return .refused(.invalid)
        }
        if let standing = standing(of: object, at: location, now: now, store: store) { return standing }
        if let pause = pause(now: now, store: store) { return pause }
        let key = StoredKey.location(location)
        var held: SignedRecord?
        _ = store.read(.records, key) { held = try? SignedRecord(decoding: $0) }
        if let held {
            guard record.sequence > held.sequence else { return .refused(.stale) }
            discharge(.record, key, until: removal(of: held), store: &store)
            // Whoever brings the newer one is charged for it.
            _ = makeRoom(.record, for: account, store: &store)
        } else {
            guard makeRoom(.record, for: account, store: &store) else {
                return .refused(.nodeFull, retryAfterSeconds: Limits.retryAfterNodeFull)
            }
            var node = store.nodeUsage()
            node.records += 1
            store.putNodeUsage(node)
        }
        charge(.record, key, until: removal(of: record), Charge(account), store: &store)
        let ticket = store.put(.records, key, bytes)
        usage = store.nodeUsage()
        noteBrought(location, now: now)
        return .keep(ticket)
    }

    private func removal(of record: SignedRecord) -> Day { ExpiringKind.record.removal(after: record.validUntil.day) }
}
