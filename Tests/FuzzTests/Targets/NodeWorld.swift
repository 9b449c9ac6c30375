import Basics
import Cryptography
import Exchange
import NodeCore
import Sessions
import Station
import Storage
import Wire

/// A real node with its disk and clock among callers who can do everything that a peer of the network can, and more.
///
/// It watches what the node promises: nobody who hasn't shown where they are is sent more than they sent; every command
/// ends, and once; time goes on; what is counted is what is kept.
struct NodeWorld {
    static let suite = CipherSuite.cheap
    static let configuration = NodeConfiguration(network: "fuzz", bucketSize: 3)
    static let endpoint = Endpoint(ipv4: 0x2d10_0001, port: 7_337)
    /// Addresses at which nobody listens.
    static let strangers = [
        Endpoint(ipv4: 0x2d20_0001, port: 4_000), Endpoint(high: 0x2a02_0000_0000_0000, low: 9, port: 4_000),
    ]

    /// The node, which serves nobody: so its events come out of its station.
    private var station: Station
    var node: Node { station.node }
    var callers: [Caller]
    var now = Now(monotonic: .origin, utc: Sample.now)
    /// Whether datagrams get lost at present.
    var losesAll = false
    /// Where the callers' datagrams seem to come from, if not from where they are.
    var spoofed: Endpoint?

    let disk = MemoryStore()
    private var effects = Station.Effects()
    private var accounts: [Endpoint: Account] = [:]
    private var past: [[UInt8]] = []
    /// The commit under way.
    private var group: [WriteBatch] = []
    private var starts: UInt64 = 0
    private var lastRequestID: UInt32 = 0
    private var lastCommand: UInt64 = 0
    /// The commands that have not ended yet.
    private var commands: [CommandID] = []
    var challenges: [(command: CommandID, id: ChallengeID, binding: [UInt8], mailbox: MailboxID)] = []
    var offers: [(command: CommandID, envelopes: [EnvelopeID])] = []
    var deliveries: [DeliveryID] = []

    /// What went between the node and one address.
    private struct Account {
        var received = 0
        var sent = 0
        /// Whether somebody there has shown that they get what is sent there.
        var isProven = false
    }

    init(bootstrap: Bool) throws(Finding) {
        station = Station(node: NodeWorld.boot(disk, start: 0, now: now))
        callers = (0..<9).map { Caller(number: $0) }
        station.join(through: bootstrap ? [.unknown(callers[0].endpoint)] : [], now: now, into: &effects)
        try finishTurn()
    }

    static func boot(_ disk: MemoryStore, start: UInt64, now: Now) -> Node {
        Node(
            secret: SecretKey(Bytes32(words: (77, 2, 3, 4))), configuration: configuration, suite: suite, store: disk,
            seed: Bytes32(words: (start, 5, 6, 7)), now: now)
    }

    /// Kills the node and starts it with what is on its disk.
    mutating func restart(bootstrap: [BootstrapPeer]) throws(Finding) {
        starts += 1
        station = Station(node: NodeWorld.boot(disk, start: starts, now: now))
        effects = Station.Effects()
        group = []
        commands.removeAll()
        challenges.removeAll()
        offers.removeAll()
        deliveries.removeAll()
        station.join(through: bootstrap, now: now, into: &effects)
        try finishTurn()
    }

    // MARK: What happens to the node

    /// Brings a datagram to the node. `mayOpen`: it may be one that opens under a session's keys, which may be answered with three times as
    /// much.
    mutating func bring(
        _ bytes: [UInt8], from endpoint: Endpoint, isEarned: Bool = false, mayOpen: Bool = true
    ) throws(Finding) {
        let factor = mayOpen && bytes.first == DatagramKind.transport.rawValue ? Limits.amplification : 1
        accounts[endpoint, default: Account()].received += factor * bytes.count
        if isEarned { accounts[endpoint, default: Account()].isProven = true }
        if past.count < 64 { past.append(bytes) }
        station.receive(bytes.span.bytes, from: endpoint, now: now, into: &effects)
        try observe()
    }

