import Basics
import Conversations
import Cryptography
import Exchange
import PeerCore
import Storage
import Wire

/// A person's real agent with its disk and clock, between a node that says anything and friends who write anything.
///
/// It watches what the agent promises: a message is shown once and in order, time goes on, and no command goes out twice.
struct PeerWorld {
    static let suite = CipherSuite.cheap

    let friends = (1...3).map { Friend(number: $0) }
    var agent: PeerAgent
    var now = Now(monotonic: .origin, utc: Sample.now)
    /// Whether what is written is durable at once. Otherwise the script says when.
    var commitsAtOnce = true
    /// The agent's commands that were not answered yet.
    var underWay: [(id: CommandID, command: NodeCommand)] = []
    var deliveries: UInt64 = 0

    let disk = MemoryStore()
    private var outbox = PeerOutbox()
    private var batch: (writes: [StoreWrite], through: Ticket)?
    private var starts: UInt64 = 0
    private var generator = SecureGenerator(seed: Bytes32(words: (3, 3, 3, 3)))
    /// The agent's own records, by epoch.
    private var records: [(epoch: Epoch, record: PeerRecord)] = []
    /// What friends have of their conversations with the agent.
    private var conversations: [PeerID: Conversation] = [:]
    /// The messages shown since the start.
    private var shown: Set<InboxPosition> = []

    /// Somebody whom the person writes to, and who writes.
    struct Friend {
        let profile: ProfileKey
        let cipher: EnvelopeCipher
        let prekey: Prekey
        var id: PeerID { profile.peerID }

        init(number: UInt64) {
            profile = ProfileKey(seed: SecretKey(Bytes32(words: (number, 7, 7, 7))), suite: PeerWorld.suite)
            cipher = EnvelopeCipher(profile: profile, suite: PeerWorld.suite)
            prekey = Prekey(
                day: Sample.now.day, secret: SecretKey(Bytes32(words: (number, 8, 8, 8))), seed: SecretDigest(.zero),
                suite: PeerWorld.suite)
        }
    }

    init() { agent = PeerWorld.boot(disk, start: 0, now: now) }

    static func boot(_ disk: MemoryStore, start: UInt64, now: Now) -> PeerAgent {
        PeerAgent(
            profile: Sample.profile, suite: suite, store: disk, seed: Bytes32(words: (start, 5, 6, 7)), now: now)
    }

    // MARK: What happens to the agent

    mutating func start() throws(Finding) {
        try call { agent, now, outbox in agent.start(now: now, into: &outbox) }
        try handle(.clock(.confirmed))
    }

    /// Kills the agent and starts it with what is on its disk.
    mutating func restart() throws(Finding) {
        starts += 1
        agent = PeerWorld.boot(disk, start: starts, now: now)
        batch = nil
        underWay.removeAll()
        shown.removeAll()
        try start()
    }

    mutating func handle(_ event: NodeEvent) throws(Finding) {
        try call { agent, now, outbox in agent.handle(event, now: now, into: &outbox) }
    }

    mutating func commit(_ result: CommitResult) throws(Finding) {
        if batch == nil, agent.hasWrites { batch = agent.takeWrites() }
        guard let (writes, through) = batch else { return }
        batch = nil
        if result == .committed { disk.commit(writes) }
        agent.handleCommit(through: through, result, now: now, into: &outbox)
        try observe()
    }

    mutating func pass(_ duration: Duration) throws(Finding) {
        let end = now.monotonic + duration
        var wakeUps = 0
        while let due = agent.nextDeadline, due.at <= end {
            advance(to: max(now.monotonic, due.at))
            try call { agent, now, outbox in agent.handleDeadline(now: now, into: &outbox) }
            wakeUps += 1
            try expect(wakeUps < 50_000, "time goes on, though the agent wants \(due.reason)")
        }
        advance(to: end)
    }

    private mutating func advance(to instant: Instant) {
        let seconds = instant.sinceOrigin.components.seconds - now.monotonic.sinceOrigin.components.seconds
        now = Now(monotonic: instant, utc: now.utc.advanced(bySeconds: seconds))
    }

