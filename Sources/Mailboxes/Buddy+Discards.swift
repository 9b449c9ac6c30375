import Basics
import Exchange
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
    /// expired, not even one that was never here. Any session may bring them: the signatures speak for themselves.
    ///
    /// It ends at the first that doesn't verify: nobody makes a node verify one bad signature after another. Where there
    /// is room for no more tombstones an envelope goes all the same, and a late copy would have to be collected again.
    public mutating func discard(
        _ mailbox: MailboxID, key: BlindedKey, _ tombstones: [Tombstone], now: Now, store: inout StoreView
    ) -> DiscardOutcome {
        guard key.location == mailbox else { return .refused(.invalid, retryAfterSeconds: 0) }
        var count = 0
        var ticket: Ticket?
        var refusal: RefusalReason?
        for tombstone in tombstones.prefix(Limits.tombstonesPerDiscard) {
            switch take(tombstone, of: mailbox, key, now: now, store: &store) {
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

    private func take(
        _ tombstone: Tombstone, of mailbox: MailboxID, _ key: BlindedKey, now: Now, store: inout StoreView
    ) -> Taken {
        let item = StoredKey.item(mailbox, tombstone.envelope)
        if store.contains(.tombstones, item) { return .taken(store.pendingTicket(.tombstones, item)) }
        let today = now.utc.day
        guard !(today.advanced(by: Limits.envelopeDaysAccepted) < tombstone.expiry) else { return .skipped(.expiry) }
        guard tombstone.isSigned(by: key, suite: suite) else { return .invalid }

        let held = held(item, store: store)
        // It would lapse before or after the envelope.
        if let held, held.expiry != tombstone.expiry { return .skipped(.expiry) }
        let removal = ExpiringKind.tombstone.removal(after: tombstone.expiry)
        let isOver = removal <= today
        let full = isOver ? nil : fullness(mailbox, store: store)
        if held == nil {
            if isOver { return .taken(nil) }
            if let full { return .skipped(full) }
        }
        if let held {
            store.remove(.envelopes, item)
            let expiry = ExpiringKind.envelope.removal(after: held.expiry)
            store.remove(.expiries, StoredKey.expiry(expiry, .envelope, item))
        }
        let isStored = !isOver && full == nil
        var ticket = store.updateUsage(of: mailbox) {
            if let held {
                $0.envelopes -= 1
                $0.bytes -= held.size
            }
            if isStored { $0.tombstones += 1 }
        }
        if isStored {
            let stored = StoredTombstone(expiry: tombstone.expiry, key: key, signature: tombstone.signature)
            store.put(.expiries, StoredKey.expiry(removal, .tombstone, item), [])
            ticket = store.put(.tombstones, item, stored.bytes)
        }
        return .taken(ticket)
    }

    /// Why there is no room for one more tombstone, or nil.
    private func fullness(_ mailbox: MailboxID, store: StoreView) -> RefusalReason? {
        if store.mailboxUsage(mailbox).tombstones >= bounds.tombstonesPerMailbox { return .mailboxFull }
        if store.nodeUsage().tombstones >= bounds.tombstonesPerNode { return .nodeFull }
        return nil
    }

    private func held(_ item: [UInt8], store: StoreView) -> (expiry: Day, size: Int)? {
        var held: (expiry: Day, size: Int)?
        _ = store.read(.envelopes, item) { bytes in
            guard let header = try? EnvelopeHeader(decoding: bytes) else { return }
            held = (header.expiry, bytes.byteCount)
        }
        return held
    }
}
