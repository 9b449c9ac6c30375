import Basics
import Cryptography
import Exchange
import NodeCore
import PeerCore
import Wire

/// Many real nodes and people in one process, on virtual time: nothing is real but their code.
///
/// The same seed and the same calls give the same history. Stories are told with `addHost`, `start`, `run`, `crash` and
/// `send`; what happened is read from `notices`, `inbox` and the nodes themselves.
public struct VirtualNetwork {
    public var link: LinkModel
    let suite: CipherSuite
    private let configuration: NodeConfiguration
    var hosts: [VirtualHost] = []
    private var queue = EventQueue()
    private var generator: SeededGenerator
    private var nodeOutbox = Outbox()
    private var peerOutbox = PeerOutbox()
    private var lastCommand = VirtualNetwork.operatorCommands
    /// Virtual time since the network was made.
    public private(set) var time = Instant.origin
    /// Civil time at the start: a moment in the middle of an epoch.
    public var startOfTime = UnixTime(seconds: 1_790_000_000)
    /// Datagrams between hosts of different sides are lost while this is set.
    public var partition: (@Sendable (HostID, HostID) -> Bool)?
    /// Sees every request that any node serves, decrypted: who serves it, the key that asks, and the body.
    public var requestTap: ((_ at: HostID, _ from: PublicKey, _ body: RawSpan) -> Void)? {
        didSet { for index in hosts.indices { installTap(index) } }
    }
    /// Sees every datagram that is sent.
    public var tap: ((_ from: HostID, _ to: HostID?, _ bytes: UnsafeRawBufferPointer) -> Void)?

    /// Commands with these numbers come from an operator; smaller ones from the host's `PeerAgent`.
    private static let operatorCommands: UInt64 = 1 << 63

    public init(
        seed: UInt64, link: LinkModel = LinkModel(), suite: CipherSuite = .sodium,
        configuration: NodeConfiguration = NodeConfiguration()
    ) {
        generator = SeededGenerator(seed: seed)
        self.link = link
        self.suite = suite
        self.configuration = configuration
    }

    // MARK: Hosts

    /// Adds a machine, with a person or without, perhaps behind a NAT; it is off until `start`.
    public mutating func addHost(withPerson: Bool = false, behind nat: NATKind? = nil) -> HostID {
        let id = HostID(index: hosts.count)
        let secret = SecretKey(generator.bytes32())
        let profile = withPerson ? ProfileKey(seed: SecretKey(generator.bytes32()), suite: suite) : nil
        let disk = MemoryStore()
        let endpoint = Endpoint(ipv4: AddressPlan.address(of: id.index), port: VirtualHost.port)
        let node = Node(
            secret: secret, configuration: configuration, suite: suite, store: disk, seed: generator.bytes32(),
            now: now)
        var linkGenerator = SeededGenerator(seed: generator.next())
        hosts.append(
            VirtualHost(
                id: id, endpoint: endpoint, place: Place(&linkGenerator), nat: nat.map(NAT.init), secret: secret,
                profile: profile, disk: disk,
                node: node, linkGenerator: linkGenerator))
        return id
    }

    /// Turns a machine on: with what its disk holds, or at first with nothing.
    public mutating func start(_ id: HostID, bootstrap: [HostID] = []) {
        let peers = bootstrap.map { BootstrapPeer.unknown(hosts[$0.index].endpoint) }
        let index = id.index
        hosts[index].incarnation += 1
        hosts[index].isUp = true
        hosts[index].wakeUpAt = nil
        let now = now(of: index)
        hosts[index].node = Node(
            secret: hosts[index].secret, configuration: configuration, suite: suite, store: hosts[index].disk,
            seed: generator.bytes32(), now: now)
        installTap(index)
        if let profile = hosts[index].profile {
            hosts[index].peer = PeerAgent(
                profile: profile, suite: suite, store: hosts[index].disk, seed: generator.bytes32(), now: now)
            hosts[index].peer?.start(now: now, into: &peerOutbox)
        }
        hosts[index].node.start(bootstrap: peers, now: now, into: &nodeOutbox)
        drain(index)
    }

