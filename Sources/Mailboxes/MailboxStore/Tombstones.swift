import Basics
import Cryptography
import Storage
import Wire

/// The tombstones of all mailboxes kept here.
struct Tombstones {
    private let suite: CipherSuite

    init(suite: CipherSuite) { self.suite = suite }

    /// Accepts tombstones of a mailbox: deletes the envelopes, and accepts none of them again until the tombstones have
    /// expired. Any session may bring them: the signatures speak for themselves.
    ///
    /// A tombstone of an envelope that isn't here is kept only if the node is responsible for the mailbox. Only then
    /// may the envelope still come, and a stranger can invent any number of mailboxes. Each account has a share of the
    /// tombstones; when there is no room, the account that has most loses some.
    ///
    /// It stops at the first signature that doesn't verify, so that bad signatures can't use up the processor. If the
    /// mailbox has no room for more tombstones, the envelope is deleted all the same; a late copy would then have to be
    /// collected again.
    func discard(
        _ mailbox: MailboxID, key: BlindedKey, _ tombstones: [Tombstone], for account: Account, isResponsible: Bool,
        now: Now, quota: inout Quota, store: inout StoreView
    ) -> DiscardOutcome {
        guard key.location == mailbox else { return .refused(.invalid, retryAfterSeconds: 0) }
        var count = 0
        var ticket: Ticket?
        var refusal: RefusalReason?
        for tombstone in tombstones.prefix(Limits.tombstonesPerDiscard) {
            let item = StoredKey.item(mailbox, tombstone.envelope)
            guard isResponsible || store.holdsEnvelope(item) || store.contains(.tombstones, item) else {
                refusal = .notResponsible
                quota.mark(.tombstoneNotResponsible)
                continue
            }
            switch discard(tombstone, item, of: mailbox, key, for: account, now: now, quota: &quota, store: &store) {
            case .done(let last):
                count += 1
                ticket = [ticket, last].compactMap { $0 }.max()
            case .skipped(let reason):
                refusal = reason
                quota.mark(reason == .expiry ? .tombstoneOfOtherTime : .tombstoneHasNoRoom)
            case .invalid:
                refusal = .invalid
                quota.mark(.tombstoneNotSigned)
            }
            if refusal == .invalid { break }
        }
        quota.refreshUsage(store)
        if count == 0, let refusal {
            switch refusal {
            case .mailboxFull, .nodeFull: return .refused(refusal, retryAfterSeconds: Limits.retryAfterNodeFull)
            case .busy: return .refused(refusal, retryAfterSeconds: Limits.retryAfterBusy)
            default: return .refused(refusal, retryAfterSeconds: 0)
            }
        }
        return ticket.map { .keep(count: count, $0) } ?? .kept(count: count)
    }

    private enum Step {
        /// Done: durable with the ticket, or already.
        case done(Ticket?)
        /// Not done, because there is no room or the expiry is not acceptable; the next tombstone may still succeed.
        case skipped(RefusalReason)
        /// Not signed by the owner.
        case invalid
    }

    private func discard(
        _ tombstone: Tombstone, _ item: [UInt8], of mailbox: MailboxID, _ key: BlindedKey, for account: Account,
        now: Now, quota: inout Quota, store: inout StoreView
    ) -> Step {
        if store.contains(.tombstones, item) {
            quota.mark(.tombstoneCameTwice)
            return .done(store.pendingTicket(.tombstones, item))
        }
        let today = now.utc.day
        guard !(today.advanced(by: Limits.envelopeDaysAccepted) < tombstone.expiry) else { return .skipped(.expiry) }
        guard tombstone.isSigned(by: key, suite: suite) else { return .invalid }

        let found = held(item, store: store)
        // The tombstone would expire before or after the envelope.
        if let found, found.expiry != tombstone.expiry { return .skipped(.expiry) }
        let removal = ExpiringKind.tombstone.removal(after: tombstone.expiry)
        let isOver = removal <= today
        let full = isOver ? nil : fullness(mailbox, for: account, quota: &quota, store: &store)
        guard let found else {
            if isOver { return .done(nil) }
            if let full { return .skipped(full) }
            // One that frees room is always taken in.
            if quota.pause(for: account, now: now.monotonic, store: store) != nil { return .skipped(.busy) }
            quota.mark(.tombstoneBeforeEnvelope)
            return .done(
                keep(tombstone, item, of: mailbox, key, for: account, until: removal, quota: &quota, store: &store))
        }
        store.removeEnvelope(item)
        let expiry = ExpiringKind.envelope.removal(after: found.expiry)
        quota.discharge(.envelope, item, until: expiry, store: &store)
        let ticket = store.updateUsage(of: mailbox) {
            $0.envelopes -= 1
            $0.bytes -= found.size
        }
        guard !isOver, full == nil else {
            quota.mark(.envelopeRemovedWithoutTombstone)
            return .done(ticket)
        }
        return .done(
            keep(tombstone, item, of: mailbox, key, for: account, until: removal, quota: &quota, store: &store))
    }

    private func keep(
        _ tombstone: Tombstone, _ item: [UInt8], of mailbox: MailboxID, _ key: BlindedKey, for account: Account,
        until removal: Day, quota: inout Quota, store: inout StoreView
    ) -> Ticket {
        let stored = StoredTombstone(expiry: tombstone.expiry, key: key, signature: tombstone.signature)
        quota.charge(.tombstone, item, until: removal, Charge(account), store: &store)
        store.updateUsage(of: mailbox) { $0.tombstones += 1 }
        return store.put(.tombstones, item, stored.bytes)
    }

    /// Why there is no room for one more tombstone, or nil. May evict others' tombstones.
    private func fullness(
        _ mailbox: MailboxID, for account: Account, quota: inout Quota, store: inout StoreView
    ) -> RefusalReason? {
        if quota.isFull(mailbox, store: store) { return .mailboxFull }
        return quota.makeRoom(.tombstone, for: account, store: &store).isFree ? nil : .nodeFull
    }

    private func held(_ item: [UInt8], store: StoreView) -> (expiry: Day, size: Int)? {
        var held: (expiry: Day, size: Int)?
        store.readHead(.envelopes, item) { size, head in
            guard let header = try? EnvelopeHeader(decodingStart: head) else { return }
            held = (header.expiry, size)
        }
        return held
    }
}
