import Basics

/// Names a NAT of a virtual network.
public struct NATID: Hashable, Sendable {
    let number: UInt32
    /// The shard of all that is behind it.
    let shard: Int32
}

/// A NAT, and the network behind it.
///
/// Whatever is behind it is in one shard with it, and only that shard touches it while time passes: so what it remembers
/// follows from the order of the shard's events, which is the same for any number of shards.
final class NAT {
    /// Who has an inner address.
    enum Inmate {
        /// A host, by its number.
        case host(UInt32)
        case nat(Customer)
    }

    /// A customer of a carrier. The customer keeps the carrier, and not the other way round.
    final class Customer {
        weak var nat: NAT?
    }

    let id: NATID
    var table: NATTable
    /// The carrier's that it is behind; nil: its outer address is on the Internet.
    let carrier: NAT?
    private var inmates: [UInt32: Inmate] = [:]
    private var given: UInt32 = 0

    init(_ id: NATID, _ kind: NATKind, address: UInt32, behind carrier: NAT? = nil, seed: UInt64) {
        self.id = id
        self.carrier = carrier
        table = NATTable(kind, address: Endpoint(ipv4: address, port: 0), seed: seed)
    }

    /// Homes have 192.168.1.0/24, as most do, so that the same inner address is somebody else's in the next home; carriers
    /// have 100.64.0.0/10 (RFC 6598).
    private var network: (first: UInt32, bits: UInt32) {
        table.kind.isCarriers ? (100 << 24 | 64 << 16, 22) : (192 << 24 | 168 << 16 | 1 << 8, 8)
    }

    /// How many inner addresses there are: without those of the network, the NAT itself and broadcast.
    private var room: UInt32 { 1 << network.bits - 3 }

    /// Gives an inner address, each once.
    ///
    /// - Precondition: there is one left.
    func admit(_ inmate: Inmate) -> UInt32 {
        precondition(given < room, "no inner address is left behind this NAT")
        let address = network.first + 2 + given
        given += 1
        inmates[address] = inmate
        return address
    }

    /// Whether nobody is behind it.
    var isEmpty: Bool { inmates.isEmpty }
    /// Whether it stays when nobody is behind it.
    var isKept = false

    func release(_ address: UInt32) { inmates[address] = nil }

    /// Whether an address is in the network behind it.
    func isInside(_ address: UInt32) -> Bool { address >> network.bits == network.first >> network.bits }

    func inmate(at address: UInt32) -> Inmate? { inmates[address] }

    /// The NAT whose outer address is on the Internet: itself, or its carrier's.
    var outermost: NAT { carrier?.outermost ?? self }
}

/// Where a datagram goes that was sent behind a NAT, or to one.
struct NATRoute {
    enum Goal {
        /// A host on the same inner network, by its number, at this endpoint.
        case inside(UInt32, Endpoint)
        /// A NAT in the same shard, at this outer endpoint of it.
        case nat(NATID, Endpoint)
        /// Out to the Internet.
        case outside
        /// Nowhere.
        case dropped
    }

    let goal: Goal
    /// Where it seems to come from there.
    let source: Endpoint
    /// Whether it stays within a household.
    let isLocal: Bool
}

extension NAT {
    /// Sends a datagram of an inner host on its way, and remembers that it was sent.
    func route(from inner: Endpoint, to remote: Endpoint, at time: Instant) -> NATRoute {
        guard let address = remote.ipv4 else { return NATRoute(goal: .dropped, source: inner, isLocal: false) }
        let isHome = !table.kind.isCarriers
        if isInside(address) {
            switch inmate(at: address) {
            case .host(let number): return NATRoute(goal: .inside(number, remote), source: inner, isLocal: isHome)
            case .nat(let customer):
                let goal = customer.nat.map { NATRoute.Goal.nat($0.id, remote) } ?? .dropped
                return NATRoute(goal: goal, source: inner, isLocal: isHome)
            case nil: return NATRoute(goal: .dropped, source: inner, isLocal: isHome)
            }
        }
        if address == table.address.ipv4 {
            guard table.kind.hairpins, let outer = table.send(from: inner, to: remote, at: time) else {
                return NATRoute(goal: .dropped, source: inner, isLocal: isHome)
            }
            return NATRoute(goal: .nat(id, remote), source: outer, isLocal: isHome)
        }
        guard let outer = table.send(from: inner, to: remote, at: time) else {
            return NATRoute(goal: .dropped, source: inner, isLocal: false)
        }
        if let carrier { return carrier.route(from: outer, to: remote, at: time) }
        // Private addresses lead nowhere on the Internet.
        return NATRoute(goal: remote.isLocal ? .dropped : .outside, source: outer, isLocal: false)
    }

    /// Lets a datagram in from outside: the host that it is for, and at which inner endpoint; nil where it is not let in.
    func admit(at outer: Endpoint, from remote: Endpoint, at time: Instant) -> (host: UInt32, inner: Endpoint)? {
        guard let inner = table.receive(at: outer, from: remote, at: time), let address = inner.ipv4 else { return nil }
        switch inmate(at: address) {
        case .host(let number): return (number, inner)
        case .nat(let customer): return customer.nat?.admit(at: inner, from: remote, at: time)
        case nil: return nil
        }
    }

    /// The host to which an outer endpoint leads now, whoever sends there.
    func host(at outer: Endpoint, at time: Instant) -> UInt32? {
        guard let inner = table.inner(of: outer, at: time), let address = inner.ipv4 else { return nil }
        switch inmate(at: address) {
        case .host(let number): return number
        case .nat(let customer): return customer.nat?.host(at: inner, at: time)
        case nil: return nil
        }
    }

    /// The endpoint on the Internet that stands for an inner one before a remote; nil where there is none now.
    func outer(of inner: Endpoint, to remote: Endpoint, at time: Instant) -> Endpoint? {
        guard let outer = table.outer(of: inner, to: remote, at: time) else { return nil }
        return carrier.map { $0.outer(of: outer, to: remote, at: time) } ?? outer
    }
}
