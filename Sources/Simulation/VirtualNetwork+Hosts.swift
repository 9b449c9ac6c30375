import Basics
import Cryptography
import NodeCore
import PeerCore
import Sessions
import Station
import Storage

/// What is to be seen of hosts, and how they are set up.
extension VirtualNetwork {
    /// Civil time at the start: a moment in the middle of an epoch.
    public var startOfTime: UnixTime {
        get { conditions.startOfTime }
        set { conditions.startOfTime = newValue }
    }
    /// Datagrams between hosts of different sides are lost while this is set.
    public var partition: (@Sendable (HostID, HostID) -> Bool)? {
        get { conditions.partition }
        set { conditions.partition = newValue }
    }
    /// What happens on the way to datagrams of all hosts; nil: nothing.
    package var interference: Interference? {
        get { conditions.interference }
        set { conditions.interference = newValue }
    }
    /// Datagrams over these address families are lost.
    public var brokenFamilies: AddressFamilies {
        get { conditions.brokenFamilies }
        set { conditions.brokenFamilies = newValue }
    }
    /// Sees every datagram that is sent.
    ///
    /// - Precondition: all hosts are in one shard, as it must not be called by two threads.
    public var tap: ((_ from: HostID, _ to: HostID?, _ bytes: UnsafeRawBufferPointer) -> Void)? {
        get { conditions.tap }
        set {
            precondition(shards.count == 1)
            conditions.tap = newValue
        }
    }

    /// Datagrams that arrived, commits and timers.
    public var events: Int { shards.reduce(0) { $0 + $1.shard.events } }
    /// Turns of hosts: some of several datagrams that came together.
    package var turns: Int { shards.reduce(0) { $0 + $1.shard.turns } }
    /// Of the events, datagrams that arrived, and timers at which something was due.
    public var datagrams: Int { shards.reduce(0) { $0 + $1.shard.datagrams } }
    public var timers: Int { shards.reduce(0) { $0 + $1.shard.timers } }
    /// What relays and what people's nodes sent, by what it was for.
    package var traffic: (relays: Traffic, people: Traffic) {
        var sum = (relays: Traffic(), people: Traffic())
        for box in shards {
            sum.relays = sum.relays + box.shard.traffic.relays
            sum.people = sum.people + box.shard.traffic.people
        }
        return sum
    }
    /// Of everything that happened: the same on every machine, and with any number of threads.
    public var traceHash: UInt64 {
        shards.reduce(0) { sum, box in
            box.shard.hosts.reduce(sum &+ box.shard.traceOfGone) { $0 &+ $1.trace.mixed(with: $1.id) }
        }
    }

    public func isUp(_ id: HostID) -> Bool { exists(id) && self[id].isUp }
    public func node(_ id: HostID) -> Node { self[id].station.node }
    public func peer(_ id: HostID) -> PeerAgent? { self[id].station.agent }
    public func peerID(_ id: HostID) -> PeerID? { self[id].profile?.peerID }
    public func endpoint(_ id: HostID) -> Endpoint { conditions.directory.endpoint(of: id) }
    public var hostIDs: [HostID] { conditions.directory.hosts }
    public func notices(_ id: HostID) -> [PeerNotice] { self[id].notices }
    public func datagramsSent(by id: HostID) -> Int { self[id].datagramsSent }
    /// A host's disk, to read and to tamper with.
    public func disk(_ id: HostID) -> MemoryStore { self[id].disk }
    public func bytesSent(by id: HostID) -> Int { self[id].bytesSent }
    /// Datagrams of a host that its uplink had no room for.
    public func datagramsDropped(by id: HostID) -> Int { self[id].uplink?.drops ?? 0 }
    /// Lets a host send no faster than this, with a queue of so long.
    public mutating func setUplink(bitsPerSecond: Int, queue: Duration, of id: HostID) {
        self[id].uplink = Uplink(bitsPerSecond: bitsPerSecond, queue: queue)
    }
    /// Where others find a host over IPv6; nil where it has no such address.
    public func ipv6(_ id: HostID) -> Endpoint? { conditions.directory.ipv6(of: id) }
    /// Datagrams of a host for whose address family it has no address.
    public func datagramsUnroutable(of id: HostID) -> Int { self[id].unroutable }
    /// Puts a firewall before a host's IPv6 address, or takes that away.
    public mutating func setFirewall(_ kind: NATKind?, of id: HostID) {
        self[id].firewall = kind.flatMap(Firewall.init)
    }
    /// From now on a host listens at another port; not that of its probes, 17,337.
    public mutating func setPort(_ port: UInt16, of id: HostID) {
        precondition(port != VirtualHost.probePort)
        conditions.directory.setPort(port, of: id)
    }
    public mutating func setClockSkew(_ seconds: Int64, of id: HostID) { self[id].clockSkew = seconds }
    /// How often a host may be woken for mail, from its next start on.
    public mutating func setPower(_ power: PowerSetting, of id: HostID) { self[id].configuration.power = power }
    public mutating func setDiskFull(_ isFull: Bool, of id: HostID) { self[id].isDiskFull = isFull }
    public mutating func setCommitDelay(_ delay: Duration, of id: HostID) { self[id].commitDelay = delay }
    /// From now on a host lies.
    package mutating func setLiar(_ liar: Liar, of id: HostID) {
        self[id].liar = liar
        lie(liar, id)
    }
}

