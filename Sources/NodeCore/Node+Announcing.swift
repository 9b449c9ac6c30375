import Basics
import Exchange
import Mailboxes
import Sessions
import Wire

// What comes into mailboxes is announced.
extension Node {
    /// Tells the clients whose turn it is what has become durable.
    mutating func announceMail(_ turn: inout Turn) {
        while let (client, mailbox, entries) = announcing.next(&turn) {
            guard let contact = link.contact(with: client) else {
                announcing.forget(client: client)
                continue
            }
            var payload = ByteWriter(capacity: Limits.bodySize)
            for entry in entries { payload.mailboxEntry(entry) }
            let request = SingleRequest(.announcement(payload.bytes), of: mailbox, to: contact, as: .node)
            if !begin(.single(request), &turn) { announcing.observeUnsent(to: client, of: mailbox, &turn) }
        }
    }

    /// Tells clients that what they have brought is collected. Where there is no room for it they learn it otherwise.
    mutating func announceCollected(_ turn: inout Turn) {
        while let collected = announcing.nextCollected() {
            guard let contact = link.contact(with: collected.client) else { continue }
            var payload = ByteWriter(capacity: Limits.bodySize)
            for envelope in collected.envelopes {
                let kept = serving.tombstone(of: envelope, in: collected.mailbox, store: store)
                if let (_, tombstone) = kept { payload.tombstone(tombstone) }
            }
            guard payload.count > 0 else { continue }
            turn.mark(.depositorTold)
            let request = SingleRequest(.collected(payload.bytes), of: collected.mailbox, to: contact, as: .node)
            _ = begin(.single(request), &turn)
        }
    }

    /// How often buddies are asked to go on announcing.
    var renewalPace: Watches.Pace {
        if configuration.power == .low { return .inLowPower }
        return link.mode == .client ? .ofClient : .ofReached
    }

    /// Asks buddies to go on announcing, where that is due.
    mutating func renewWatches(_ turn: inout Turn) {
        for request in announcing.renewals(at: renewalPace, &turn) {
            _ = begin(.single(request), &turn)
        }
    }

    /// Collects what was announced since the last time.
    mutating func collectAnnounced(from mailbox: MailboxID, _ key: BlindedKey, id: CommandID, _ turn: inout Turn) {
        let collection = Collection(
            command: id, identity: link.client(for: .collect, at: mailbox, &turn), mailbox: mailbox, key: key,
            announced: announcing.removeAnnounced(in: mailbox),
            held: key.location == mailbox ? serving.entries(in: mailbox, now: turn.now, store: store) : [])
        if !begin(.collection(collection), &turn) { turn.tell(.busy(id)) }
    }
}
