import Basics
import Cryptography
import Exchange
import Sessions
import Wire

extension Node {
    /// Does, or begins, what the person's side or an operator asks. The outcome is reported in events with the same ID.
    public mutating func handle(_ command: NodeCommand, id: CommandID, now: Now, into outbox: inout Outbox) {
        beginTurn(&outbox, now)
        // An idle node does little else for a minute: a clock that was set right is noticed by the next poll.
        lookAtClock(&outbox)
        handle(command, id: id, &outbox)
        endTurn(&outbox)
    }

    private mutating func handle(_ command: NodeCommand, id: CommandID, _ turn: inout Turn) {
        switch command {
        case .lookup(let target):
            let find = Find(role: .command(id), identity: client(.fetchRecord, at: Location(target), &turn))
            start(.find(find), search(for: target, now: turn.now), id: id, &turn)
        case .fetchRecord(let location):
            let fetch = RecordFetch(
                command: id, identity: client(.fetchRecord, at: location, &turn), location: location, suite: suite,
                held: serving.record(at: location, store: store), now: turn.now)
            start(.recordFetch(fetch), searchForHolders(of: location, now: turn.now), id: id, &turn)
        case .publishRecord(let location, let record):
            upload(.publishRecord(id), id: id, record, at: location, as: .publish, &turn)
        case .checkRecord(let location, let record):
            upload(.checkRecord(id), id: id, record, at: location, as: .publish, count: Limits.keepersChecked, &turn)
        case .approach(let mailbox):
            guard operations.buddiesToDeposit(in: mailbox, now: turn.now.monotonic).isEmpty else { return }
            let find = Find(role: .approach(mailbox), identity: client(.deposit, at: mailbox, &turn))
            _ = begin(.find(find), search: searchForKeepers(of: mailbox, now: turn.now), &turn)
        case .deposit(let mailbox, let key, let envelope):
            let known = knownKeepers(of: mailbox, turn)
            if !known.isEmpty { turn.mark(.depositBeginsWithKnownBuddies) }
            upload(
                .deposit(id), id: id, envelope, at: mailbox, as: .deposit, owner: key, to: known.isEmpty ? nil : known,
                &turn)
        case .deliver(let mailbox, let envelope, let recipients):
            for recipient in recipients { punching.observeUse(of: recipient.key, now: turn.now.monotonic) }
            upload(.deliver(id), id: id, envelope, at: mailbox, as: .deliver, to: recipients, &turn)
        case .offer(let mailbox, let bytes): offer(bytes, to: mailbox, id: id, &turn)
        case .answerOffer(let offer, let answer): answerOffer(offer, answer, &turn)
        case .openWay(let key, let endpoints, let attested, let nonce):
            let usable = endpoints.filter { reach.families.contains($0.family) }
            punching.open(id, to: key, at: usable, attested: attested, nonce: nonce, &turn)
            keepWays(&turn)
        case .collect(let mailbox, let key): collect(from: mailbox, key, id: id, &turn)
        case .glance(let mailbox, let key): glance(at: mailbox, key, id: id, &turn)
        case .collectAnnounced(let mailbox, let key): collectAnnounced(from: mailbox, key, id: id, &turn)
        case .watch(let mailboxes): announcing.watch(mailboxes)
        case .discard(let mailbox, let key, let tombstones): discard(tombstones, in: mailbox, key, id: id, &turn)
        case .authorize(let challenge, let signature):
            if let serial = operations.authorize(challenge, signature) { run(serial, &turn) }
        case .fetch(let envelopes): fetch(envelopes, id: id, &turn)
        case .acceptDeliveries(let mailboxes): serving.accept(mailboxes)
        case .resolveDelivery(let delivery, let answer): resolve(delivery, with: answer, &turn)
        case .cancel(let cancelled): cancel(cancelled, &turn)
        }
    }

    private mutating func discard(
        _ tombstones: [Tombstone], in mailbox: MailboxID, _ key: BlindedKey, id: CommandID, _ turn: inout Turn
    ) {
        serving.discardOwn(
            tombstones, in: mailbox, key: key, responsibility: responsibility, now: turn.now, store: &store)
        announcing.observeDiscard(tombstones, in: mailbox, store.lastTicket)
        let discard = Discard(
            command: id, identity: client(.collect, at: mailbox, &turn), mailbox: mailbox, key: key,
            tombstones: tombstones)
        start(.discard(discard), searchForHolders(of: mailbox, now: turn.now), id: id, &turn)
    }

