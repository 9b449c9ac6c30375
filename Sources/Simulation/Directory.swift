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

    /// Hosts that ever were.
    var count: Int { entries.count }

    mutating func add(at seat: Seat, port: UInt16, families: AddressFamilies, place: Place) {
        entries.append(
            Entry(
                shard: seat.shard, index: seat.index, address: AddressPlan.address(of: entries.count), port: port,
                families: families, place: place))
    }

    /// A host is gone for good. What it has sent still comes from where it was.
    mutating func remove(_ id: HostID) { entries[id.index].shard = -1 }

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
    func endpoint(of id: HostID) -> Endpoint {
        Endpoint(ipv4: entries[id.index].address, port: entries[id.index].port)
    }

    /// Its IPv6 endpoint; nil where it has none.
    func ipv6(of id: HostID) -> Endpoint? {
        let entry = entries[id.index]
        return entry.families.contains(.ipv6) ? AddressPlan.ipv6(of: id.index, port: entry.port) : nil
    }

    mutating func setPort(_ port: UInt16, of id: HostID) { entries[id.index].port = port }

    /// Takes a host to an address that nobody has.
    mutating func move(_ id: HostID) {
        let address = AddressPlan.address(of: AddressPlan.count - 1 - moved.count)
        moved[address] = UInt32(id.index)
        entries[id.index].address = address
    }

    /// Whether a host has another address than its first.
    func hasMoved(_ id: HostID) -> Bool { entries[id.index].address != AddressPlan.address(of: id.index) }

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
