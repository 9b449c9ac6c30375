import Basics

extension NetworkSnapshot {
    /// If a machine has more, those in a wider scope come first.
    private static let mostOwnEndpoints = 8

    /// The endpoints of this machine at which others may reach a node. These are the endpoints that its sockets are
    /// bound to. For sockets that listen at every address, they are the addresses by which others elsewhere may know
    /// this machine. The others find out whether they can actually reach it there.
    ///
    /// - Parameter sockets: where the node's sockets are bound.
    package func ownEndpoints(ofSocketsAt sockets: [Endpoint]) -> [Endpoint] {
        var candidates: [Endpoint] = []
        for socket in sockets {
            let found = socket.isUnspecified ? addresses(of: socket.family).map(\.endpoint) : [socket]
            for address in found.map({ $0.with(port: socket.port) }) where address.isUsable && !address.isLinkLocal {
                if !candidates.contains(address) { candidates.append(address) }
            }
        }
        let scopes: [AddressScope] = [.world, .site, .machine]
        let ordered = scopes.flatMap { scope in candidates.filter { $0.scope == scope } }
        return Array(ordered.prefix(NetworkSnapshot.mostOwnEndpoints))
    }
}

extension Endpoint {
    /// Whether the address means something on one link only: 169.254/16 (RFC 3927) and fe80::/10 (RFC 4291 §2.5.6), which
    /// every interface of IPv6 has.
    var isLinkLocal: Bool { ipv4.map { $0 >> 16 == 0xa9fe } ?? (high >> 54 == 0xfe80 >> 6) }
}
