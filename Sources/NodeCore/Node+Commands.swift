import Basics
import Cryptography
import Exchange
import Kademlia
import Sessions
import Wire

extension Node {
    /// Does, or begins, what the person's side or an operator asks. What comes of it is told in events with the same ID.
    public mutating func handle(_ command: NodeCommand, id: CommandID, now: Now, into outbox: inout Outbox) {
        swap(&scratch, &outbox.scratch)
        defer { swap(&scratch, &outbox.scratch) }
        // An idle node does little else for a minute: a clock that was set right is noticed by the next poll.
        lookAtClock(now: now, into: &outbox)
        switch command {
        case .lookup(let target):
            let identity = client(.fetchRecord, at: Location(target))
            start(
                .find(Find(role: .command(id), identity: identity)), search(for: target, now: now), id: id, now: now,
                into: &outbox)
        case .fetchRecord(let location):
            let fetch = RecordFetch(
                command: id, identity: client(.fetchRecord, at: location), location: location, suite: suite,
                held: buddy.record(at: location, store: store), now: now)
            start(
                .recordFetch(fetch), search(for: location.bytes, now: now), id: id, now: now, into: &outbox)
        case .publishRecord(let location, let record):
            upload(.publishRecord(id), record, at: location, as: .publish, now: now, into: &outbox)
        case .deposit(let mailbox, let key, let envelope):
            let known = depositBuddies.buddies(of: mailbox, now: now.monotonic)
            upload(
                .deposit(id), envelope, at: mailbox, as: .deposit, owner: key, to: known.isEmpty ? nil : known,
                now: now,
                into: &outbox)
        case .deliver(let mailbox, let envelope, let recipients):
            upload(.deliver(id), envelope, at: mailbox, as: .deliver, to: recipients, now: now, into: &outbox)
        case .collect(let mailbox, let key):
            let known = knownBuddies.buddies(of: mailbox, now: now.monotonic)
            let collection = Collection(
                command: id, identity: client(.collect, at: mailbox), mailbox: mailbox, key: key, buddies: known,
                held: key.location == mailbox ? buddy.entries(in: mailbox, now: now, store: store) : [])
            start(
                .collection(collection), known.isEmpty ? search(for: mailbox.bytes, now: now) : nil, id: id, now: now,
                into: &outbox)
        case .discard(let mailbox, let key, let tombstones):
            _ = buddy.discard(
                mailbox, key: key, tombstones, from: .own, isResponsible: isResponsible(for: mailbox), now: now,
                store: &store)
            let discard = Discard(
                command: id, identity: client(.collect, at: mailbox), mailbox: mailbox, key: key,
                tombstones: tombstones)
            start(.discard(discard), search(for: mailbox.bytes, now: now), id: id, now: now, into: &outbox)
        case .authorize(let challenge, let signature):
            authorize(challenge, signature, now: now, into: &outbox)
        case .fetch(let envelopes):
            guard let index = operations.firstIndex(where: { $0.operation.command == id }) else { return }
            if let mailbox = operations[index].collectedMailbox {
                operations[index].fetch(takeHeld(envelopes, in: mailbox, for: id, into: &outbox))
            }
            run(operations[index].serial, now: now, into: &outbox)
        case .acceptDeliveries(let mailboxes):
            acceptedMailboxes = mailboxes
        case .settleDelivery(let delivery, let accepted):
            settleDelivery(delivery, accepted: accepted, now: now, into: &outbox)
        case .cancel(let cancelled):
            cancel(cancelled, now: now, into: &outbox)
        }
    }

    /// Gives the envelopes that this node keeps itself, and returns the others.
    private func takeHeld(
        _ envelopes: [EnvelopeID], in mailbox: MailboxID, for id: CommandID, into outbox: inout Outbox
    ) -> [EnvelopeID] {
        envelopes.filter { envelope in
            guard let bytes = buddy.envelope(envelope, in: mailbox, store: store) else { return true }
            outbox.events.append(.envelope(id, mailbox: mailbox, envelope, bytes))
            return false
        }
    }

    private mutating func start(
        _ operation: Operation, _ search: Search?, id: CommandID, now: Now, into outbox: inout Outbox
    ) {
        if !begin(operation, search: search, now: now, into: &outbox) { outbox.events.append(.busy(id)) }
    }

    private mutating func upload(
        _ goal: Upload.Goal, _ payload: [UInt8], at location: Location, as purpose: Purpose, owner: BlindedKey? = nil,
        to recipients: [Contact]? = nil, now: Now, into outbox: inout Outbox
    ) {
        let suite = suite
        let upload = Upload(
            goal: goal, identity: client(purpose, at: location), location: location, object: Blake2b.hash256(payload),
            payload: payload, recipients: recipients ?? []
        ) { tombstone in
            guard let owner, owner.location == location else { return false }
            return tombstone.isSigned(by: owner, suite: suite)
        }
        let search = recipients == nil ? search(for: location.bytes, now: now) : nil
        if let id = goal.command { start(.upload(upload), search, id: id, now: now, into: &outbox) }
    }

    private mutating func authorize(
        _ challenge: ChallengeID, _ signature: Signature?, now: Now, into outbox: inout Outbox
    ) {
        for index in operations.indices where operations[index].authorize(challenge, signature: signature) {
            run(operations[index].serial, now: now, into: &outbox)
            return
        }
    }

    private mutating func client(_ purpose: Purpose, at location: Location) -> IdentityID {
        clients.identity(for: purpose, at: location, sessions: &sessions, generator: &generator)
    }

    /// A search that begins with the closest contacts of the routing table.
    mutating func search(for target: Bytes32, count: Int? = nil, now: Now) -> Search {
        let count = count ?? configuration.bucketSize
        let seeds = table.closest(to: target, count: count, families: families)
        return Search(
            target: target, own: id, seeds: seeds, count: count, families: families, now: now)
    }
}