    private mutating func installTap(_ index: Int) {
        let id = hosts[index].id
        hosts[index].node.tap = requestTap.map { tap in { tap(id, $0, $1) } }
    }

    /// Kills a machine: what was not committed is lost, and nobody is told.
    public mutating func crash(_ id: HostID) {
        hosts[id.index].isUp = false
        hosts[id.index].incarnation += 1
        hosts[id.index].peer = nil
    }

    public func isUp(_ id: HostID) -> Bool { hosts[id.index].isUp }
    public func node(_ id: HostID) -> Node { hosts[id.index].node }
    public func peer(_ id: HostID) -> PeerAgent? { hosts[id.index].peer }
    public func peerID(_ id: HostID) -> PeerID? { hosts[id.index].profile?.peerID }
    public func endpoint(_ id: HostID) -> Endpoint { hosts[id.index].endpoint }
    public var hostIDs: [HostID] { hosts.map(\.id) }
    public func notices(_ id: HostID) -> [PeerNotice] { hosts[id.index].notices }
    public func datagramsSent(by id: HostID) -> Int { hosts[id.index].datagramsSent }
    /// A host's disk, to read and to tamper with.
    public func disk(_ id: HostID) -> MemoryStore { hosts[id.index].disk }
    public func bytesSent(by id: HostID) -> Int { hosts[id.index].bytesSent }
    /// Datagrams of a host that its uplink had no room for.
    public func datagramsDropped(by id: HostID) -> Int { hosts[id.index].uplink?.drops ?? 0 }
    /// Lets a host send no faster than this, with a queue of so long.
    public mutating func setUplink(bitsPerSecond: Int, queue: Duration, of id: HostID) {
        hosts[id.index].uplink = Uplink(bitsPerSecond: bitsPerSecond, queue: queue)
    }
    /// Puts a host behind a NAT, or takes that away.
    public mutating func setNAT(_ kind: NATKind?, of id: HostID) { hosts[id.index].nat = kind.map(NAT.init) }
    /// From now on a host listens at another port; not that of its probes, 17,337.
    public mutating func setPort(_ port: UInt16, of id: HostID) {
        precondition(port != VirtualHost.probePort)
        hosts[id.index].endpoint = hosts[id.index].endpoint.with(port: port)
    }
    public mutating func setClockSkew(_ seconds: Int64, of id: HostID) { hosts[id.index].clockSkew = seconds }
    public mutating func setDiskFull(_ isFull: Bool, of id: HostID) { hosts[id.index].isDiskFull = isFull }
    public mutating func setCommitDelay(_ delay: Duration, of id: HostID) { hosts[id.index].commitDelay = delay }

    // MARK: What people and operators do

    /// Lets the person at a host write a message.
    public mutating func send(
        _ text: String, from id: HostID, to peer: PeerID, key: String? = nil
    ) throws -> MessageID? {
        let now = now(of: id.index)
        let message = try hosts[id.index].peer?.send(text, to: peer, key: key, now: now, into: &peerOutbox)
        drain(id.index)
        return message
    }

    /// What the person at a host can read now, in order.
    public func inbox(_ id: HostID, _ filter: InboxFilter = InboxFilter()) -> [IncomingMessage] {
        hosts[id.index].peer?.inbox(filter, now: now(of: id.index)) ?? []
    }

    /// Gives a node a command as an operator; `answer` finds what it says.
    public mutating func command(_ command: NodeCommand, at id: HostID) -> CommandID {
        lastCommand += 1
        let name = CommandID(number: lastCommand)
        let now = now(of: id.index)
        hosts[id.index].node.handle(command, id: name, now: now, into: &nodeOutbox)
        drain(id.index)
        return name
    }

    /// Gives a node the answer to an event of an operator's command.
    public mutating func answer(_ command: NodeCommand, _ id: CommandID, at host: HostID) {
        let now = now(of: host.index)
        hosts[host.index].node.handle(command, id: id, now: now, into: &nodeOutbox)
        drain(host.index)
    }

