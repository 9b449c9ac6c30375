import Basics

/// The way of one datagram from a host to where it arrives.
struct Way {
    /// Where it arrives: at a host, or at a NAT.
    struct Goal {
        /// As in the keys of events.
        let destination: UInt32
        let shard: Int32
        let place: Place
    }

    /// Nil: it goes nowhere.
    var goal: Goal?
    /// The host that it is for, as far as the sender's shard can know. What goes to or comes from where several share a NAT is
    /// nobody's.
    var receiver: HostID?
    /// The socket of the host where it arrives; nil: it arrives at a NAT.
    var socket: VirtualSocket?
    /// Where it seems to come from; nil: from its host's own address.
    var source: Endpoint?
    /// The outer endpoint of the NAT where it arrives.
    var outer: Endpoint?
    /// Whether it stays in one household.
    var isLocal = false

    static let nowhere = Way()

    /// What happens when it arrives.
    func event(_ slot: DatagramPool.Slot, _ count: Int, from sender: VirtualSocket) -> HostEvent {
        guard let source else {
            return .datagram(slot: slot, count: UInt16(count), from: sender, to: socket ?? .main)
        }
        DatagramPool.address(slot, from: source, to: outer ?? source)
        guard let socket else { return .outside(slot: slot, count: UInt16(count)) }
        return .translated(slot: slot, count: UInt16(count), to: socket)
    }
}

/// How datagrams find their way, past NATs where there are any.
extension Shard {
    /// What a datagram takes within a household: over a wireless network some milliseconds, over a cable less
    /// than one.
    private static let localDelay = Duration.milliseconds(1)

    /// The way from a socket of a host to an endpoint. The NATs in between remember that it was sent.
    func way(to endpoint: Endpoint, from socket: VirtualSocket, of index: Int, _ conditions: Conditions) -> Way {
        guard conditions.directory.hasNATs, !socket.isIPv6 else {
            return Shard.plainWay(to: endpoint, from: nil, conditions.directory)
        }
        guard let home = hosts[index].home else {
            let own = conditions.directory.source(UInt32(hosts[index].id.index), socket)
            return Shard.way(to: endpoint, from: own, isTranslated: false, conditions.directory)
        }
        let inner = Endpoint(
            ipv4: hosts[index].innerAddress,
            port: socket.isProbe ? VirtualHost.probePort : conditions.directory.port(of: hosts[index].id))
        let route = home.route(from: inner, to: endpoint, at: time)
        let isShared = home.outermost.table.address.ipv4.map(conditions.directory.isShared) ?? true
        var way = Way(source: route.source, isLocal: route.isLocal)
        let place = conditions.directory.place(of: hosts[index].id)
        switch route.goal {
        case .inside(let number, let endpoint):
            let host = HostID(index: Int(number))
            way.socket = VirtualHost.socket(at: endpoint, main: conditions.directory.port(of: host))
            guard way.socket != nil else { return .nowhere }
            way.goal = Way.Goal(destination: number, shard: self.number, place: place)
        case .nat(let nat, let outer):
            way.outer = outer
            way.goal = Way.Goal(destination: nat.number | EventQueue.Key.natBit, shard: nat.shard, place: place)
        case .outside:
            way = Shard.way(to: endpoint, from: route.source, isTranslated: true, conditions.directory)
            if isShared { way.receiver = nil }
        case .dropped: return .nowhere
        }
        return way
    }

    /// The way over the Internet, from an address there.
    private static func way(
        to endpoint: Endpoint, from source: Endpoint, isTranslated: Bool, _ directory: Directory
    ) -> Way {
        guard let gate = directory.gate(at: endpoint) else {
            return plainWay(to: endpoint, from: isTranslated ? source : nil, directory)
        }
        let goal = Way.Goal(
            destination: gate.nat.number | EventQueue.Key.natBit, shard: gate.nat.shard, place: gate.place)
        return Way(goal: goal, receiver: gate.only, source: source, outer: endpoint)
    }

    private static func plainWay(to endpoint: Endpoint, from source: Endpoint?, _ directory: Directory) -> Way {
        guard let receiver = directory.receiver(at: endpoint) else { return .nowhere }
        let goal = Way.Goal(
            destination: UInt32(receiver.id.index), shard: receiver.shard, place: directory.place(of: receiver.id))
        return Way(goal: goal, receiver: receiver.id, socket: receiver.socket, source: source)
    }

    /// Whether a partition lies between a host and the one to which a way leads. Behind a NAT that is seen at its end.
    func isApart(_ sender: HostID, _ way: Way, _ conditions: Conditions) -> Bool {
        guard let partition = conditions.partition, way.socket != nil, let goal = way.goal else { return false }
        return partition(sender, HostID(index: Int(goal.destination)))
    }

    /// After how long copies of a datagram arrive: none where it is lost.
    mutating func delays(
        over way: Way, to goal: Way.Goal, from index: Int, _ conditions: Conditions
    ) -> (first: Duration?, second: Duration?) {
        if way.isLocal { return (Shard.localDelay, nil) }
        return conditions.path.delays(
            from: conditions.directory.place(of: hosts[index].id), to: goal.place, &hosts[index].linkGenerator)
    }

    /// The host to which a way leads now, for who watches a network of one shard.
    func receiver(of way: Way) -> HostID? {
        guard let goal = way.goal else { return nil }
        guard way.socket == nil, let outer = way.outer else { return HostID(index: Int(goal.destination)) }
        let nat = nats[goal.destination & ~EventQueue.Key.natBit]
        return nat?.host(at: outer, at: time).map { HostID(index: Int($0)) }
    }

    /// A datagram has come to a NAT, and perhaps more with it: those that are let in reach their hosts at once.
    mutating func passNAT(_ event: HostEvent, _ key: EventQueue.Key, _ conditions: Conditions) {
        letIn(event, key, conditions)
        while let next = queue.next, next.key.destination == key.destination, next.key.nanoseconds <= nanoseconds,
            let (key, event) = queue.pop()
        {
            letIn(event, key, conditions)
        }
    }

    private mutating func letIn(_ event: HostEvent, _ key: EventQueue.Key, _ conditions: Conditions) {
        guard case .outside(let slot, let count) = event else { return }
        let (source, outer) = DatagramPool.addresses(slot)
        guard let nat = nats[key.destination & ~EventQueue.Key.natBit],
            let (number, inner) = nat.admit(at: outer, from: source, at: time)
        else { return pool.release(slot) }
        let host = HostID(index: Int(number))
        guard let socket = VirtualHost.socket(at: inner, main: conditions.directory.port(of: host)),
            conditions.partition?(HostID(index: Int(key.source)), host) != true
        else { return pool.release(slot) }
        queue.push(
            .translated(slot: slot, count: count, to: socket),
            EventQueue.Key(key.nanoseconds, number, key.source, key.sequence))
    }
}
