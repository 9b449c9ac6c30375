import Basics
import Conversations
import Cryptography
import Exchange
import PeerCore
import Storage
import Testing

/// An agent with its disk and its driver, which can crash between any two steps.
final class Person {
    static let suite = CipherSuite.cheap

    /// When the disk's owner loses power.
    enum CrashPoint {
        case beforeCommit
        case afterCommit
    }

    let index: Int
    let profile: ProfileKey
    let profileByte: UInt8
    let contact: Contact
    /// Who may read `contact` in the record.
    let endpointReaders: EndpointReaders
    let store: MemoryStore
    private(set) var agent: PeerAgent
    private var seeds: SeededGenerator
    /// One more with every start: what was on its way to the one before is lost.
    private(set) var generation = 0
    private(set) var isRunning = true
    var isOnline = true
    /// How long after a start others have told where this person's node is reached.
    var reachedAfter = Duration.zero
    var acceptedMailboxes: [Location] = []
    var watchedMailboxes: [Location] = []
    /// How often a mailbox was looked into.
    var looks = 0
    var collects: [(id: CommandID, mailbox: Location, key: BlindedKey)] = []
    /// Envelopes asked for, in order.
    var fetched: [EnvelopeID] = []
    private(set) var notices: [PeerNotice] = []
    /// What was counted of this person's messages.
    private(set) var counted: [PeerActivity.Event: Int] = [:]
    private var witness: Witness
    /// Whether sent messages may be forgotten, as there are too many.
    var forgetsSent: Bool {
        get { witness.forgetsSent }
        set { witness.forgetsSent = newValue }
    }

    // Faults.
    /// Commits left until a crash.
    var crashAt: (commit: Int, point: CrashPoint)?
    var nextResult = CommitResult.committed
    /// Bytes that the disk still takes; nil for any number.
    var roomOnDisk: Int?
    /// The commit that fails, and how.
    var failAt: (commit: Int, result: CommitResult)?
    /// How long the disk takes: zero is at once.
    var commitDelay = Duration.zero
    private var batchUnderWay: (writes: [StoreWrite], ticket: Ticket, endsAt: Instant)?
    private(set) var commits = 0
    /// Whether the person has looked since something happened to the disk.
    private var hasLooked = false
    var isCommitting: Bool { batchUnderWay != nil }

    var id: PeerID { profile.peerID }
    var nextDeadline: Instant {
        let never = Instant(sinceOrigin: .seconds(Int64.max / 4))
        return min(agent.nextDeadline?.at ?? never, batchUnderWay?.endsAt ?? never)
    }

    /// `draws` is what keys are drawn from: a copy of somebody draws others.
    init(
        index: Int, byte: UInt8, now: Now, draws: UInt64? = nil, store: MemoryStore = MemoryStore(),
        endpointReaders: EndpointReaders = .everyone
    ) {
        self.index = index
        self.endpointReaders = endpointReaders
        self.store = store
        profileByte = byte
        witness = Witness(name: "person \(index)")
        let seed = Bytes32(words: (UInt64(byte), 0, 0, 0))
        profile = ProfileKey(seed: SecretKey(seed), suite: Person.suite)
        seeds = SeededGenerator(seed: draws ?? UInt64(byte))
        contact = Contact(key: PublicKey(seed), endpoint: Endpoint(ipv4: 0x0a00_0000 | UInt32(byte), port: 7_337))
        agent = PeerAgent(
            profile: profile, suite: Person.suite, endpointReaders: endpointReaders, store: store,
            seed: seeds.bytes32(),
            now: now)
    }

    // MARK: Running

    func start(_ world: World) {
        var outbox = PeerOutbox()
        agent.start(now: world.now, into: &outbox)
        drain(outbox, world)
        world.schedule(.reachable(at: contact), for: self, after: reachedAfter)
        world.schedule(.joined, for: self, after: .milliseconds(1))
        world.schedule(.clock(.confirmed), for: self, after: .milliseconds(2))
    }

    /// Loses all that was not committed.
    func stop() {
        isRunning = false
        hasLooked = false
        generation += 1
        collects = []
        acceptedMailboxes = []
        watchedMailboxes = []
        batchUnderWay = nil
    }

    func restart(_ world: World) {
        if isRunning { stop() }
        isRunning = true
        agent = PeerAgent(
            profile: profile, suite: Person.suite, endpointReaders: endpointReaders, store: store,
            seed: seeds.bytes32(),
            now: world.now)
        start(world)
    }

