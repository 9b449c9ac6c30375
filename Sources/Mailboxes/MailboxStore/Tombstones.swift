import Basics
import Storage
import Wire

/// How an owner's word that envelopes are done was taken.
public enum DiscardOutcome: Hashable, Sendable {
    /// So many are done: answer once this ticket is durable, and not before.
    case keep(count: Int, Ticket)
    /// So many are done, durably already.
    case kept(count: Int)
    /// Not taken.
    case refused(RefusalReason, retryAfterSeconds: UInt32)
}

extension Buddy {
    /// Takes tombstones of a mailbox: the envelopes go, and none of them is accepted again until the tombstones have
    /// expired. Any session may bring them: the signatures speak for themselves.
    ///
    /// A tombstone of an envelope that isn't here is kept only if the node is responsible for the mailbox: only then
    /// may the envelope still come, and a stranger can invent mailboxes without end. Tombstones are shared out by
    /// account, and when there is no room, the account that has most loses some.
    ///
    /// It stops at the first signature that doesn't verify, so that bad signatures can't use up the processor. Where
    /// the mailbox has room for no more tombstones an envelope goes all the same, and a late copy would have to be
    /// collected again.
    public mutating func discard(
        _ mailbox: MailboxID, key: BlindedKey, _ tombstones: [Tombstone], from source: Source, isResponsible: Bool,
        now: Now, store: inout StoreView
    ) -> DiscardOutcome {
        guard key.location == mailbox else { return .refused(.invalid, retryAfterSeconds: 0) }
        var count = 0
        var ticket: Ticket?
        var refusal: RefusalReason?
        for tombstone in tombstones.prefix(Limits.tombstonesPerDiscard) {
            let isWanted = isResponsible || holds(tombstone.envelope, in: mailbox, store: store)
            guard isWanted || isKnown(tombstone, in: mailbox, store: store) else {
                refusal = .notResponsible
                continue
            }
            switch take(tombstone, of: mailbox, key, for: source.account, now: now, store: &store) {
            case .taken(let last):
                count += 1
                ticket = [ticket, last].compactMap { $0 }.max()
            case .skipped(let reason):
                refusal = reason
            case .invalid:
                refusal = .invalid
            }
            if refusal == .invalid { break }
        }
        usage = store.nodeUsage()
        if count == 0, let refusal {
            let isFull = refusal == .mailboxFull || refusal == .nodeFull
            return .refused(refusal, retryAfterSeconds: isFull ? Limits.retryAfterNodeFull : 0)
        }
        return ticket.map { .keep(count: count, $0) } ?? .kept(count: count)
    }

    private enum Taken {
        /// Done, durable with the ticket, or already.
        case taken(Ticket?)
        /// Not done, for want of room or of a sound expiry; the next may be.
        case skipped(RefusalReason)
        /// Not by the owner.
        case invalid
    }

    private mutating func take(
        _ tombstone: Tombstone, of mailbox: MailboxID, _ key: BlindedKey, for account: Account, now: Now,
        store: inout StoreView
    ) -> Taken {
        let item = StoredKey.item(mailbox, tombstone.envelope)
        if store.contains(.tombstones, item) { return .taken(store.pendingTicket(.tombstones, item)) }
        let today = now.utc.day
        guard !(today.advanced(by: Limits.envelopeDaysAccepted) < tombstone.expiry) else { return .skipped(.expiry) }
        guard tombstone.isSigned(by: key, suite: suite) else { return .invalid }

        let found = held(item, store: store)
        // It would lapse before or after the envelope.
        if let found, found.expiry != tombstone.expiry { return .skipped(.expiry) }
        let removal = ExpiringKind.tombstone.removal(after: tombstone.expiry)
        let isOver = removal <= today
        let full = isOver ? nil : fullness(mailbox, for: account, store: &store)
        guard let found else {
            if isOver { return .taken(nil) }
            if let full { return .skipped(full) }
            return .taken(keep(tombstone, item, of: mailbox, key, for: account, until: removal, store: &store))
        }
        store.removeEnvelope(item)
        discharge(.envelope, item, until: ExpiringKind.envelope.removal(after: found.expiry), store: &store)
        let ticket = store.updateUsage(of: mailbox) {
            $0.envelopes -= 1
            $0.bytes -= found.size
        }
        guard !isOver, full == nil else { return .taken(ticket) }
        return .taken(keep(tombstone, item, of: mailbox, key, for: account, until: removal, store: &store))
    }

    private mutating func keep(
        _ tombstone: Tombstone, _ item: [UInt8], of mailbox: MailboxID, _ key: BlindedKey, for account: Account,
        until removal: Day, store: inout StoreView
    ) -> Ticket {
        let stored = StoredTombstone(expiry: tombstone.expiry, key: key, signature: tombstone.signature)
        charge(.tombstone, item, until: removal, Charge(account), store: &store)
        store.updateUsage(of: mailbox) { $0.tombstones += 1 }
        return store.put(.tombstones, item, stored.bytes)
    }

    /// Why there is no room for one more tombstone, or nil. Others' may have to give way.
    private mutating func fullness(
        _ mailbox: MailboxID, for account: Account, store: inout StoreView
    ) -> RefusalReason? {
        if store.mailboxUsage(mailbox).tombstones >= bounds.tombstonesPerMailbox { return .mailboxFull }
        return makeRoom(.tombstone, for: account, store: &store) ? nil : .nodeFull
    }

    private func isKnown(_ tombstone: Tombstone, in mailbox: MailboxID, store: StoreView) -> Bool {
        store.contains(.tombstones, StoredKey.item(mailbox, tombstone.envelope))
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
