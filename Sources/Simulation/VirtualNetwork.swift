import Basics
import Cryptography
import NodeCore
import PeerCore
import Sessions
import Station
import Storage
import Wire

/// Many real nodes and people in one process, on virtual time: nothing is real but their code.
///
/// The same seed and the same calls give the same history. Stories are told with `addHost`, `start`, `run`, `crash` and
/// `send`; what happened is read from `notices`, `inbox` and the nodes themselves.
public struct VirtualNetwork {
    /// How datagrams travel from now on.
    public var link: LinkModel { didSet { path = Link(link) } }
    var path: Link
    let suite: CipherSuite
    let configuration: NodeConfiguration
    let seed: UInt64
    var hosts: [VirtualHost] = []
    /// The place in `hosts` of each host that ever was, by its number; −1 of those that are gone for good.
    var slots: [Int32] = []
    /// The hosts at addresses that are not their first.
    var moved: [UInt32: HostID] = [:]
    var queue = EventQueue()
    let pool = DatagramPool()
    var commits: [CommitUnderWay?] = []
    var freeCommits: [UInt32] = []
    /// Lent to the host whose turn it is, and empty between turns.
    var effects = Station.Effects()
    var operatorCommands = OperatorCommands()
    /// Virtual time since the network was made.
    public internal(set) var time = Instant.origin
    /// Datagrams that arrived, commits and timers.
    public internal(set) var events = 0
    /// Turns of hosts: some of several datagrams that came together.
    package internal(set) var turns = 0
    /// Of the events, datagrams that arrived, and timers at which something was due.
    public internal(set) var datagrams = 0
    public internal(set) var timers = 0
    var trace = TraceHash()
    /// Of everything that happened: the same on every machine.
    public var traceHash: UInt64 { trace.value }
    /// Civil time at the start: a moment in the middle of an epoch.
    public var startOfTime = UnixTime(seconds: 1_790_000_000)
    /// Datagrams between hosts of different sides are lost while this is set.
    public var partition: (@Sendable (HostID, HostID) -> Bool)?
    /// What happens on the way to datagrams of all hosts; nil: nothing.
    package var interference: Interference?
    /// Hosts whose programs have ended by themselves.
    var ended: [HostID] = []
    /// Datagrams over these address families are lost.
    public var brokenFamilies: AddressFamilies = []
    /// Sees every request that any node serves, decrypted: the node that serves it, the requester's key, and the body.
    public var requestTap: ((_ at: HostID, _ from: PublicKey, _ body: RawSpan) -> Void)? {
        didSet { for index in hosts.indices { installTap(index) } }
    }
    /// Sees every datagram that is sent.
    public var tap: ((_ from: HostID, _ to: HostID?, _ bytes: UnsafeRawBufferPointer) -> Void)?
    /// Where people's notices and nodes' answers are collected, for all hosts together. Nil: each host keeps its own.
    var news: News?
    /// What lies on all disks, where that is kept account of.
    var storage: StorageLedger?
    /// Sees whether all that is promised holds, where that is checked.
    var checks: Checks?
    /// What relays and what people's nodes sent, by what it was for.
    package internal(set) var traffic = (relays: Traffic(), people: Traffic())

    public init(
        seed: UInt64, link: LinkModel = LinkModel(), suite: CipherSuite = .sodium,
        configuration: NodeConfiguration = NodeConfiguration()
    ) {
        self.seed = seed
        self.link = link
        path = Link(link)
        self.suite = suite
        self.configuration = configuration
    }

    /// Where a host is in `hosts`.
    func slot(_ id: HostID) -> Int {
        let slot = Int(slots[id.index])
        precondition(slot >= 0, "the host is gone for good")
        return slot
    }

    // MARK: Hosts

    /// Adds a machine, with a person or without, perhaps behind a NAT; it is off until `start`.
    ///
    /// `families`: those that it has addresses of; else the node is what the network's configuration says, at an IPv4 address.
    public mutating func addHost(
        withPerson: Bool = false, behind nat: NATKind? = nil, families: AddressFamilies? = nil
    ) -> HostID {
        addHost(withPerson: withPerson, behind: nat, families: families, secret: nil)
    }

    /// Adds a machine whose node key is given.
    mutating func addHost(
        withPerson: Bool = false, behind nat: NATKind?, families: AddressFamilies? = nil, secret: SecretKey?
    ) -> HostID {
        let host = makeHost(withPerson: withPerson, behind: nat, families: families, secret: secret)
        slots.append(Int32(hosts.count))
        hosts.append(host)
        return host.id
    }

