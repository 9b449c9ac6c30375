import Basics
import Discovery

extension NetworkSnapshot {
    /// The local networks in which a node may say where it listens: those with an address that it listens at. Of many, those that
    /// lead out come first. A node that listens on the loopback alone has none.
    ///
    /// - Parameter sockets: where the node's sockets are bound.
    package func localLinks(ofSocketsAt sockets: [Endpoint]) -> [LocalLink] {
        var links: [(leadsOut: Bool, link: LocalLink)] = []
        for family in [AddressFamilies.ipv4, .ipv6] {
            let outward = usableRoutes(of: family).map(\.interface)
            for interface in interfaces where interface.isUp && interface.reachesMany && !interface.isLoopback {
                let own = addresses.filter {
                    $0.interface == interface.index && $0.endpoint.family == family && $0.isPreferred
                }
                // Of IPv6, an address that needs an interface beside it can't be told to others.
                guard
                    let socket = sockets.first(where: { socket in own.contains { $0.isHeard(at: socket) } }),
                    case let heard = own.filter({ $0.isHeard(at: socket) }), !heard.isEmpty
                else { continue }
                let link = LocalLink(
                    interface: interface.index, isIPv4: family == .ipv4,
                    addresses: heard.map { .init($0.endpoint, prefix: $0.prefix) }, port: socket.port)
                links.append((outward.contains(interface.index), link))
            }
        }
        let ordered = links.filter(\.leadsOut) + links.filter { !$0.leadsOut }
        return ordered.prefix(LocalLimits.links).map(\.link)
    }
}

extension NetworkSnapshot.Address {
    fileprivate func isHeard(at socket: Endpoint) -> Bool {
        guard endpoint.family == socket.family, endpoint.isIPv4 || !endpoint.isLinkLocal else { return false }
        return socket.isUnspecified || socket.with(port: 0) == endpoint
    }
}
