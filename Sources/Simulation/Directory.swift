import Basics

/// Where every host is: in which shard, at which address, and how far from others. It is the same for all shards, and
/// changes only while none of them runs.
struct Directory {
    /// The place of a host in memory: a shard, and its place among the shard's hosts.
    struct Seat {
        let shard: Int32
        let index: Int32
    }

    private struct Entry {
        /// −1: it is gone for good.
        var shard: Int32
        var index: Int32
        var address: UInt32
        var port: UInt16
        let families: AddressFamilies
        let place: Place
    }

    /// By the hosts' numbers.
    private var entries: [Entry] = []
    /// The hosts at addresses that are not their first.
    private var moved: [UInt32: UInt32] = [:]
    /// How many addresses were given from the end of the plan.
    private var taken = 0
    /// The NATs whose outer addresses are on the Internet, by these; and the outer addresses of the hosts behind NATs.
    private var gates: [UInt32: Gate] = [:]
    private var outer: [UInt32: UInt32] = [:]

    /// A NAT as the Internet sees it.
    struct Gate {
        let nat: NATID
        /// How far it is from others.
        let place: Place
        /// Whoever is behind it; nil once there were several, as only the NAT knows for which of them something is.
        var only: HostID?
        fileprivate var isShared = false

        init(_ nat: NATID, place: Place) { (self.nat, self.place) = (nat, place) }
    }

    /// Hosts that ever were.
    var count: Int { entries.count }

    mutating func add(at seat: Seat, port: UInt16, families: AddressFamilies, place: Place) {
        entries.append(
            Entry(
                shard: seat.shard, index: seat.index, address: AddressPlan.address(of: entries.count), port: port,
                families: families, place: place))
    }

    /// A host is gone for good. What it has sent still comes from where it was.
    mutating func remove(_ id: HostID) {
        entries[id.index].shard = -1
        outer[UInt32(id.index)] = nil
    }

    func contains(_ id: HostID) -> Bool { entries[id.index].shard >= 0 }

    /// Where a host is in memory; nil where it is gone.
    func seat(of number: UInt32) -> Seat? {
        let entry = entries[Int(number)]
        return entry.shard >= 0 ? Seat(shard: entry.shard, index: entry.index) : nil
    }

    /// Where a host is in memory.
    func seat(of id: HostID) -> Seat {
        let entry = entries[id.index]
        precondition(entry.shard >= 0, "the host is gone for good")
        return Seat(shard: entry.shard, index: entry.index)
    }

    /// The hosts that are still somewhere, in the order of their numbers.
    var hosts: [HostID] { entries.indices.lazy.filter { entries[$0].shard >= 0 }.map { HostID(index: $0) } }

    // MARK: Addresses

    func place(of id: HostID) -> Place { entries[id.index].place }
    func families(of id: HostID) -> AddressFamilies { entries[id.index].families }
    /// Where others find it; behind a NAT, if that keeps its port.
    func endpoint(of id: HostID) -> Endpoint {
        let address = outer.isEmpty ? nil : outer[UInt32(id.index)]
        return Endpoint(ipv4: address ?? entries[id.index].address, port: entries[id.index].port)
    }
    func port(of id: HostID) -> UInt16 { entries[id.index].port }

    /// Its IPv6 endpoint; nil where it has none.
    func ipv6(of id: HostID) -> Endpoint? {
        let entry = entries[id.index]
        return entry.families.contains(.ipv6) ? AddressPlan.ipv6(of: id.index, port: entry.port) : nil
    }

    mutating func setPort(_ port: UInt16, of id: HostID) { entries[id.index].port = port }

    /// Takes a host to an address that nobody has.
    mutating func move(_ id: HostID) {
        outer[UInt32(id.index)] = nil
        let address = takeAddress()
        moved[address] = UInt32(id.index)
        entries[id.index].address = address
    }

    /// An address that nobody has ever had.
    mutating func takeAddress() -> UInt32 {
        taken += 1
        return AddressPlan.address(of: AddressPlan.count - taken)
    }

    // MARK: NATs

    /// Whether there is any NAT that changes addresses.
    var hasNATs: Bool { !gates.isEmpty }

    /// The NAT that has an address on the Internet.
    func gate(at endpoint: Endpoint) -> Gate? { endpoint.ipv4.flatMap { gates[$0] } }

    mutating func addGate(at address: UInt32, to nat: NATID, place: Place) {
        gates[address] = Gate(nat, place: place)
    }

    /// A NAT is there no more.
    mutating func removeGate(at address: UInt32) { gates[address] = nil }

    /// A host is behind the NAT that has this address on the Internet, and has no address there itself.
    mutating func enter(_ id: HostID, behind address: UInt32) {
        outer[UInt32(id.index)] = address
        entries[id.index].address = 0
        guard var gate = gates[address] else { return }
        gate.isShared = gate.isShared || (gate.only ?? id) != id
        gate.only = gate.isShared ? nil : id
        gates[address] = gate
    }

    /// A host that was behind a NAT has that address on the Internet itself.
    mutating func restore(_ id: HostID, to address: UInt32) {
        guard outer.removeValue(forKey: UInt32(id.index)) != nil else { return }
        entries[id.index].address = address
        if AddressPlan.host(at: address) != id.index { moved[address] = UInt32(id.index) }
        gates[address] = nil
    }

    /// Whether others may be behind the same NAT.
    func isShared(behind address: UInt32) -> Bool { gates[address]?.isShared ?? false }

    /// Whether a host has another address than its first.
    func hasMoved(_ id: HostID) -> Bool {
        let address = outer.isEmpty ? nil : outer[UInt32(id.index)]
        return address ?? entries[id.index].address != AddressPlan.address(of: id.index)
    }

    /// The endpoint that datagrams come from which leave through a socket of a host, even of one that is gone by now.
    func source(_ number: UInt32, _ socket: VirtualSocket) -> Endpoint {
        let entry = entries[Int(number)]
        let port = socket.isProbe ? VirtualHost.probePort : entry.port
        return socket.isIPv6
            ? AddressPlan.ipv6(of: Int(number), port: port) : Endpoint(ipv4: entry.address, port: port)
    }

    /// The host, and the socket of it, that an endpoint means; nil where there is none.
    func receiver(at endpoint: Endpoint) -> (id: HostID, shard: Int32, socket: VirtualSocket)? {
        guard let number = number(at: endpoint), number < entries.count else { return nil }
        let entry = entries[number]
        guard entry.shard >= 0, entry.families.contains(endpoint.family) else { return nil }
        if let address = endpoint.ipv4, address != entry.address { return nil }
        guard let socket = VirtualHost.socket(at: endpoint, main: entry.port) else { return nil }
        return (HostID(index: number), entry.shard, socket)
    }

    /// The number of the host that has, or would have, an address. IPv6 addresses don't move.
    private func number(at endpoint: Endpoint) -> Int? {
        guard let address = endpoint.ipv4 else { return AddressPlan.host(atIPv6: endpoint) }
        if !moved.isEmpty, let number = moved[address] { return Int(number) }
        return AddressPlan.host(at: address)
    }
}