    /// Takes a machine away for good, and puts a new one, without a person, in its place in memory.
    mutating func replace(_ id: HostID, behind nat: NATKind? = nil, secret: SecretKey? = nil) -> HostID {
        let slot = slot(id)
        storage?.recordDiskLost(hosts[slot].disk)
        checks?.lostDisk(of: id)
        slots[id.index] = -1
        let host = makeHost(withPerson: false, behind: nat, secret: secret)
        slots.append(Int32(slot))
        hosts[slot] = host
        return host.id
    }

    private func makeHost(
        withPerson: Bool, behind nat: NATKind?, families: AddressFamilies? = nil, secret: SecretKey? = nil
    ) -> VirtualHost {
        let id = HostID(index: slots.count)
        let endpoint = Endpoint(ipv4: AddressPlan.address(of: id.index), port: VirtualHost.port)
        var configuration = configuration
        var network: NetworkState?
        if let families {
            configuration.families = families
            let all = [endpoint, AddressPlan.ipv6(of: id.index, port: VirtualHost.port)]
            network = NetworkState(routes: families, candidates: all.filter { families.contains($0.family) })
        }
        var identity = Chance(seed: seed, .identity, host: id.index)
        let drawn = SecretKey(identity.bytes32())
        let secret = secret ?? drawn
        let profile = withPerson ? ProfileKey(seed: SecretKey(identity.bytes32()), suite: suite) : nil
        let disk = MemoryStore()
        var linkChance = Chance(seed: seed, .link, host: id.index)
        var linkGenerator = SeededGenerator(seed: linkChance.next())
        let node = Node(
            secret: secret, configuration: configuration, suite: suite, store: disk, seed: identity.bytes32(), now: now)
        return VirtualHost(
            id: id, configuration: configuration, endpoint: endpoint, families: families ?? .ipv4,
            network: network, place: Place(&linkGenerator), nat: nat.map(NAT.init), secret: secret, profile: profile,
            disk: disk, station: Station(node: node), linkGenerator: linkGenerator,
            incarnations: Chance(seed: seed, .incarnation, host: id.index))
    }

    /// Turns a machine on: with what its disk holds, or at first with nothing.
    public mutating func start(_ id: HostID, bootstrap: [HostID] = []) { start(id, bootstrap: bootstrap, as: nil) }

    /// The same, or, where the standing of its node is given, as if it had been on for hours.
    mutating func start(_ id: HostID, bootstrap: [HostID] = [], as standing: Node.Standing?) {
        let index = slot(id)
        let peers = bootstrap.compactMap { peer in
            let host = hosts[slot(peer)]
            let common = host.families.intersection(hosts[index].families)
            return (common.contains(.ipv4) ? host.endpoint : host.ipv6).map { BootstrapPeer.unknown($0) }
        }
        hosts[index].incarnation += 1
        hosts[index].isUp = true
        hosts[index].wakeUpAt = nil
        hosts[index].startedAt = time
        let now = now(of: index)
        let node = Node(
            secret: hosts[index].secret, configuration: hosts[index].configuration, suite: suite,
            store: hosts[index].disk, seed: hosts[index].incarnations.bytes32(), now: now)
        let agent = hosts[index].profile.map { profile in
            PeerAgent(
                profile: profile, suite: suite, store: hosts[index].disk, seed: hosts[index].incarnations.bytes32(),
                now: now)
        }
        let station = Station(node: node, agent: agent)
        hosts[index].station = station
        hosts[index].commits = CommitQueue()
        installTap(index)
        if let network = hosts[index].network { station.networkChanged(to: network, now: now, into: &effects) }
        station.start(now: now, into: &effects)
        if let standing {
            station.establish(standing, now: now, into: &effects)
        } else {
            station.join(through: peers, now: now, into: &effects)
        }
        drain(index)
        if let checks, let agent = station.agent { checks.compare(agent, at: id, now: now) }
    }

    private mutating func installTap(_ index: Int) {
        let id = hosts[index].id
        hosts[index].station.tap = requestTap.map { tap in { tap(id, $0, $1) } }
        hosts[index].station.substitute = hosts[index].liar.map { liar in { liar.answer($0, into: &$1) } }
    }

    /// Kills a machine: what was not committed is lost, and no one is told.
    public mutating func crash(_ id: HostID) {
        let slot = slot(id)
        hosts[slot].isUp = false
        hosts[slot].incarnation += 1
        checks?.crashed(id)
        hosts[slot].ailment?.pausedUntil = nil
        hosts[slot].ailment?.datagramsWaiting = 0
        hosts[slot].station = Station(node: hosts[slot].station.node)
    }

    /// Takes the disk of a machine that is off, and puts an empty one in its place.
    mutating func loseDisk(of id: HostID) {
        let slot = slot(id)
        precondition(!hosts[slot].isUp)
        storage?.recordDiskLost(hosts[slot].disk)
        checks?.lostDisk(of: id)
        hosts[slot].disk = MemoryStore()
    }

