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

    /// Asks buddies to go on announcing, where that is due.
    mutating func renewWatches(_ turn: inout Turn) {
        for request in announcing.renewals(isClient: link.mode == .client, now: turn.now.monotonic) {
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