/// What only a simulator needs.
extension VirtualNetwork {
    /// Hosts that ever were.
    var hostsEver: Int { conditions.directory.count }
    /// Whether a host is still somewhere, up or not.
    func exists(_ id: HostID) -> Bool { conditions.directory.contains(id) }
    func nodeID(_ id: HostID) -> NodeID { self[id].station.node.id }
    func isLiar(_ id: HostID) -> Bool { self[id].liar != nil }
    /// Whether strangers can't reach a host.
    func isHidden(_ id: HostID) -> Bool { natKinds(of: id).contains { $0.hidesFromStrangers } }
    /// Changes whenever the host starts or crashes.
    func incarnation(of id: HostID) -> Int { self[id].incarnation }
    func startedAt(_ id: HostID) -> Instant { self[id].startedAt }
    /// Makes room for so many hosts: a large array is copied less often.
    mutating func reserve(_ count: Int) {
        for box in shards { box.shard.hosts.reserveCapacity(count / shards.count + 1) }
    }
    func nodeInPlace(_ id: HostID) -> Node { self[id].station.node }
    mutating func jumpClock(of id: HostID, by seconds: Int64) { self[id].clockSkew += seconds }
    /// Without jitter, in nanoseconds.
    func roundTrip(_ first: HostID, _ second: HostID) -> Int64 {
        let directory = conditions.directory
        return 2 * conditions.path.delay(from: directory.place(of: first), to: directory.place(of: second))
    }
    /// Writes down what happens from now on, for `drainFacts`; no host keeps what its person is told.
    mutating func keepFacts() {
        for box in shards { box.shard.keepsLog = true }
    }
    /// Follows from now on what goes to addresses that never answered.
    mutating func watchVictims() {
        for box in shards { box.shard.victims = VictimLedger() }
    }
    /// What went there; nil where it isn't followed.
    var victims: VictimFigures? {
        let ledgers = shards.compactMap { $0.shard.victims }
        guard !ledgers.isEmpty else { return nil }
        return VictimFigures(
            datagrams: ledgers.reduce(0) { $0 + $1.sent }, mostOfOne: ledgers.map(\.mostOfOne).max() ?? 0,
            mostOfAll: flood.most)
    }
    var victimViolations: [Violation] {
        shards.flatMap { $0.shard.victims?.findings.violations ?? [] }.sorted { $0.sentence < $1.sentence }
    }
    /// Lets tables refer to one identity of a node: one in each shard, so that threads don't wait for each other.
    mutating func shareIdentities() {
        for box in shards { box.shard.identities = SharedIdentities.source() }
    }
    /// Hands over what has happened since the last call, in its order.
    mutating func drainFacts() -> [FactLog.Entry] {
        defer { facts.removeAll(keepingCapacity: true) }
        return facts
    }
    /// A host counts datagrams anew: see `NonceFact.newKey`.
    func addKey(_ name: SessionName, mark: UInt64, of id: HostID) {
        if exists(id) { self[id].counters.addKey(name, mark: mark) }
    }
}