    /// Puts a disk into a machine that is off, in the place of the one that is there.
    public mutating func setDisk(_ disk: MemoryStore, of id: HostID) {
        let slot = slot(id)
        precondition(!hosts[slot].isUp)
        hosts[slot].disk = disk
    }

    /// Groups of batches that disks are committing.
    package var commitsUnderWay: Int { commits.count - freeCommits.count }
    public func isUp(_ id: HostID) -> Bool { slots[id.index] >= 0 && hosts[slot(id)].isUp }
    public func node(_ id: HostID) -> Node { hosts[slot(id)].station.node }
    public func peer(_ id: HostID) -> PeerAgent? { hosts[slot(id)].station.agent }
    public func peerID(_ id: HostID) -> PeerID? { hosts[slot(id)].profile?.peerID }
    public func endpoint(_ id: HostID) -> Endpoint { hosts[slot(id)].endpoint }
    public var hostIDs: [HostID] { hosts.map(\.id) }
    public func notices(_ id: HostID) -> [PeerNotice] { hosts[slot(id)].notices }
    public func datagramsSent(by id: HostID) -> Int { hosts[slot(id)].datagramsSent }
    /// A host's disk, to read and to tamper with.
    public func disk(_ id: HostID) -> MemoryStore { hosts[slot(id)].disk }
    public func bytesSent(by id: HostID) -> Int { hosts[slot(id)].bytesSent }
    /// Datagrams of a host that its uplink had no room for.
    public func datagramsDropped(by id: HostID) -> Int { hosts[slot(id)].uplink?.drops ?? 0 }
    /// Lets a host send no faster than this, with a queue of so long.
    public mutating func setUplink(bitsPerSecond: Int, queue: Duration, of id: HostID) {
        hosts[slot(id)].uplink = Uplink(bitsPerSecond: bitsPerSecond, queue: queue)
    }
    /// Where others find a host over IPv6; nil where it has no such address.
    public func ipv6(_ id: HostID) -> Endpoint? { hosts[slot(id)].ipv6 }
    /// Datagrams of a host for whose address family it has no address.
    public func datagramsUnroutable(of id: HostID) -> Int { hosts[slot(id)].unroutable }
    /// Puts a firewall before a host's IPv6 address, or takes that away.
    public mutating func setFirewall(_ kind: NATKind?, of id: HostID) { hosts[slot(id)].firewall = kind.map(NAT.init) }
    /// Puts a host behind a NAT, or takes that away.
    public mutating func setNAT(_ kind: NATKind?, of id: HostID) { hosts[slot(id)].nat = kind.map(NAT.init) }
    /// From now on a host listens at another port; not that of its probes, 17,337.
    public mutating func setPort(_ port: UInt16, of id: HostID) {
        precondition(port != VirtualHost.probePort)
        let slot = slot(id)
        hosts[slot].endpoint = hosts[slot].endpoint.with(port: port)
    }
    public mutating func setClockSkew(_ seconds: Int64, of id: HostID) { hosts[slot(id)].clockSkew = seconds }
    public mutating func setDiskFull(_ isFull: Bool, of id: HostID) { hosts[slot(id)].isDiskFull = isFull }
    public mutating func setCommitDelay(_ delay: Duration, of id: HostID) { hosts[slot(id)].commitDelay = delay }
    /// From now on a host lies.
    package mutating func setLiar(_ liar: Liar, of id: HostID) {
        hosts[slot(id)].liar = liar
        installTap(slot(id))
    }
}

/// What only a simulator needs.
extension VirtualNetwork {
    /// Hosts that ever were.
    var hostsEver: Int { slots.count }
    /// Whether a host is still somewhere, up or not.
    func exists(_ id: HostID) -> Bool { slots[id.index] >= 0 }
    func nodeID(_ id: HostID) -> NodeID { hosts[slot(id)].station.node.id }
    func isLiar(_ id: HostID) -> Bool { hosts[slot(id)].liar != nil }
    func isHidden(_ id: HostID) -> Bool { hosts[slot(id)].nat != nil }
    /// Changes whenever the host starts or crashes.
    func incarnation(of id: HostID) -> Int { hosts[slot(id)].incarnation }
    func startedAt(_ id: HostID) -> Instant { hosts[slot(id)].startedAt }
    /// Makes room for so many hosts: a large array is copied less often.
    mutating func reserve(_ count: Int) { hosts.reserveCapacity(count) }
    func nodeInPlace(_ id: HostID) -> Node { hosts[slot(id)].station.node }
    mutating func jumpClock(of id: HostID, by seconds: Int64) { hosts[slot(id)].clockSkew += seconds }
    /// Without jitter, in nanoseconds.
    func roundTrip(_ first: HostID, _ second: HostID) -> Int64 {
        2 * path.delay(from: hosts[slot(first)].place, to: hosts[slot(second)].place)
    }
}