    /// Brings a datagram once more that came or went before.
    mutating func replay(_ number: Int, changing place: Int, by change: UInt8, from endpoint: Endpoint) throws(Finding)
    {
        guard !past.isEmpty else { return }
        var bytes = past[number % past.count]
        if !bytes.isEmpty { bytes[place % bytes.count] ^= change }
        try bring(bytes, from: endpoint, mayOpen: change == 0)
        try finishTurn()
    }

    /// A caller sends a request, the body of which `body` makes for a request ID.
    mutating func ask(_ caller: Int, _ body: (UInt32) -> [UInt8]) throws(Finding) {
        lastRequestID &+= 1
        callers[caller].send(body(lastRequestID), requestID: lastRequestID, to: node.key, now: now.monotonic)
        try finishTurn()
    }

    mutating func command(_ command: NodeCommand) throws(Finding) {
        lastCommand += 1
        let id = CommandID(number: lastCommand)
        commands.append(id)
        station.command(command, id: id, now: now, into: &effects)
        try finishTurn()
    }

    /// Gives the node the answer to one of its events, or an order that nothing answers.
    mutating func tell(_ command: NodeCommand, as id: CommandID = CommandID(number: 0)) throws(Finding) {
        station.command(command, id: id, now: now, into: &effects)
        try finishTurn()
    }

    mutating func cancel(_ number: Int) throws(Finding) {
        guard !commands.isEmpty else { return }
        try tell(.cancel(commands.remove(at: number % commands.count)))
    }

    /// Ends the commit under way, if there is one.
    mutating func commit(_ result: CommitResult) throws(Finding) {
        beginCommit()
        guard !group.isEmpty else { return }
        let reports = CommitQueue.commit(group) { writes in
            if result == .committed { disk.commit(writes) }
            return result
        }
        group = []
        for report in reports { station.handleCommit(report, now: now, into: &effects) }
        try finishTurn()
    }

    mutating func beginCommit() { if group.isEmpty { group = station.takeWrites() } }

    func saveContacts() { station.saveContacts() }

    /// Lets time pass, and the node do what is due.
    mutating func pass(_ duration: Duration) throws(Finding) {
        let end = now.monotonic + duration
        var wakeUps = 0
        while let due = station.nextDeadline, due <= end {
            advance(to: max(now.monotonic, due))
            let timer = node.nextDeadline?.timer
            station.handleDeadline(now: now, into: &effects)
            try finishTurn()
            wakeUps += 1
            try expect(wakeUps < 20_000, "time goes on, though the node wants \(timer.map { "\($0)" } ?? "nothing")")
        }
        advance(to: end)
    }

    private mutating func advance(to instant: Instant) {
        let seconds = instant.sinceOrigin.components.seconds - now.monotonic.sinceOrigin.components.seconds
        now = Now(monotonic: instant, utc: now.utc.advanced(bySeconds: seconds))
    }

    // MARK: What the node does

    /// Brings to and fro what is to be sent until nobody has more to say.
    mutating func finishTurn() throws(Finding) {
        try observe()
        for _ in 0..<16 {
            let answers = try takeSent()
            if !losesAll { for (to, bytes) in answers { callersReceive(bytes, at: to) } }
            var isQuiet = true
            for index in callers.indices {
                for bytes in callers[index].drain() where !losesAll {
                    isQuiet = false
                    let isEarned = spoofed == nil && (bytes[0] == 2 || bytes[0] == 3)
                    try bring(bytes, from: spoofed ?? callers[index].endpoint, isEarned: isEarned)
                }
            }
            if isQuiet { break }
        }
        _ = try takeSent()
    }

