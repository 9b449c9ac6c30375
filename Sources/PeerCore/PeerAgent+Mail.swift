import Basics
import Exchange

/// What comes for the person: from their mailboxes, and straight from senders.
extension PeerAgent {
    /// A buddy offers what lies in a mailbox.
    mutating func offered(_ id: CommandID, _ location: MailboxID, _ envelopes: [EnvelopeID]) {
        guard let mailbox = collecting.mailbox(collectedBy: id, at: location, turn.errands) else {
            // A collect stays open until its offers are answered.
            turn.mark(.offerOfFormerMailbox)
            return turn.answer(id, .fetch([]))
        }
        let room = inbox.room(turn.view)
        let (new, done) = inbox.sort(collecting.worthALook(envelopes, in: mailbox, now: turn.now.monotonic), &turn)
        for envelope in done {
            collecting.discard(envelope.envelope, expiry: envelope.expiry, in: mailbox.epoch, &turn)
            guard let receipt = inbox.repeatedReceipt(for: envelope, &turn) else { continue }
            receipts.owe(receipt, &turn)
            receipts.scheduleBatch(for: receipt.to, &turn)
        }
        collecting.ask(for: new, in: mailbox, room: room, by: id, &turn)
    }

    /// An envelope was fetched from a mailbox.
    mutating func fetched(_ id: CommandID, _ location: MailboxID, _ envelope: EnvelopeID, _ bytes: [UInt8]) {
        guard let mailbox = collecting.mailbox(collectedBy: id, at: location, turn.errands) else { return }
        let outcome = openAndStore(bytes, envelope, mailbox, nil)
        switch collecting.envelopeFetched(envelope, from: mailbox, outcome, size: bytes.count, &turn) {
        case .nothing: break
        case .dataMayBeOlder: publishing.dataMayBeOlder(&turn)
        }
    }

    /// A sender has brought an envelope.
    mutating func delivered(_ delivery: DeliveryID, _ location: MailboxID, _ bytes: [UInt8]) {
        guard let mailbox = collecting.mailbox(at: location) else {
            turn.mark(.deliveryForNoMailbox)
            return turn.answer(delivery, .refused(.unopenable))
        }
        let outcome = openAndStore(bytes, EnvelopeID(hashing: bytes.span.bytes), mailbox, delivery)
        if let answer = outcome.answer { turn.answer(delivery, answer) }
    }

    private mutating func openAndStore(
        _ bytes: [UInt8], _ envelope: EnvelopeID, _ mailbox: Collecting.Mailbox, _ delivery: DeliveryID?
    ) -> OpenOutcome {
        let opening = inbox.open(
            bytes, envelope, mailbox: mailbox.location, epoch: mailbox.epoch, prekeys: publishing.prekeys,
            delivery: delivery, &turn)
        switch opening {
        case .nothing(let outcome): return outcome
        case .letter(let letter):
            let sender = letter.opened.sender
            if delivery != nil { sending.peerWasHeard(sender, &turn) }
            collecting.envelopeWasOpened(envelope, &turn)
            if case .receipt(let delivered, let read) = letter.opened.content.body {
                carry(sending.receiptCame(delivered, .delivered, by: sender, &turn))
                carry(sending.receiptCame(read, turn.view.tellsOfReading ? .read : .delivered, by: sender, &turn))
            } else {
                punching.peerHasWritten(sender)
            }
            if let receipt = inbox.store(letter, &turn) { receipts.owe(receipt, &turn) }
            return .underWay
        }
    }
}
