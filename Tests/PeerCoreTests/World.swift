import Basics
import Cryptography
import Exchange
import PeerCore
import Storage
import Testing
import Wire

/// A virtual clock, a network of buddies that is one honest store, and people with an agent and a disk each.
///
/// It plays the node's part towards every agent, and checks at every command what must hold at any time: nothing is sent
/// that isn't durable at its sender, and nobody is told of an arrival that isn't durable at its recipient.
final class World {
    private struct Scheduled {
        let at: Instant
        let order: Int
        let person: Int
        let generation: Int
        let event: NodeEvent
    }

    var now: Now
    var people: [Person] = []
    private var queue: [Scheduled] = []
    private var order = 0
    private var deliveries: [(id: DeliveryID, sender: Int, generation: Int, command: CommandID, envelope: EnvelopeID)] =
        []

    // The network.
    var records: [Location: [UInt8]] = [:]
    var mailboxes: [Location: [(id: EnvelopeID, bytes: [UInt8])]] = [:]
    var tombstones: [EnvelopeID: Tombstone] = [:]
    /// Envelopes that tests put into mailboxes and that nobody can open: these may be thrown out unread.
    var garbage: [EnvelopeID] = []
    /// Whether direct deliveries were accepted, of all that were answered.
    private(set) var settled: [DeliveryID: Bool] = [:]
    /// All envelopes that anybody ever tried to bring anywhere, in order.
    var sent: [(isDirect: Bool, mailbox: Location, envelope: [UInt8])] = []

    var holdsNoMail: Bool { mailboxes.values.allSatisfy { $0.isEmpty } }

    /// How often each person asked for a record.
    private(set) var recordsAsked: [Int: Int] = [:]
    /// How often each person brought a record or a policy to all keepers, and how often they asked a few.
    private(set) var recordsBrought: [Int: Int] = [:]
    private(set) var recordsChecked: [Int: Int] = [:]

    /// What the nodes do to open ways.
    var punching = Rendezvous()

    /// Publications refused because a higher sequence number was there.
    private(set) var staleRecords = 0

    /// Whether all that people see is looked at whenever it changes: that takes long where there is much of it.
    var isWitnessed = true

    // Faults.
    /// Whether a keeper says of whatever it is brought that it has a newer one.
    var claimsNewerRecords = false
    /// Whether records aren't found, though they are there.
    var hidesRecords = false
    var latency = Duration.milliseconds(50)
    /// What is announced takes for ever to be fetched, or isn't even begun with.
    var stallsAnnounced = false
    var refusesAnnounced = false
    var depositTally = Tally(done: 5, found: 5)
    var isDirectOpen = true
    /// Whether every recipient refuses what is delivered directly.
    var refusesDeliveries = false
    /// Draws faults where a test wants them at random.
    var chance = SeededGenerator(seed: 0)
    /// Of 100 direct deliveries and deposits, how many fail after they were done.
    var lostAnswers: UInt64 = 0

    init(utc: Int64 = 1_800_000_000) {
        now = Now(monotonic: .origin, utc: UnixTime(seconds: utc))
    }

    /// One with two people who have published themselves.
    static func ofTwo() -> (World, alice: Person, bob: Person) {
        let world = World()
        let (alice, bob) = (world.addPerson(1), world.addPerson(2))
        world.run(for: .seconds(5))
        return (world, alice, bob)
    }

    @discardableResult
    func addPerson(_ byte: UInt8, endpointReaders: EndpointReaders = .everyone) -> Person {
        let person = Person(index: people.count, byte: byte, now: now, endpointReaders: endpointReaders)
        people.append(person)
        person.start(self)
        return person
    }

    /// Somebody once more, with another disk: with the keys alone where none is given.
    func addCopy(of person: Person, store: MemoryStore = MemoryStore()) -> Person {
        let draws = UInt64(100 + people.count)
        let copy = Person(
            index: people.count, byte: person.profileByte, now: now, draws: draws, store: store)
        people.append(copy)
        copy.start(self)
        return copy
    }

    // MARK: Time

    /// Lets time pass, doing what is due in its order.
    func run(for duration: Duration) {
        let end = now.monotonic + duration
        var steps = 0
        while true {
            let event = queue.indices.min { (queue[$0].at, queue[$0].order) < (queue[$1].at, queue[$1].order) }
            let eventAt = event.map { queue[$0].at }
            let deadline = people.filter(\.isRunning).min { $0.nextDeadline < $1.nextDeadline }
            guard let next = [eventAt, deadline?.nextDeadline].compactMap({ $0 }).min(), next <= end else { break }
            advance(to: max(next, now.monotonic))
            if let event, queue[event].at <= now.monotonic {
                let scheduled = queue.remove(at: event)
                let person = people[scheduled.person]
                if person.isRunning, person.generation == scheduled.generation { person.handle(scheduled.event, self) }
            } else {
                deadline?.handleDeadline(self)
            }
            steps += 1
            precondition(steps < 2_000_000, "the world doesn't come to rest")
        }
        advance(to: end)
    }