    /// Calls the agent, and does what it wants.
    mutating func call(_ body: (inout PeerAgent, Now, inout PeerOutbox) -> Void) throws(Finding) {
        body(&agent, now, &outbox)
        try observe()
        var commits = 0
        while commitsAtOnce, agent.hasWrites || batch != nil {
            try commit(.committed)
            commits += 1
            try expect(commits < 1_000, "writing comes to an end")
        }
    }

    private mutating func observe() throws(Finding) {
        for (id, command) in outbox.commands {
            switch command {
            case .authorize, .fetch, .approach, .watch, .acceptDeliveries, .resolveDelivery, .lookup: continue
            case .cancel(let cancelled): underWay.removeAll { $0.id == cancelled }
            case .publishRecord(_, let bytes):
                record(bytes)
                fallthrough
            default:
                try expect(!underWay.contains { $0.id == id }, "a command has an ID of its own")
                underWay.append((id, command))
            }
        }
        for notice in outbox.notices {
            guard case .received(let message) = notice else { continue }
            try expect(shown.insert(message.position).inserted, "a message is shown once")
        }
        outbox.removeAll()
    }

    /// Reads a record that the agent publishes, as its friends would.
    private mutating func record(_ bytes: [UInt8]) {
        let epochs = (0..<4).map { Epoch(number: now.utc.epoch.advanced(by: $0 - 1).number) }
        for epoch in epochs {
            let record = try? PeerRecord(
                verifying: bytes, of: agent.id, epoch: epoch, suite: PeerWorld.suite, now: now.utc)
            guard let record else { continue }
            records.removeAll { $0.epoch == epoch }
            if records.count == 8 { records.removeFirst() }
            records.append((epoch, record))
        }
    }

    // MARK: What friends do

    /// An envelope for the agent; nothing of use as long as the agent has published nothing.
    mutating func seal(_ content: Content, by friend: Friend, in mailbox: MailboxID, expiry: Day) -> [UInt8] {
        guard let record = records.last?.record else { return [] }
        var conversation = conversations[friend.id] ?? Conversation()
        let sealed = try? conversation.seal(
            content, to: record, mailbox: mailbox, expiry: expiry, as: Sample.own, today: now.utc.day,
            with: friend.cipher, generator: &generator)
        conversations[friend.id] = conversation
        return sealed?.bytes ?? []
    }

    /// The record that lies at a location, if it is a friend's.
    mutating func friendsRecord(at location: Location, sequence: UInt64) -> [UInt8]? {
        for friend in friends {
            for offset in -3...2 {
                let epoch = now.utc.epoch.advanced(by: offset)
                guard friend.profile.blinded(for: .record, epoch: epoch).location == location else { continue }
                let validUntil = now.utc.advanced(bySeconds: 14 * UnixTime.secondsPerDay)
                guard (0...Limits.latestTime).contains(validUntil.seconds) else { return nil }
                return PeerRecord.publish(
                    friend.profile, suite: PeerWorld.suite, epoch: epoch, prekey: friend.prekey,
                    continuity: Continuity(), contacts: [],
                    sequence: sequence, validUntil: validUntil, generator: &generator)
            }
        }
        return nil
    }

    // MARK: The end

    /// What can be read is in order and without repetition, before as, where the script is whole, after a restart.
    mutating func end(isWhole: Bool) throws(Finding) {
        try commit(.committed)
        commitsAtOnce = true
        if isWhole { try pass(.seconds(100)) }
        let before = agent.inbox(InboxFilter(), now: now).map(\.position)
        try expect(zip(before, before.dropFirst()).allSatisfy { $0 < $1 }, "the inbox is in order")
        guard isWhole else { return }
        try restart()
        try pass(.seconds(100))
        let after = agent.inbox(InboxFilter(), now: now).map(\.position)
        try expect(Set(before).isSubset(of: after), "a restart loses no message")
    }
}
