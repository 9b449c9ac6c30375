import Basics
import Exchange
import Sessions
import Wire

// Ways between people behind NATs.
extension Node {
    /// Says hello where that is due, and refuses what nobody has answered.
    mutating func keepWays(_ turn: inout Turn) {
        while let refusal = punching.nextRefusal(&turn) { link.answer(refusal, &turn) }
        while let (nonce, endpoint, isAttested) = punching.nextHello(&turn) {
            _ = link.sendHello(nonce, to: endpoint, isAttested: isAttested, &turn)
        }
    }

    /// Has buddies of a mailbox pass an offer on.
    mutating func offer(_ offer: [UInt8], to mailbox: MailboxID, id: CommandID, _ turn: inout Turn) {
        let known = knownKeepers(of: mailbox, turn)
        let offering = Offering(
            command: id, identity: link.client(for: .deposit, at: mailbox, &turn), mailbox: mailbox, payload: offer,
            buddies: known)
        let search = known.isEmpty ? searchForKeepers(of: mailbox, now: turn.now) : nil
        if !begin(.offering(offering), search: search, &turn) { turn.tell(.busy(id)) }
    }

    /// Answers what a buddy has passed on.
    mutating func answerOffer(_ id: OfferID, _ answer: [UInt8]?, _ turn: inout Turn) {
        if let answer = punching.resolve(id, with: answer) { link.answer(answer, &turn) }
    }

    /// Takes an offer: from somebody who wants it passed on to who reads a mailbox, or from a buddy that passes one on.
    mutating func takeOffer(
        _ offer: [UInt8], in mailbox: MailboxID, asker: Endpoint?, from sender: SessionInfo, _ header: RPCHeader,
        over carrier: ReplyCarrier, _ turn: inout Turn
    ) {
        // In an initiation it may be a replay; it comes again over the session.
        let later = link.postpone(carrier, &turn)
        guard sender.isProven else { return }
        guard let asker else { return passOn(offer, to: mailbox, from: sender, header, over: later, &turn) }
        guard link.reads(mailbox, as: sender.identity),
            announcing.isAnnouncer(sender.remoteID, of: mailbox, to: sender.identity)
        else {
            return link.answer(.refused(.unauthorized, retryAfterSeconds: 0), to: header, over: later, &turn)
        }
        if let answer = punching.receive(offer, in: mailbox, from: asker, header, over: later, &turn) {
            link.answer(answer, &turn)
        }
    }

    private mutating func passOn(
        _ offer: [UInt8], to mailbox: MailboxID, from sender: SessionInfo, _ header: RPCHeader,
        over carrier: ReplyCarrier, _ turn: inout Turn
    ) {
        guard punching.take(header, of: sender, for: mailbox, over: carrier, &turn),
            operations.passages < Limits.passagesUnderWay,
            let reader = announcing.reader(of: mailbox, now: turn.now.monotonic).flatMap({ link.contact(with: $0) })
        else { return }
        turn.mark(.offerPassed)
        let seen = punching.pretence ?? sender.endpoint
        let passage = Passage(asker: sender.remoteID, header: header, endpoint: seen, offer: offer)
        _ = begin(.single(SingleRequest(.passage(passage), of: mailbox, to: reader, as: .node)), &turn)
    }

    /// From now on it says of whoever makes or answers an offer that it sees them at this endpoint. For simulated liars.
    package mutating func pretendToSeeOthers(at endpoint: Endpoint) { punching.pretence = endpoint }
}
