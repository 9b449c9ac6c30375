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
    public var link: LinkModel { didSet { conditions.path = Link(link) } }
    let suite: CipherSuite
    let configuration: NodeConfiguration
    var conditions: Conditions
    /// The hosts, and what is to happen to them.
    let shards: [ShardBox]
    /// Runs pieces of work at once, one for each shard; nil: one after the other.
    let parallel: Parallel?
    var operatorCommands = OperatorCommands()
    /// Virtual time since the network was made.
    public internal(set) var time = Instant.origin
    /// What all together sent to addresses that never answered, where that is followed.
    var flood = VictimFlood()
    /// Who may read in the records of people who start from now on where their nodes are reached. Stories of ways straight to somebody
    /// begin with the first message.
    public var endpointReaders = EndpointReaders.everyone
    /// NATs that ever were.
    var natsEver = 0
    /// Hosts whose programs have ended by themselves.
    var ended: [HostID] = []
    /// What has happened, where that is written down.
    var facts: [FactLog.Entry] = []
    /// Sees every request that any node serves, decrypted: the node that serves it, the requester's key, and the body.
    public var requestTap: ((_ at: HostID, _ from: PublicKey, _ body: RawSpan) -> Void)? {
        didSet { for id in hostIDs { installTap(id) } }
    }

    /// Does the work of each number below a count, perhaps several at once, and returns when all is done.
    public typealias Parallel = (_ count: Int, _ work: (Int) -> Void) -> Void

    public init(
        seed: UInt64, link: LinkModel = LinkModel(), suite: CipherSuite = .repeatable,
        configuration: NodeConfiguration = NodeConfiguration()
    ) {
        self.init(seed: seed, link: link, suite: suite, configuration: configuration, shards: 1, parallel: nil)
    }

    /// A network in so many parts, which run at once.
    ///
    /// - Precondition: where there are several, no link is without latency.
    init(
        seed: UInt64, link: LinkModel, suite: CipherSuite, configuration: NodeConfiguration, shards: Int,
        parallel: Parallel?
    ) {
        self.link = link
        self.suite = suite
        self.configuration = configuration
        conditions = Conditions(seed: seed, path: Link(link))
        self.shards = (0..<shards).map { ShardBox(Shard(number: $0, of: shards)) }
        self.parallel = parallel
    }

    /// A host, in place.
    subscript(id: HostID) -> VirtualHost {
        _read {
            let seat = conditions.directory.seat(of: id)
            yield shards[Int(seat.shard)].shard.hosts[Int(seat.index)]
        }
        nonmutating _modify {
            let seat = conditions.directory.seat(of: id)
            yield &shards[Int(seat.shard)].shard.hosts[Int(seat.index)]
        }
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

    /// Adds a machine whose node key is given, perhaps in a given shard.
    mutating func addHost(
        withPerson: Bool = false, behind nat: NATKind?, families: AddressFamilies? = nil, secret: SecretKey?,
        in box: ShardBox? = nil
    ) -> HostID {
        let box = box ?? shards[conditions.directory.count % shards.count]
        let seat = Directory.Seat(shard: box.shard.number, index: Int32(box.shard.hosts.count))
        let host = makeHost(at: seat, withPerson: withPerson, families: families, secret: secret)
        box.shard.hosts.append(host)
        if nat != nil { setNAT(nat, of: host.id) }
        return host.id
    }

    /// Takes a machine away for good, and puts a new one, without a person, in its place in memory.
    mutating func replace(_ id: HostID, behind nat: NATKind? = nil, secret: SecretKey? = nil) -> HostID {
        let seat = conditions.directory.seat(of: id)
        leaveHome(id)
        conditions.directory.remove(id)
        let host = makeHost(at: seat, withPerson: false, secret: secret)
        let box = shards[Int(seat.shard)]
        box.shard.begin(at: time)
        box.shard.replace(Int(seat.index), by: host)
        if nat != nil { setNAT(nat, of: host.id) }
        collect()
        return host.id
    }

    private mutating func makeHost(
        at seat: Directory.Seat, withPerson: Bool, families: AddressFamilies? = nil, secret: SecretKey? = nil
    ) -> VirtualHost {
        let id = HostID(index: conditions.directory.count)
        let seed = conditions.seed
        var configuration = configuration
        if let source = shards[Int(seat.shard)].shard.identities { configuration.identities = source }
        var identity = Chance(seed: seed, .identity, host: id.index)
        let drawn = SecretKey(identity.bytes32())
        let secret = secret ?? drawn
        let profile = withPerson ? ProfileKey(seed: SecretKey(identity.bytes32()), suite: suite) : nil
        let disk = MemoryStore()
        var linkChance = Chance(seed: seed, .link, host: id.index)
        var linkGenerator = SeededGenerator(seed: linkChance.next())
        conditions.directory.add(
            at: seat, port: VirtualHost.port, families: families ?? .ipv4, place: Place(&linkGenerator))
        var network: NetworkState?
        if let families {
            configuration.families = families
            let all = [conditions.directory.endpoint(of: id), conditions.directory.ipv6(of: id)].compactMap { $0 }
            network = NetworkState(routes: families, candidates: all.filter { families.contains($0.family) })
        }
        let node = Node(
            secret: secret, configuration: configuration, suite: suite, store: disk, seed: identity.bytes32(), now: now)
        return VirtualHost(
            id: id, configuration: configuration, network: network, secret: secret,
            profile: profile, disk: disk, station: Station(node: node), linkGenerator: linkGenerator,
            incarnations: Chance(seed: seed, .incarnation, host: id.index), counters: SessionCounters(of: id))
    }

    /// Turns a machine on: with what its disk holds, or at first with nothing.
    public mutating func start(_ id: HostID, bootstrap: [HostID] = []) { start(id, bootstrap: bootstrap, as: nil) }

    /// The same, or, where the standing of its node is given, as if it had been on for hours.
    mutating func start(_ id: HostID, bootstrap: [HostID] = [], as standing: Node.Standing?) {
        let behindNAT = networkState(of: id, routes: conditions.directory.families(of: id))
        let peers = bootstrapPeers(bootstrap, for: id)
        self[id].incarnation += 1
        self[id].isUp = true
        self[id].wakeUpAt = nil
        self[id].startedAt = time
        let now = now(of: id)
        let node = Node(
            secret: self[id].secret, configuration: self[id].configuration, suite: suite,
            store: self[id].disk, seed: self[id].incarnations.bytes32(), now: now)
        let agent = self[id].profile.map { profile in
            PeerAgent(
                profile: profile, suite: suite, endpointReaders: endpointReaders,
                power: self[id].configuration.power, store: self[id].disk,
                seed: self[id].incarnations.bytes32(), now: now)
        }
        let station = Station(node: node, agent: agent)
        self[id].station = station
        self[id].commits = CommitQueue()
        installTap(id)
        turn(of: id) { host, now, effects in
            if let network = behindNAT ?? host.network { station.networkChanged(to: network, now: now, into: &effects) }
            station.start(now: now, into: &effects)
            if let standing {
                station.establish(standing, now: now, into: &effects)
            } else {
                station.join(through: peers, now: now, into: &effects)
            }
        }
    }

    /// Tells a machine that is up of others: to join through them, where nobody whom it knows answers.
    mutating func introduce(_ others: [HostID], to id: HostID) {
        let peers = bootstrapPeers(others, for: id)
        turn(of: id) { host, now, effects in
            host.station.join(through: peers, expectsMore: true, now: now, into: &effects)
        }
    }

    /// Whether nobody whom a machine's node knows answers it.
    func isSeeking(_ id: HostID) -> Bool { self[id].station.node.isSeeking }

    /// Where a machine finds others.
    private func bootstrapPeers(_ others: [HostID], for id: HostID) -> [BootstrapPeer] {
        let directory = conditions.directory
        return others.compactMap { peer in
            if let inner = neighbour(peer, of: id) { return BootstrapPeer.unknown(inner) }
            let common = directory.families(of: peer).intersection(directory.families(of: id))
            return (common.contains(.ipv4) ? directory.endpoint(of: peer) : directory.ipv6(of: peer)).map {
                BootstrapPeer.unknown($0)
            }
        }
    }

    private func installTap(_ id: HostID) {
        self[id].station.tap = requestTap.map { tap in { tap(id, $0, $1) } }
        if let liar = self[id].liar { lie(liar, id) }
    }

    /// Has a host's node run as a liar does.
    func lie(_ liar: Liar, _ id: HostID) {
        self[id].station.substitute = { liar.answer($0, into: &$1) }
        self[id].station.repairs = !liar.keepsNothing
        if let pretence = liar.pretence { self[id].station.pretendToSeeOthers(at: pretence) }
    }

    /// Kills a machine: what was not committed is lost, and no one is told.
    public mutating func crash(_ id: HostID) {
        let seat = conditions.directory.seat(of: id)
        let box = shards[Int(seat.shard)]
        box.shard.begin(at: time)
        box.shard.crash(Int(seat.index))
        collect()
    }

    /// Takes the disk of a machine that is off, and puts an empty one in its place.
    mutating func loseDisk(of id: HostID) {
        precondition(!self[id].isUp)
        let seat = conditions.directory.seat(of: id)
        let box = shards[Int(seat.shard)]
        box.shard.begin(at: time)
        box.shard.loseDisk(of: Int(seat.index))
        collect()
        self[id].disk = MemoryStore()
    }

    /// Puts a disk into a machine that is off, in the place of the one that is there.
    public mutating func setDisk(_ disk: MemoryStore, of id: HostID) {
        precondition(!self[id].isUp)
        self[id].disk = disk
    }
}

/// A shard in a place of its own, so that a thread can change one while another changes its neighbour.
final class ShardBox {
    var shard: Shard

    init(_ shard: Shard) { self.shard = shard }
}
