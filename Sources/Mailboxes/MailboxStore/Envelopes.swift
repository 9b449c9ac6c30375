import Basics
import Cryptography
import Storage
import Wire

/// The envelopes of all mailboxes kept here, and the index of mailboxes.
struct Envelopes {
    private var index = MailboxIndex()
    /// How many entries of the index one step compares.
    private let comparedPerStep: Int
    /// The key of the envelope that was read last; the next key is written over it.
    private var itemKey = [UInt8](repeating: 0, count: 2 * Bytes32.count)
    /// The key of the mailbox that was listed last, in the same way.
    private var mailboxKey = [UInt8](repeating: 0, count: Bytes32.count)

    private let suite: CipherSuite

    init(comparedPerStep: Int, suite: CipherSuite) {
        self.comparedPerStep = comparedPerStep
        self.suite = suite
    }

    // MARK: Keeping

    /// The answer where the envelope was here already, or nil where it is new.
    func standing(of envelope: EnvelopeID, in mailbox: MailboxID, now: Now, store: StoreView) -> KeepOutcome? {
        let key = StoredKey.item(mailbox, envelope)
        var standing: KeepOutcome?
        _ = store.read(.tombstones, key) { bytes in
            guard let tombstone = StoredTombstone(bytes) else { return }
            standing = .collected(
                Tombstone(envelope: envelope, expiry: tombstone.expiry, signature: tombstone.signature))
        }
        if let standing { return standing }
        store.readHead(.envelopes, key) { _, head in
            let hasExpired = ((try? EnvelopeHeader(decodingStart: head))?.expiry ?? Day(number: 0)) < now.utc.day
            if hasExpired {
                standing = .refused(.expiry)
            } else {
                standing = store.pendingTicket(.envelopes, key).map { .keep($0) } ?? .kept
            }
        }
        return standing
    }

    /// Why an envelope of which this chunk has come can't be kept now, or nil. One that says it is signed is believed until
    /// all of it is there.
    func refusal(
        of chunk: UploadChunk, _ body: RawSpan, in mailbox: MailboxID, for account: Account, isRepair: Bool,
        now: Now, quota: inout Quota, store: StoreView
    ) -> KeepOutcome? {
        guard EnvelopeCheck.isPossible(size: chunk.size) else { return .refused(.invalid) }
        if let refusal = quota.refusal(ofEnvelope: chunk.size, for: account, now: now.monotonic, store: store) {
            return refusal
        }
        let isAccepted = store.policy(of: mailbox, now: now.utc).map { _ in EnvelopeCheck.maybeSigned(chunk, body) }
        let sender = SenderStanding(isAccepted: isAccepted, isRepair: isRepair)
        return quota.room(for: chunk.size, by: sender, in: mailbox, for: account, store: store) == nil
            ? .mailboxFull : nil
    }

    /// Keeps a complete envelope, under the hash that was announced. `isRepair`: another buddy has given or brought it.
    func keep(
        _ bytes: [UInt8], _ envelope: EnvelopeID, in mailbox: MailboxID, for account: Account, isRepair: Bool,
        now: Now, quota: inout Quota, store: inout StoreView
    ) -> KeepOutcome {
        if let reason = EnvelopeCheck.refusal(of: bytes, now: now) { return .refused(reason) }
        // Meanwhile it may have come over another session, or others may have filled the mailbox.
        if let standing = standing(of: envelope, in: mailbox, now: now, store: store) { return standing }
        guard let header = try? EnvelopeHeader(decoding: bytes.span.bytes) else { return .refused(.invalid) }
        let policy = store.policy(of: mailbox, now: now.utc)
        let isAccepted = policy?.accepts(bytes, in: mailbox, suite: suite)
        let sender = SenderStanding(isAccepted: isAccepted, isRepair: isRepair)
        if let refusal = quota.refusal(ofEnvelope: bytes.count, for: account, now: now.monotonic, store: store) {
            return refusal
        }
        let noRoom = makeRoom(
            for: bytes.count, by: sender, in: mailbox, for: account, under: policy, quota: &quota, store: &store)
        if let noRoom { return noRoom }
        let key = StoredKey.item(mailbox, envelope)
        let removal = ExpiringKind.envelope.removal(after: header.expiry)
        if sender != .accepted {
            store.putStranger(StrangersEnvelope(account: account, removal: removal, key: key, size: bytes.count))
        }
        quota.charge(.envelope, key, until: removal, Charge(account, bytes.count), store: &store)
        store.updateUsage(of: mailbox) {
            $0.envelopes += 1
            $0.bytes += bytes.count
        }
        let ticket = store.putEnvelope(key, bytes, header)
        quota.refreshUsage(store)
        return .keep(ticket)
    }

