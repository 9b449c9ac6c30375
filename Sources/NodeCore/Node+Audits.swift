import Basics
import Kademlia
import Mailboxes
import Wire

// Audits: whether others keep what they claimed to this node, and where something is brought instead where they don't.
extension Node {
    /// When rounds of repair or audits want to go on.
    var nextRepair: Instant? {
        guard repairs, let audit = audits.due else { return repairs ? repair.due : nil }
        return min(audit, repair.due ?? audit)
    }

    /// Looks at what was answered, and puts the next question that is due, one after the other.
    mutating func audit(_ turn: inout Turn) {
        if let (audit, response, node) = audits.nextAnswer() { conclude(audit, response, by: node, &turn) }
        while let (node, item) = audits.next(now: turn.now.monotonic) {
            guard let lastDay = lastDay(of: item) else {
                audits.observeGone()
                continue
            }
            let nonce = UInt128(turn.randomness.next()) << 64 | UInt128(turn.randomness.next())
            guard
                let audit = Audit(
                    of: node.id, about: item.envelope, in: item.location, lastDay: lastDay, nonce: nonce,
                    now: turn.now.utc)
            else {
                audits.observeGone()
                continue
            }
            if !begin(.single(SingleRequest(audit, to: node)), &turn) { audits.observe(Response?.none, to: audit) }
            guard let (audit, response, node) = audits.nextAnswer() else { return }
            conclude(audit, response, by: node, &turn)
        }
    }

    private func lastDay(of item: ItemKey) -> Day? {
        serving.envelope(item.envelope, in: item.location, store: store).flatMap {
            (try? EnvelopeHeader(decodingStart: $0.span.bytes))?.expiry
        }
    }

    /// An audit is over; without a response where no answer came.
    private mutating func conclude(_ audit: Audit, _ response: Response?, by node: Contact, _ turn: inout Turn) {
        guard let bytes = serving.envelope(audit.envelope, in: audit.mailbox, store: store) else {
            return audits.observeGone()
        }
        let finding =
            response.map { audit.finding(in: $0, bytes: bytes.span.bytes, suite: suite, now: turn.now.utc) } ?? .unclear
        switch finding {
        case .held: break
        case .missing: turn.mark(.auditMissing)
        case .unclear: turn.mark(.auditUnclear)
        case .collected(let key, let tombstone):
            turn.mark(.auditCollected)
            let thing = RepairedThing.tombstone(tombstone, by: key, in: audit.mailbox)
            _ = serving.keep(thing, from: node, now: turn.now, store: &store)
        }
        let (patience, now) = (repair.tombstonePatience, turn.now.monotonic)
        switch audits.observe(finding, of: audit, patience: patience, now: now) {
        case .nothing: break
        case .leftOut: turn.mark(.keeperLeftOut)
        case .bringAgain(let item, let node):
            let upload = Upload(
                goal: .bringAgain, identity: .node, location: item.location, object: item.envelope.bytes,
                payload: bytes, recipients: [node])
            if !begin(.upload(upload), &turn) {
                audits.observeBroughtAgain((item, node), isKept: false, patience: patience, now: now)
            }
        }
    }

    /// The nodes that aren't counted as keepers, as they twice didn't keep what they had acknowledged.
    public var leftOut: [NodeID] { audits.leftOut }
}