    /// The person's side wants these of the envelopes that a collection has listed.
    private mutating func fetch(_ envelopes: [EnvelopeID], id: CommandID, _ turn: inout Turn) {
        guard let (serial, mailbox) = operations.collection(for: id) else { return }
        if let mailbox {
            operations.fetch(serving.giveHeld(envelopes, in: mailbox, for: id, store: store, &turn), in: serial)
        }
        run(serial, &turn)
    }

    private mutating func resolve(_ delivery: DeliveryID, with answer: DeliveryAnswer, _ turn: inout Turn) {
        guard let waiting = serving.endDelivery(delivery, answer, now: turn.now.monotonic) else { return }
        let response: Response =
            switch answer {
            case .accepted: .accepted
            case .refused(let reason): .refused(reason, retryAfterSeconds: 0)
            }
        link.answer(response, to: waiting.header, over: waiting.carrier, &turn)
    }

    private mutating func cancel(_ cancelled: CommandID, _ turn: inout Turn) {
        punching.cancel(cancelled)
        guard let (serial, result) = operations.cancel(cancelled, &turn) else { return }
        end(serial, result, &turn)
    }

    /// An operation was ended.
    mutating func end(_ serial: UInt64, _ result: OperationResult, _ turn: inout Turn) {
        follow(result, of: serial, &turn)
        runWoken(&turn)
    }

    private mutating func start(_ operation: Operation, _ search: Search?, id: CommandID, _ turn: inout Turn) {
        if !begin(operation, search: search, &turn) { turn.tell(.busy(id)) }
    }

    private mutating func collect(from mailbox: MailboxID, _ key: BlindedKey, id: CommandID, _ turn: inout Turn) {
        let known =
            turn.buggifies(.searchAnew) ? [] : operations.buddiesToCollect(from: mailbox, now: turn.now.monotonic)
        if !known.isEmpty { turn.mark(.collectionBeginsWithKnownBuddies) }
        let collection = Collection(
            command: id, identity: client(.collect, at: mailbox, &turn), mailbox: mailbox, key: key, buddies: known,
            draw: announcing.draw(of: mailbox, &turn), announcers: configuration.power.announcers,
            renewing: [], held: entries(in: mailbox, key, turn))
        start(
            .collection(collection), known.isEmpty ? searchForHolders(of: mailbox, now: turn.now) : nil, id: id, &turn)
    }

    /// Looks into a mailbox at a few of its buddies, and at those of its announcers that want a new proof.
    private mutating func glance(at mailbox: MailboxID, _ key: BlindedKey, id: CommandID, _ turn: inout Turn) {
        let settled =
            turn.buggifies(.searchAnew) ? [] : operations.settledBuddies(of: mailbox, now: turn.now.monotonic)
        let few = announcing.few(of: settled, of: mailbox, &turn)
        guard few.count >= Limits.buddiesGlanced else { return collect(from: mailbox, key, id: id, &turn) }
        let doubted = announcing.doubted(of: mailbox)
        let collection = Collection(
            command: id, identity: client(.collect, at: mailbox, &turn), mailbox: mailbox, key: key,
            buddies: few + doubted, draw: nil, announcers: 0, renewing: doubted.map(\.id),
            held: entries(in: mailbox, key, turn))
        start(.collection(collection), nil, id: id, &turn)
    }

    /// What this node itself keeps in a mailbox of its person's.
    private func entries(in mailbox: MailboxID, _ key: BlindedKey, _ turn: borrowing Turn) -> [MailboxEntry] {
        key.location == mailbox ? serving.entries(in: mailbox, now: turn.now, store: store) : []
    }

    private mutating func upload(
        _ goal: Upload.Goal, id: CommandID, _ payload: [UInt8], at location: Location, as purpose: Purpose,
        owner: BlindedKey? = nil, to recipients: [Contact]? = nil, count: Int? = nil, _ turn: inout Turn
    ) {
        let suite = suite
        let upload = Upload(
            goal: goal, identity: client(purpose, at: location, &turn), location: location,
            object: Blake2b.hash256(payload),
            payload: payload, recipients: recipients ?? [], besides: audits.leftOut,
            wanted: count ?? configuration.bucketSize
        ) { tombstone in
            guard let owner, owner.location == location else { return false }
            return tombstone.isSigned(by: owner, suite: suite)
        }
        let search = recipients == nil ? searchForKeepers(of: location, count: count, now: turn.now) : nil
        start(.upload(upload), search, id: id, &turn)
    }

    private mutating func client(_ purpose: Purpose, at location: Location, _ turn: inout Turn) -> IdentityID {
        link.client(for: purpose, at: location, &turn)
    }
}