    /// Ends as a daemon does: what is owed gets a moment to leave.
    func leave(_ world: World) {
        var outbox = PeerOutbox()
        agent.hurry(now: world.now, into: &outbox)
        drain(outbox, world)
        world.run(for: agent.owesOthers ? .milliseconds(1_500) : .zero)
        stop()
    }

    /// A copy of what is on the disk.
    func backup() -> MemoryStore {
        let copy = MemoryStore()
        for table in Table.allCases {
            store.scan(table, prefix: [], after: nil) { key, value in
                let write = StoreWrite(table, key.withUnsafeBytes { Array($0) }, value.withUnsafeBytes { Array($0) })
                copy.commit([write])
                return true
            }
        }
        return copy
    }

    func handle(_ event: NodeEvent, _ world: World) {
        var outbox = PeerOutbox()
        agent.handle(event, now: world.now, into: &outbox)
        drain(outbox, world)
    }

    func handleDeadline(_ world: World) {
        var outbox = PeerOutbox()
        if let batch = batchUnderWay, batch.endsAt <= world.now.monotonic {
            batchUnderWay = nil
            hasLooked = false
            guard commit(batch.writes, batch.ticket, &outbox, world) else { return }
        } else {
            agent.handleDeadline(now: world.now, into: &outbox)
        }
        drain(outbox, world)
    }

    /// The driver's loop: commands and notices out, one batch of writes to the disk, until there is nothing left.
    private func drain(_ first: PeerOutbox, _ world: World) {
        var outbox = first
        var hasCommitted = !hasLooked
        while true {
            notices += outbox.notices
            for notice in outbox.notices { witness.hear(notice) }
            outbox.activity.drain(count: { counted[$0, default: 0] += $1 }, delivery: { _ in })
            if world.isWitnessed, hasCommitted || agent.hasWrites { witness.look(at: agent, now: world.now) }
            (hasCommitted, hasLooked) = (true, true)
            for (id, command) in outbox.commands { world.perform(id, command, of: self) }
            outbox.removeAll()
            guard agent.hasWrites else { return }
            let (writes, ticket) = agent.takeWrites()
            guard commitDelay == .zero else {
                batchUnderWay = (writes, ticket, world.now.monotonic + commitDelay)
                return
            }
            guard commit(writes, ticket, &outbox, world) else { return }
        }
    }

    /// Commits a batch, or crashes: then false.
    private func commit(_ writes: [StoreWrite], _ ticket: Ticket, _ outbox: inout PeerOutbox, _ world: World) -> Bool {
        commits += 1
        let crash = crashAt.flatMap { $0.commit == commits ? $0.point : nil }
        let size = writes.reduce(0) { $0 + ($1.value?.count ?? 0) }
        let isTooMuch = roomOnDisk.map { size > $0 } ?? false
        let result = failAt.flatMap { $0.commit == commits ? $0.result : nil } ?? (isTooMuch ? .full : nextResult)
        nextResult = .committed
        if result == .committed, let room = roomOnDisk { roomOnDisk = room - size }
        if crash != .beforeCommit, result == .committed { store.commit(writes) }
        guard crash == nil else {
            restart(world)
            return false
        }
        agent.handleCommit(through: ticket, result, now: world.now, into: &outbox)
        return true
    }

    // MARK: What the person does

    @discardableResult
    func send(
        _ text: String, introducing introduced: Introduced? = nil, to peer: Person, key: String? = nil, _ world: World
    ) throws -> MessageID {
        try send(text, introducing: introduced, to: peer.id, key: key, world)
    }

    @discardableResult
    func send(
        _ text: String, introducing introduced: Introduced? = nil, to peer: PeerID, key: String? = nil, _ world: World
    ) throws -> MessageID {
        var outbox = PeerOutbox()
        let id = try agent.send(
            text, introducing: introduced, to: peer, key: key, now: world.now, into: &outbox)
        drain(outbox, world)
        return id
    }

    /// Introduces somebody to a third person.
    @discardableResult
    func introduce(_ peer: Person, as name: String, to recipient: Person, _ world: World) throws -> MessageID {
        let introduced = try #require(Introduced(peer: peer.id, name: name))
        return try send("this is \(name)", introducing: introduced, to: recipient, world)
    }

    func markRead(_ ids: [MessageID], _ world: World) {
        var outbox = PeerOutbox()
        agent.markRead(ids.map { .message($0) }, now: world.now, into: &outbox)
        drain(outbox, world)
    }