    /// Makes room for an envelope in its mailbox; why there is none, or nil. What came before the policy was known may be
    /// an accepted sender's all the same: it is looked at again before it would give way.
    private func makeRoom(
        for size: Int, by sender: SenderStanding, in mailbox: MailboxID, for account: Account,
        under policy: MailboxPolicy?, quota: inout Quota, store: inout StoreView
    ) -> KeepOutcome? {
        var looked = 0
        while let givingWay = quota.room(for: size, by: sender, in: mailbox, for: account, store: store) {
            looked += givingWay.count
            guard looked <= Limits.envelopesLookedAtAgain else { return .refused(.busy) }
            let accepted = givingWay.filter { envelope in
                guard let policy, let bytes = store.value(.envelopes, envelope.key) else { return false }
                return policy.accepts(bytes, in: mailbox, suite: suite)
            }
            for envelope in accepted { store.removeStranger(envelope.key, envelope.account, envelope.removal) }
            guard accepted.isEmpty else { continue }
            for envelope in givingWay { quota.evict(envelope, store: &store) }
            return nil
        }
        return .mailboxFull
    }

    // MARK: Reading

    /// Calls `body` with at most `limit` envelopes that wait in a mailbox after a given one (nil: from the first), by
    /// ascending ID and without the expired ones. Returns whether there are more.
    mutating func list(
        _ mailbox: MailboxID, after: EnvelopeID?, limit: Int, now: Now, store: StoreView, _ body: (MailboxEntry) -> Void
    ) -> Bool {
        StoredKey.replace(&mailboxKey, mailbox)
        let start = after.map { StoredKey.item(mailbox, $0) }
        return visit(mailboxKey, after: start, limit: limit, now: now, store: store, body)
    }

    /// All envelopes of a mailbox, without the expired ones.
    func entries(in mailbox: MailboxID, now: Now, store: StoreView) -> [MailboxEntry] {
        var entries: [MailboxEntry] = []
        _ = visit(StoredKey.location(mailbox), after: nil, limit: .max, now: now, store: store) { entries.append($0) }
        return entries
    }

    private func visit(
        _ mailbox: [UInt8], after: [UInt8]?, limit: Int, now: Now, store: StoreView, _ body: (MailboxEntry) -> Void
    ) -> Bool {
        let today = now.utc.day
        var (count, more) = (0, false)
        index.visit(mailbox, after: after, store: store) { envelope, entry in
            guard !(entry.lastDay < today) else { return true }
            guard count < limit else {
                more = true
                return false
            }
            count += 1
            body(MailboxEntry(envelope: envelope, size: entry.size))
            return true
        }
        return more
    }

    /// Calls `body` with one chunk of an envelope, valid only during the call, and returns true; false where there is
    /// no such envelope or chunk.
    mutating func readChunk(
        _ index: Int, of envelope: EnvelopeID, in mailbox: MailboxID, store: StoreView,
        _ body: (DownloadChunk, RawSpan) -> Void
    ) -> Bool {
        StoredKey.replace(&itemKey, mailbox, envelope)
        return store.readChunk(index, .envelopes, itemKey, body) { _ in true }
    }

    /// The keys of all that is kept within a scope.
    func items(in scope: ItemScope, store: StoreView) -> KeptItems {
        KeptItems(in: scope, isIndexSound: index.isSound, store: store)
    }

    // MARK: The index

    /// Whether the index of mailboxes has been compared with the envelopes, so that lists read the index alone.
    var hasSoundIndex: Bool { index.isSound }

    /// Compares some of the index with the envelopes, where a comparison is due; how many entries were corrected.
    mutating func compareIndex(now: Instant, store: inout StoreView) -> Int {
        index.compare(limit: comparedPerStep, now: now, store: &store)
    }

    /// Corrections that a comparison made may have been lost.
    mutating func doubtIndex() { index.doubt() }
}
