import Basics
import Storage
import Wire

/// The envelopes of all mailboxes kept here, and the index of mailboxes.
struct Envelopes {
    private var index = MailboxIndex()
    /// How many entries of the index one step compares.
    private let comparedPerStep: Int
    /// The key of the envelope that was read last; the next key is written over it.
    private var itemKey = [UInt8](repeating: 0, count: 2 * Bytes32.count)

    init(comparedPerStep: Int) { self.comparedPerStep = comparedPerStep }

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

    /// Why no envelope of this size can be kept now, or nil.
    func refusal(
        of size: Int, in mailbox: MailboxID, for account: Account, now: Now, quota: Quota, store: StoreView
    ) -> KeepOutcome? {
        guard EnvelopeCheck.isPossible(size: size) else { return .refused(.invalid) }
        return quota.refusal(ofEnvelope: size, in: mailbox, for: account, now: now.monotonic, store: store)
    }

    /// Keeps a complete envelope, under the hash that was announced.
    func keep(
        _ bytes: [UInt8], _ envelope: EnvelopeID, in mailbox: MailboxID, for account: Account, now: Now,
        quota: inout Quota, store: inout StoreView
    ) -> KeepOutcome {
        if let reason = EnvelopeCheck.refusal(of: bytes, now: now) { return .refused(reason) }
        // Meanwhile it may have come over another session, or others may have filled the mailbox.
        if let standing = standing(of: envelope, in: mailbox, now: now, store: store) { return standing }
        let refusal = refusal(of: bytes.count, in: mailbox, for: account, now: now, quota: quota, store: store)
        if let refusal { return refusal }
        guard let header = try? EnvelopeHeader(decoding: bytes.span.bytes) else { return .refused(.invalid) }
        let key = StoredKey.item(mailbox, envelope)
        let removal = ExpiringKind.envelope.removal(after: header.expiry)
        quota.charge(.envelope, key, until: removal, Charge(account, bytes.count), store: &store)
        store.updateUsage(of: mailbox) {
            $0.envelopes += 1
            $0.bytes += bytes.count
        }
        let ticket = store.putEnvelope(key, bytes, header)
        quota.refreshUsage(store)
        return .keep(ticket)
    }

    // MARK: Reading

    /// Calls `body` with at most `limit` envelopes that wait in a mailbox after a given one (nil: from the first), by
    /// ascending ID and without the expired ones. Returns whether there are more.
    func list(
        _ mailbox: MailboxID, after: EnvelopeID?, limit: Int, now: Now, store: StoreView, _ body: (MailboxEntry) -> Void
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
