import Basics
import Cryptography
import NodeCore

/// NATs, and who is behind them.
extension VirtualNetwork {
    /// Sets up a NAT behind which hosts can be added: a home, or a carrier's. `carrier`: whose customer a home is.
    ///
    /// - Precondition: it changes addresses. A carrier's NAT is behind nothing.
    public mutating func addNAT(_ kind: NATKind, behind carrier: NATID? = nil) -> NATID {
        precondition(kind.translates && !(kind.isCarriers && carrier != nil))
        let shard = carrier?.shard ?? Int32(natsEver % shards.count)
        let made = makeNAT(kind, at: nil, in: shard, behind: carrier.flatMap(nat))
        made.isKept = true
        return made.id
    }

    /// Adds a machine to a household: it shares the outer address, and reaches the others by inner ones.
    public mutating func addHost(withPerson: Bool = false, at home: NATID) -> HostID {
        addHost(withPerson: withPerson, at: home, secret: nil)
    }

    mutating func addHost(withPerson: Bool, at home: NATID, secret: SecretKey?) -> HostID {
        let id = addHost(withPerson: withPerson, behind: nil, secret: secret, in: shards[Int(home.shard)])
        if let nat = nat(home) { enter(id, nat) }
        return id
    }

    /// The NAT that a host is behind; nil: none that changes addresses.
    public func nat(of id: HostID) -> NATID? { self[id].home?.id }

    /// What stands in front of a host: the nearest first.
    public func natKinds(of id: HostID) -> [NATKind] {
        var kinds = [self[id].filter?.kind].compactMap { $0 }
        var nat = self[id].home
        while let next = nat {
            kinds.append(next.table.kind)
            nat = next.carrier
        }
        return kinds
    }

    /// Where a host is on the network behind its NAT.
    public func inner(_ id: HostID) -> Endpoint? {
        guard self[id].home != nil else { return nil }
        return Endpoint(ipv4: self[id].innerAddress, port: conditions.directory.port(of: id))
    }

    /// Where a host finds another of its household; nil where that isn't of it.
    func neighbour(_ peer: HostID, of id: HostID) -> Endpoint? {
        guard let home = self[id].home, self[peer].home === home else { return nil }
        return inner(peer)
    }

    /// Where a remote sees a host that is behind a NAT; nil where that knows of no such flow now.
    public func outer(_ id: HostID, to remote: Endpoint) -> Endpoint? {
        guard let home = self[id].home, let inner = inner(id) else { return nil }
        return home.outer(of: inner, to: remote, at: time)
    }

    /// A NAT forgets all mappings, and gives other ports from then on.
    public mutating func rebind(_ id: NATID) { nat(id)?.table.forget() }

    /// The same of what stands in front of a host; false where nothing does.
    @discardableResult
    public mutating func rebind(_ id: HostID) -> Bool {
        self[id].filter?.forget()
        self[id].home?.table.forget()
        return self[id].filter != nil || self[id].home != nil
    }

    /// Takes a host to another network: it has another address from now on, and the one before is unused.
    ///
    /// `kind`: of the NAT that is there, for this host alone. `isNoticed`: its system reports the change, and the driver
    /// tells the node. Otherwise the node has to find out.
    public mutating func move(_ id: HostID, behind kind: NATKind?, isNoticed: Bool = true) {
        leaveHome(id)
        conditions.directory.move(id)
        setNAT(kind, of: id)
        if isNoticed { changeNetwork(of: id, to: .ipv4) }
    }

    /// Takes a host to a household.
    ///
    /// - Precondition: that is in the host's shard, as all are where there is one.
    public mutating func move(_ id: HostID, to home: NATID, isNoticed: Bool = true) {
        precondition(conditions.directory.seat(of: id).shard == home.shard)
        leaveHome(id)
        self[id].filter = nil
        if let nat = nat(home) { enter(id, nat) }
        if isNoticed { changeNetwork(of: id, to: .ipv4) }
    }

    /// Puts a host behind a NAT of its own, or takes that away. It keeps its address on the Internet, unless others have that as well.
    public mutating func setNAT(_ kind: NATKind?, of id: HostID) {
        if let home = self[id].home, home.outermost.table.address.ipv4.map(conditions.directory.isShared) ?? false {
            leaveHome(id)
            conditions.directory.move(id)
        }
        let address = conditions.directory.endpoint(of: id).ipv4
        leaveHome(id)
        self[id].filter = kind.flatMap { $0.translates ? nil : Firewall($0) }
        guard let address else { return }
        guard let kind, kind.translates else { return conditions.directory.restore(id, to: address) }
        let shard = conditions.directory.seat(of: id).shard
        enter(id, makeHome(kind, at: address, in: shard))
    }

    /// A NAT for one household: where the kind is a carrier's, one of the kind `port` behind that.
    mutating func makeHome(_ kind: NATKind, at address: UInt32?, in shard: Int32) -> NAT {
        let outermost = makeNAT(kind, at: address, in: shard, behind: nil)
        return kind.isCarriers ? makeNAT(.port, at: nil, in: shard, behind: outermost) : outermost
    }

    func nat(_ id: NATID) -> NAT? { shards[Int(id.shard)].shard.nats[id.number] }

    // MARK: Places

    private mutating func makeNAT(_ kind: NATKind, at address: UInt32?, in shard: Int32, behind carrier: NAT?) -> NAT {
        let id = NATID(number: UInt32(natsEver), shard: shard)
        natsEver += 1
        var chance = Chance(seed: conditions.seed, .nats, host: Int(id.number))
        let seed = chance.next()
        var generator = SeededGenerator(seed: chance.next())
        let place = Place(&generator)
        if let carrier {
            let customer = NAT.Customer()
            let inner = carrier.admit(.nat(customer))
            let home = NAT(id, kind, address: inner, behind: carrier, seed: seed)
            customer.nat = home
            shards[Int(shard)].shard.nats[id.number] = home
            return home
        }
        let outer = address ?? conditions.directory.takeAddress()
        let nat = NAT(id, kind, address: outer, seed: seed)
        conditions.directory.addGate(at: outer, to: id, place: place)
        shards[Int(shard)].shard.nats[id.number] = nat
        return nat
    }

    /// A host comes to a household.
    mutating func enter(_ id: HostID, _ home: NAT) {
        guard let outer = home.outermost.table.address.ipv4 else { return }
        self[id].home = home
        self[id].innerAddress = home.admit(.host(UInt32(id.index)))
        conditions.directory.enter(id, behind: outer)
    }

    /// A host is in no household any more. A NAT behind which nobody is left is gone.
    mutating func leaveHome(_ id: HostID) {
        guard let home = self[id].home else { return }
        home.release(self[id].innerAddress)
        self[id].home = nil
        var emptied: NAT? = home
        while let nat = emptied, !nat.isKept, nat.isEmpty {
            shards[Int(nat.id.shard)].shard.nats[nat.id.number] = nil
            if let address = nat.table.address.ipv4 {
                nat.carrier?.release(address)
                if nat.carrier == nil { conditions.directory.removeGate(at: address) }
            }
            emptied = nat.carrier
        }
    }

    /// What the system of a host behind a NAT says of its network.
    func networkState(of id: HostID, routes: AddressFamilies) -> NetworkState? {
        guard let inner = inner(id) else { return nil }
        let all = [inner, conditions.directory.ipv6(of: id)].compactMap { $0 }
        return NetworkState(routes: routes, candidates: all.filter { routes.contains($0.family) })
    }
}