    func delete(_ references: [InboxReference], _ world: World) -> Int {
        var outbox = PeerOutbox()
        let count = agent.delete(references, now: world.now, into: &outbox)
        witness.delete(references)
        drain(outbox, world)
        return count
    }

    /// Deletes the conversation with a peer, portion by portion.
    func deleteConversation(with peer: Person, _ world: World) -> Int {
        var rest: InboxPosition?
        var count = 0
        witness.delete(agent.inbox(InboxFilter(from: peer.id), now: world.now).map { .position($0.position) })
        witness.forgetsSent = true
        repeat {
            var outbox = PeerOutbox()
            let deletion = agent.deleteConversation(with: peer.id, after: rest, now: world.now, into: &outbox)
            drain(outbox, world)
            count += deletion.count
            rest = deletion.rest
        } while rest != nil
        return count
    }

    func decide(_ standing: PeerStanding, about peer: Person, _ world: World) -> Bool {
        var outbox = PeerOutbox()
        let isDone = agent.decide(standing, about: peer.id, now: world.now, into: &outbox)
        drain(outbox, world)
        return isDone
    }

    func setName(_ name: String, _ world: World) -> Bool {
        var outbox = PeerOutbox()
        let isDone = agent.setOwnName(name, now: world.now, into: &outbox)
        drain(outbox, world)
        return isDone
    }

    func setDraft(_ text: String, to peer: PeerID, _ world: World) -> DraftOutcome {
        var outbox = PeerOutbox()
        let outcome = agent.setDraft(text, to: peer, now: world.now, into: &outbox)
        drain(outbox, world)
        return outcome
    }

    func setTellsOfReading(_ isOn: Bool, _ world: World) {
        var outbox = PeerOutbox()
        agent.setTellsOfReading(isOn, now: world.now, into: &outbox)
        drain(outbox, world)
    }

    func deleteSent(_ id: MessageID, _ world: World) -> Bool {
        witness.forgetsSent = true
        var outbox = PeerOutbox()
        let isDeleted = agent.deleteSent(id, now: world.now, into: &outbox)
        drain(outbox, world)
        return isDeleted
    }

    func history(with peer: Person, _ world: World) -> [HistoryMessage] {
        agent.history(HistoryFilter(peer: peer.id), now: world.now).messages
    }

    func discardUnopened(_ world: World) -> Int {
        var outbox = PeerOutbox()
        let count = agent.discardUnopened(now: world.now, into: &outbox)
        drain(outbox, world)
        return count
    }

    func cancel(_ id: MessageID, _ world: World) -> CancelOutcome {
        var outbox = PeerOutbox()
        let outcome = agent.cancel(id, now: world.now, into: &outbox)
        drain(outbox, world)
        return outcome
    }

    func texts(_ world: World, from peer: Person? = nil) -> [String] {
        agent.inbox(InboxFilter(from: peer?.id), now: world.now).map(\.text)
    }

    func state(_ id: MessageID) -> MessageState? { agent.message(id)?.state }

    // MARK: What is on the disk

    /// Whether the committed outbox holds exactly these bytes.
    func hasDurable(envelope: [UInt8]) -> Bool {
        var isThere = false
        store.scan(.outbox, prefix: [UInt8(ascii: "e")], after: nil) { _, value in
            isThere = value.byteCount == envelope.count && value.withUnsafeBytes { $0.elementsEqual(envelope) }
            return !isThere
        }
        return isThere
    }

    /// Whether the prekey is committed that the record at a location names, which is of an epoch around this one. A policy
    /// leaves with the record of its epoch.
    func hasDurablePrekey(of location: Location, _ epoch: Epoch, _ day: Day) -> Bool {
        (-1...1).map { epoch.advanced(by: $0) }.contains { epoch in
            BlindingPurpose.allCases.contains { profile.blinded(for: $0, epoch: epoch).location == location }
                && store.read(.profile, Array("prekey/".utf8) + day.number.bigEndianBytes) { _ in }
        }
    }

    /// Whether the committed inbox knows that an envelope is done.
    func hasDone(_ envelope: EnvelopeID) -> Bool {
        var isThere = false
        store.scan(.inbox, prefix: [UInt8(ascii: "d")], after: nil) { key, _ in
            isThere = Bytes32(key, at: 5) == envelope.bytes
            return !isThere
        }
        return isThere
    }
}