    /// The events that answered operators' commands at a host; where nobody lives, all events.
    public func answers(_ id: HostID) -> [NodeEvent] { hosts[id.index].answers }

    /// Brings a datagram to a host as if it came from `endpoint`.
    public mutating func inject(_ bytes: [UInt8], to id: HostID, from endpoint: Endpoint) {
        handle(.datagram(bytes, from: endpoint, to: .main), at: id.index)
    }

    // MARK: Time

    /// The true time.
    public var now: Now {
        let elapsed = time.sinceOrigin.components.seconds
        return Now(monotonic: time, utc: startOfTime.advanced(bySeconds: elapsed))
    }

    private func now(of index: Int) -> Now {
        Now(monotonic: time, utc: now.utc.advanced(bySeconds: hosts[index].clockSkew))
    }

    /// Lets time pass.
    public mutating func run(for duration: Duration) {
        let end = time + duration
        while let next = queue.nextTime, next <= end { step() }
        time = end
    }

    /// Lets time pass in which all machines sleep: what was on its way arrives late, and what was due is done late.
    public mutating func sleep(for duration: Duration) { time = time + duration }

    /// Lets time pass until something holds; false when it doesn't within `limit`.
    public mutating func run(limit: Duration, until condition: (VirtualNetwork) -> Bool) -> Bool {
        let end = time + limit
        while !condition(self) {
            guard time < end else { return false }
            run(for: min(.milliseconds(100), end - time))
        }
        return true
    }

    private mutating func step() {
        guard let (key, event) = queue.pop() else { return }
        time = max(time, key.at)
        handle(event, at: key.destination)
    }

    // MARK: One event

    private mutating func handle(_ event: HostEvent, at index: Int) {
        let now = now(of: index)
        switch event {
        case .datagram(let bytes, let from, let socket):
            guard hosts[index].isUp, hosts[index].nat?.admits(from: from, to: socket, at: time) != false else { return }
            switch socket {
            case .main: hosts[index].node.handleDatagram(bytes.span.bytes, from: from, now: now, into: &nodeOutbox)
            case .probe: hosts[index].node.handleProbeDatagram(bytes.span.bytes, from: from)
            }
        case .wakeUp:
            guard hosts[index].isUp, let at = hosts[index].wakeUpAt, at <= time else { return }
            hosts[index].wakeUpAt = nil
            if let due = hosts[index].node.nextDeadline, due.at <= time {
                hosts[index].node.handleDeadline(now: now, into: &nodeOutbox)
            }
            if let due = hosts[index].peer?.nextDeadline, due.at <= time {
                hosts[index].peer?.handleDeadline(now: now, into: &peerOutbox)
            }
        case .commit(let batch):
            guard hosts[index].isUp, hosts[index].incarnation == batch.incarnation else { return }
            let result: CommitResult = hosts[index].isDiskFull ? .full : .committed
            if result == .committed { hosts[index].disk.commit(batch.writes) }
            switch batch.owner {
            case .node:
                hosts[index].node.handleCommit(through: batch.through, result, now: now, into: &nodeOutbox)
            case .peer:
                hosts[index].peer?.handleCommit(through: batch.through, result, now: now, into: &peerOutbox)
            }
        }
        drain(index)
    }

    /// Does what a host's cores want: exactly what the driver of a real node does.
    private mutating func drain(_ index: Int) {
        let now = now(of: index)
        while !nodeOutbox.events.isEmpty || !peerOutbox.commands.isEmpty {
            let events = nodeOutbox.events
            nodeOutbox.events.removeAll(keepingCapacity: true)
            for event in events { route(event, index, now) }
            let commands = peerOutbox.commands
            peerOutbox.commands.removeAll(keepingCapacity: true)
            for (id, command) in commands {
                hosts[index].node.handle(command, id: id, now: now, into: &nodeOutbox)
            }
        }
        hosts[index].notices += peerOutbox.notices
        peerOutbox.removeAll()
        transmit(from: index)
        commit(index)
        arm(index)
    }