    private mutating func callersReceive(_ bytes: [UInt8], at endpoint: Endpoint) {
        guard let index = callers.firstIndex(where: { $0.endpoint == endpoint }) else { return }
        callers[index].receive(bytes, known: callers.map(\.contact), now: now)
    }

    /// What the node sends, accounted for.
    private mutating func takeSent() throws(Finding) -> [(to: Endpoint, bytes: [UInt8])] {
        var sent: [(to: Endpoint, bytes: [UInt8])] = []
        func take(_ path: Path, _ bytes: UnsafeRawBufferPointer) { sent.append((path.endpoint, [UInt8](bytes))) }
        effects.node.datagrams.forEach(take)
        effects.node.datagrams.removeAll()
        effects.node.probes.removeAll()
        try expect(sent.count <= 4 * Limits.handshakes, "one call sends a bounded number of datagrams")
        for (to, bytes) in sent {
            try expect(to.isUsable && (try? DatagramKind(of: bytes.span.bytes)) != nil, "what is sent is one")
            if past.count < 64 { past.append(bytes) }
            // What the node begins by itself is bounded otherwise: it answers nobody.
            if bytes[0] == DatagramKind.initiation.rawValue || bytes[0] == DatagramKind.hello.rawValue { continue }
            accounts[to, default: Account()].sent += bytes.count
            let account = accounts[to, default: Account()]
            try expect(account.isProven || account.sent <= account.received, "nobody is sent more than they sent")
        }
        return sent
    }

    private mutating func observe() throws(Finding) {
        station.exchange(now: now, into: &effects)
        for event in effects.answers {
            switch event {
            case .lookupFinished(let id, _), .record(let id, _, _), .recordPublished(let id, _),
                .recordChecked(let id, _),
                .depositFinished(let id, _, _), .delivery(let id, _), .collectFinished(let id, _, _),
                .discarded(let id, _), .busy(let id), .offerAnswered(let id, nil, _), .wayClosed(let id):
                guard let index = commands.firstIndex(of: id) else { throw Finding("a command ends once: \(event)") }
                commands.remove(at: index)
            case .challenge(let command, let id, let mailbox, let binding, _):
                challenges.append((command, id, binding, mailbox))
            case .offer(let command, _, let envelopes): offers.append((command, envelopes))
            case .envelopeDelivered(let id, _, let envelope):
                try expect((try? EnvelopeHeader(decoding: envelope.span.bytes)) != nil, "a delivery is an envelope")
                deliveries.append(id)
            case .envelope(_, _, let id, let bytes):
                try expect(EnvelopeID(hashing: bytes.span.bytes) == id, "an envelope has its ID")
            default: break
            }
        }
        effects.answers.removeAll(keepingCapacity: true)
    }

    // MARK: The end

    /// Lets what is to be written be written, and, where the script is whole, everything under way end: then nothing is left of the
    /// commands, and the node knows what it keeps.
    mutating func end(isWhole: Bool) throws(Finding) {
        losesAll = true
        try commit(.committed)
        if isWhole {
            if !commands.isEmpty { try pass(.seconds(310)) }
            try expect(commands.isEmpty, "every command ends")
            node.checkInvariants()
        }
        try commit(.committed)
        try commit(.committed)
        try expect(!node.hasWrites, "what follows from a commit is committed")
        var envelopes: [Int] = []
        disk.scan(.envelopes, prefix: [], after: nil) { _, value in
            envelopes.append(value.byteCount)
            return true
        }
        let status = node.status
        try expect(status.envelopes == envelopes.count, "the node counts its envelopes")
        try expect(status.bytes == envelopes.reduce(0, +), "the node counts their bytes")
        guard !envelopes.isEmpty else { return }
        let restarted = NodeWorld.boot(disk, start: starts + 1, now: now).status
        try expect(
            restarted.envelopes == status.envelopes && restarted.bytes == status.bytes, "a restart forgets nothing")
        try expect(restarted.mailboxes == status.mailboxes, "a restart forgets no mailbox")
    }
}
