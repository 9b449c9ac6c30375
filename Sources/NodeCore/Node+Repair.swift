import Basics
import Cryptography
import Mailboxes
import Wire

// Repair of what is kept for others.
extension Node {
    /// Looks at the range now and then, and begins a round of repair when one is due.
    mutating func repairMailboxes(_ turn: inout Turn) {
        guard repairs else { return }
        bringOffers(&turn)
        let now = turn.now.monotonic
        // Before it has joined a node knows nobody: it looks as soon as it has, not a minute after its start.
        if joining.isJoined, repair.isLookDue(now: now) {
            repair.observe(depth: responsibility.depth, now: now)
        }
        guard let due = repair.nextRound, due <= now else { return }
        let responsibility = self.responsibility
        guard let depth = responsibility.depth, let partner = partner(sharing: depth, &turn) else {
            return repair.observe(nil, with: nil, randomness: turn.randomness.next(), now: now)
        }
        repair.begin(
            with: partner.id, present: routing.alive(sharing: depth), isAlive: { routing.isAlive($0) }, now: now)
        let nonce = UInt128(turn.randomness.next()) << 64 | UInt128(turn.randomness.next())
        let reconciliation = Reconciliation(
            own: id, peer: partner.id, depth: depth, nonce: nonce, now: turn.now.utc)
        let round = RepairRound(reconciliation, with: partner, fetches: repair.isFetching, seed: audits.nextSeed())
        if !begin(.repair(round), &turn) {
            repair.observe(nil, with: nil, randomness: turn.randomness.next(), now: now)
        }
    }

    /// With whom to compare next: somebody of the range. A node that is about to end has no time for those that don't answer, so it
    /// takes the one heard last.
    private func partner(sharing depth: Int, _ turn: inout Turn) -> Contact? {
        guard repair.isLeaving else {
            return routing.drawn(sharing: depth, in: reach.families, leavingOut: audits.leftOut, &turn)
        }
        return routing.heardLast(
            sharing: depth, in: reach.families, leavingOut: audits.leftOut + repair.askedToLeave)
    }

    /// The program is about to end: others get what only this node may have. It is over when `isHandingOver` says so.
    public mutating func leave(now: Now, into outbox: inout Outbox) {
        guard serving.usage.envelopes > 0 else { return }
        beginTurn(&outbox, now)
        repair.leave()
        repairMailboxes(&outbox)
        endTurn(&outbox)
    }

    /// Whether a node that leaves has yet to bring something to others.
    public var isHandingOver: Bool { repair.isHandingOver }

    /// Things that a node that leaves has brought to others.
    public var handedOver: Int { repair.handedOver }

    /// Begins to bring what the partner of the last round lacks, as much at once as may be.
    private mutating func bringOffers(_ turn: inout Turn) {
        while let (item, partner) = repair.nextOffer() {
            switch bring(item, to: partner, &turn) {
            case .begun: break
            case .gone: repair.observeBrought(.refused(.notFound), now: turn.now.monotonic)
            case .full: repair.observeBrought(.refused(.busy), now: turn.now.monotonic)
            }
        }
    }

    private enum Bringing {
        case begun
        /// It isn't here any more.
        case gone
        /// As many operations run as may: the next round offers it again.
        case full
    }

    /// Begins to bring something.
    private mutating func bring(_ item: ItemKey, to partner: Contact, _ turn: inout Turn) -> Bringing {
        switch item.itemKind {
        case .envelope:
            guard let bytes = serving.envelope(item.envelope, in: item.location, store: store) else { return .gone }
            return upload(bytes, item, to: partner, &turn)
        case .record:
            guard let bytes = serving.record(at: item.location, store: store) else { return .gone }
            return upload(bytes, item, to: partner, &turn)
        case .tombstone:
            guard let (key, tombstone) = serving.tombstone(of: item.envelope, in: item.location, store: store) else {
                return .gone
            }
            let discard = Discard(
                command: nil, identity: .node, mailbox: item.location, key: key, tombstones: [tombstone],
                recipients: [partner])
            return begin(.discard(discard), &turn) ? .begun : .full
        case nil: return .gone
        }
    }

    private mutating func upload(
        _ bytes: [UInt8], _ item: ItemKey, to partner: Contact, _ turn: inout Turn
    ) -> Bringing {
        let upload = Upload(
            goal: item.itemKind == .record ? .repairRecord : .repairEnvelope, identity: .node, location: item.location,
            object: Blake2b.hash256(bytes), payload: bytes, recipients: [partner])
        return begin(.upload(upload), &turn) ? .begun : .full
    }
}
