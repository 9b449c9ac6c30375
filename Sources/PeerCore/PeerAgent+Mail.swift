import Basics
import Exchange

/// What comes for the person: envelopes that buddies offer, and those that were fetched or delivered.
extension PeerAgent {
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

    mutating func openAndStore(
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
                sending.receiptCame(delivered, .delivered, by: sender, &turn)
                sending.receiptCame(read, turn.view.tellsOfReading ? .read : .delivered, by: sender, &turn)
            } else {
                punching.peerHasWritten(sender)
            }
            let hadWritten = turn.view.deliverySecret(of: sender) != nil
            if let receipt = inbox.store(letter, &turn) { receipts.owe(receipt, &turn) }
            if !hadWritten, turn.view.deliverySecret(of: sender) != nil { endpointsAreShown(by: sender) }
            return .underWay
        }
    }

    /// A peer has written for the first time, and so shows from now on where their nodes are reached: a record that was read before
    /// is read anew, and what waits for them is tried straight.
    private mutating func endpointsAreShown(by peer: PeerID) {
        turn.mark(.endpointsShown)
        directory.distrust(peer)
        sending.retryQueued(for: peer, &turn)
    }
}