    /// Lets time pass in which all machines are asleep; what is due is done afterwards.
    func sleep(for duration: Duration) {
        advance(to: now.monotonic + duration)
        run(for: .seconds(10))
    }

    private func advance(to instant: Instant) {
        let before = now.monotonic.sinceOrigin.components.seconds
        now.monotonic = instant
        now.utc = now.utc.advanced(bySeconds: instant.sinceOrigin.components.seconds - before)
    }

    func schedule(_ event: NodeEvent, for person: Person, after delay: Duration? = nil) {
        order += 1
        queue.append(
            Scheduled(
                at: now.monotonic + (delay ?? latency), order: order, person: person.index,
                generation: person.generation, event: event))
    }

    private func losesAnswer() -> Bool { lostAnswers > 0 && chance.next() % 100 < lostAnswers }

    // MARK: The node's part

    func perform(_ id: CommandID, _ command: NodeCommand, of person: Person) {
        switch command {
        case .fetchRecord(let location):
            recordsAsked[person.index, default: 0] += 1
            let answered = person.isOnline ? 5 : 0
            let record = person.isOnline && !hidesRecords ? records[location] : nil
            schedule(.record(id, record: record, answered: answered), for: person)
        case .publishRecord(let location, let record):
            #expect(
                person.hasDurablePrekey(of: location, now.utc.epoch, now.utc.day),
                "a prekey is durable before it is told")
            recordsBrought[person.index, default: 0] += 1
            schedule(.recordPublished(id, person.isOnline ? keep(record, at: location) : Tally()), for: person)
        case .checkRecord(let location, let record):
            recordsChecked[person.index, default: 0] += 1
            let hadIt = records[location] == record
            let tally = person.isOnline ? keep(record, at: location) : Tally()
            schedule(.recordChecked(id, hadIt ? tally : Tally(found: tally.found, refusal: tally.refusal)), for: person)
        case .deposit(let mailbox, _, let envelope): deposit(id, mailbox, envelope, person)
        case .deliver(let mailbox, let envelope, let contacts): deliver(id, mailbox, envelope, contacts[0], person)
        case .resolveDelivery(let delivery, let answer): resolve(delivery, answer, person)
        case .collect(let mailbox, let key), .glance(let mailbox, let key):
            #expect(key.location == mailbox)
            person.looks += 1
            guard person.isOnline else {
                return schedule(.collectFinished(id, mailbox: mailbox, Tally()), for: person)
            }
            person.collects.append((id, mailbox, key))
            let binding = [UInt8](repeating: 7, count: 64)
            schedule(
                .challenge(
                    id, ChallengeID(number: id.number), mailbox: mailbox, channelBinding: binding, responder: responder),
                for: person)
        case .authorize(let challenge, let signature): authorize(challenge, signature, person)
        case .fetch(let envelopes): fetch(id, envelopes, person)
        case .discard(let mailbox, let key, let stones): discard(id, mailbox, key, stones, person)
        case .cancel(let cancelled):
            queue.removeAll { $0.person == person.index && $0.event.command == cancelled }
            deliveries.removeAll { $0.sender == person.index && $0.command == cancelled }
        case .collectAnnounced where stallsAnnounced: break
        case .collectAnnounced where refusesAnnounced: schedule(.busy(id), for: person)
        case .collectAnnounced(let mailbox, let key):
            person.collects.append((id, mailbox, key))
            schedule(.offer(id, mailbox: mailbox, mailboxes[mailbox, default: []].map(\.id)), for: person)
        case .watch(let locations): person.watchedMailboxes = locations
        case .acceptDeliveries(let locations): person.acceptedMailboxes = locations
        case .offer(let mailbox, let bytes): punching.offer(id, mailbox, bytes, of: person, in: self)
        case .answerOffer(let offer, let answer): punching.answer(offer, answer, of: person, in: self)
        case .openWay(let key, let endpoints, _, let nonce):
            punching.open(id, key, endpoints, nonce, of: person, in: self)
        case .lookup, .approach: break
        }
    }

    private func keep(_ record: [UInt8], at location: Location) -> Tally {
        let held = records[location].flatMap { try? SignedRecord(decoding: $0.span.bytes) }?.sequence ?? 0
        guard record == records[location] || (try? SignedRecord(decoding: record.span.bytes))?.sequence ?? 0 > held
        else {
            staleRecords += 1
            return Tally(done: 0, found: 5, refusal: .stale)
        }
        records[location] = record
        return claimsNewerRecords ? Tally(done: 4, found: 5, refusal: .stale) : Tally(done: 5, found: 5)
    }

    private var responder: NodeID { NodeID(.zero) }

    private func deposit(_ id: CommandID, _ mailbox: Location, _ envelope: [UInt8], _ person: Person) {
        #expect(person.hasDurable(envelope: envelope), "an envelope is durable before it is sent")
        guard person.isOnline else { return schedule(.depositFinished(id, Tally(), collected: nil), for: person) }
        sent.append((false, mailbox, envelope))
        let envelopeID = EnvelopeID(hashing: envelope.span.bytes)
        if let tombstone = tombstones[envelopeID] {
            return schedule(.depositFinished(id, depositTally, collected: tombstone), for: person)
        }
        let isKept = mailboxes[mailbox, default: []].contains { $0.id == envelopeID }
        if depositTally.hasQuorum, !isKept { mailboxes[mailbox, default: []].append((envelopeID, envelope)) }
        guard !losesAnswer() else { return schedule(.depositFinished(id, Tally(), collected: nil), for: person) }
        schedule(.depositProgress(id, depositTally), for: person)
        schedule(.depositFinished(id, depositTally, collected: nil), for: person, after: latency * 2)
    }

    private func deliver(
        _ id: CommandID, _ mailbox: Location, _ envelope: [UInt8], _ contact: Contact, _ person: Person
    ) {
        #expect(person.hasDurable(envelope: envelope), "an envelope is durable before it is sent")
        sent.append((true, mailbox, envelope))
        guard !refusesDeliveries else {
            return schedule(.delivery(id, .refused(.nodeFull)), for: person, after: latency * 2)
        }
        guard isDirectOpen, person.isOnline,
            let recipient = people.first(where: { $0.contact == contact && $0.isRunning }),
            recipient.isOnline, recipient.acceptedMailboxes.contains(mailbox)
        else { return schedule(.delivery(id, .unreachable), for: person, after: .seconds(3)) }
        order += 1
        let delivery = DeliveryID(number: UInt64(order))
        deliveries.append((delivery, person.index, person.generation, id, EnvelopeID(hashing: envelope.span.bytes)))
        schedule(.envelopeDelivered(delivery, mailbox: mailbox, envelope: envelope), for: recipient)
        // In case the recipient crashes before it answers.
        schedule(.delivery(id, .unreachable), for: person, after: .seconds(10))
    }

    private func resolve(_ delivery: DeliveryID, _ answer: DeliveryAnswer, _ person: Person) {
        settled[delivery] = answer == .accepted
        guard let index = deliveries.firstIndex(where: { $0.id == delivery }) else { return }
        let settled = deliveries.remove(at: index)
        if answer == .accepted { #expect(person.hasDone(settled.envelope), "accepted means durable") }
        let sender = people[settled.sender]
        guard sender.generation == settled.generation else { return }
        queue.removeAll { $0.person == sender.index && $0.event.command == settled.command }
        let outcome: DeliveryOutcome =
            switch answer {
            case _ where losesAnswer(): .unreachable
            case .accepted: .accepted
            case .refused(let reason): .refused(reason)
            }
        schedule(.delivery(settled.command, outcome), for: sender)
    }

    private func authorize(_ challenge: ChallengeID, _ signature: Signature?, _ person: Person) {
        guard let collect = person.collects.first(where: { $0.id.number == challenge.number }) else { return }
        let binding = Digest512([UInt8](repeating: 7, count: 64))
        guard let signature else {
            return schedule(.collectFinished(collect.id, mailbox: collect.mailbox, Tally(found: 5)), for: person)
        }
        guard let binding,
            Person.suite.verify(
                signature, of: SignedBytes.authorize(collect.mailbox, channelBinding: binding, responder: responder),
                by: collect.key.bytes)
        else {
            Issue.record("the mailbox's owner didn't prove it")
            return
        }
        let held = mailboxes[collect.mailbox, default: []].map(\.id)
        schedule(.offer(collect.id, mailbox: collect.mailbox, held), for: person)
    }

    private func fetch(_ id: CommandID, _ envelopes: [EnvelopeID], _ person: Person) {
        guard let index = person.collects.firstIndex(where: { $0.id == id }) else { return }
        let collect = person.collects.remove(at: index)
        person.fetched += envelopes
        for envelope in envelopes {
            guard let held = mailboxes[collect.mailbox, default: []].first(where: { $0.id == envelope }) else {
                continue
            }
            schedule(.envelope(id, mailbox: collect.mailbox, envelope, held.bytes), for: person)
        }
        let tally = Tally(done: 5, found: 5)
        schedule(.collectFinished(id, mailbox: collect.mailbox, tally), for: person, after: latency * 2)
    }

    private func discard(
        _ id: CommandID, _ mailbox: Location, _ key: BlindedKey, _ stones: [Tombstone], _ person: Person
    ) {
        #expect(stones.count <= Limits.tombstonesPerDiscard)
        for stone in stones where person.isOnline {
            #expect(stone.isSigned(by: key, suite: Person.suite))
            #expect(person.hasDone(stone.envelope) || garbage.contains(stone.envelope), "discarded means durable")
            tombstones[stone.envelope] = stone
            mailboxes[mailbox, default: []].removeAll { $0.id == stone.envelope }
        }
        schedule(.discarded(id, person.isOnline ? Tally(done: 5, found: 5) : Tally()), for: person)
    }
}