    private mutating func route(_ event: NodeEvent, _ index: Int, _ now: Now) {
        let isForPerson = (event.command?.number ?? 0) < VirtualNetwork.operatorCommands
        if !isForPerson || hosts[index].peer == nil {
            hosts[index].answers.append(event)
        } else {
            hosts[index].peer?.handle(event, now: now, into: &peerOutbox)
        }
    }

    private mutating func transmit(from index: Int) {
        let (datagrams, probes) = (nodeOutbox.datagrams, nodeOutbox.probes)
        nodeOutbox.datagrams.removeAll()
        nodeOutbox.probes.removeAll()
        transmit(datagrams, from: .main, of: index)
        transmit(probes, from: .probe, of: index)
    }

    private mutating func transmit(_ datagrams: DatagramQueue, from socket: VirtualSocket, of index: Int) {
        let source = hosts[index].endpoint(of: socket)
        func transmit(to endpoint: Endpoint, _ bytes: UnsafeRawBufferPointer) {
            let receiver = receiver(at: endpoint)
            let (sender, destination) = (HostID(index: index), receiver.map { HostID(index: $0.host) })
            tap?(sender, destination, bytes)
            hosts[index].bytesSent += bytes.count
            hosts[index].datagramsSent += 1
            hosts[index].nat?.noteSent(from: socket, to: endpoint, at: time)
            var departure = Duration.zero
            if hosts[index].uplink != nil {
                guard let delay = hosts[index].uplink?.send(bytes.count, at: time) else { return }
                departure = delay
            }
            guard let receiver, let destination, partition?(sender, destination) != true else { return }
            let delays = link.delays(
                from: hosts[index].place, to: hosts[receiver.host].place, &hosts[index].linkGenerator)
            for delay in [delays.first, delays.second].compactMap(\.self) {
                let event = HostEvent.datagram([UInt8](bytes), from: source, to: receiver.socket)
                schedule(event, to: receiver.host, from: index, at: time + departure + delay)
            }
        }
        datagrams.forEach(transmit)
    }

    /// The host and the socket of it that an endpoint means.
    private func receiver(at endpoint: Endpoint) -> (host: Int, socket: VirtualSocket)? {
        guard let address = endpoint.ipv4, let index = AddressPlan.host(at: address), index < hosts.count,
            let socket = hosts[index].socket(at: endpoint.port)
        else { return nil }
        return (index, socket)
    }

    private mutating func commit(_ index: Int) {
        let incarnation = hosts[index].incarnation
        let at = time + hosts[index].commitDelay
        if hosts[index].node.hasWrites {
            let (writes, through) = hosts[index].node.takeWrites()
            let batch = CommitBatch(incarnation: incarnation, writes: writes, owner: .node, through: through)
            schedule(.commit(batch), to: index, from: index, at: at)
        }
        if hosts[index].peer?.hasWrites == true, let (writes, through) = hosts[index].peer?.takeWrites() {
            let batch = CommitBatch(incarnation: incarnation, writes: writes, owner: .peer, through: through)
            schedule(.commit(batch), to: index, from: index, at: at)
        }
    }

    private mutating func arm(_ index: Int) {
        guard hosts[index].isUp else { return }
        var next = hosts[index].node.nextDeadline?.at
        if let peer = hosts[index].peer?.nextDeadline?.at { next = min(next ?? peer, peer) }
        guard let next else { return }
        // Never in the past or at this very instant: time must go on even where a deadline doesn't move.
        let at = max(next, time + .microseconds(100))
        if let armed = hosts[index].wakeUpAt, armed <= at { return }
        hosts[index].wakeUpAt = at
        schedule(.wakeUp, to: index, from: index, at: at)
    }

    private mutating func schedule(_ event: HostEvent, to destination: Int, from source: Int, at: Instant) {
        hosts[source].sequence += 1
        queue.push(
            event,
            EventQueue.Key(at: at, destination: destination, source: source, sequence: hosts[source].sequence))
    }
}
