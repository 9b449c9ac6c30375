import Basics

/// The nodes that are heard in a local network, until what they say no longer counts.
struct Neighbours: Sendable {
    private struct Neighbour {
        var service: LocalService
        /// Who said so.
        let source: Endpoint
        var until: Instant
    }

    private let link: LocalLink
    private let network: String
    private var neighbours: [Neighbour] = []

    init(on link: LocalLink, of network: String) {
        self.link = link
        self.network = network
    }

    /// Where they are: at most `LocalLimits.nodes`, each at one address of its own that was named first.
    var endpoints: [Endpoint] {
        neighbours.reduce(into: []) { endpoints, neighbour in
            guard let endpoint = place(of: neighbour.service), !endpoints.contains(endpoint) else { return }
            endpoints.append(endpoint)
        }
    }

    /// When the first of them is forgotten.
    var nextExpiry: Instant? { neighbours.lazy.map(\.until).min() }

    /// A machine of the network says something.
    mutating func observe(_ message: DnsMessage, from source: Endpoint, besides own: DnsName, now: Instant) {
        for (service, lifetime) in LocalService.services(in: message)
        where service.instance != own && service.network == network {
            let index = neighbours.firstIndex { $0.service.instance == service.instance }
            // Of a node that is known, only the machine that named it says more.
            if let index, neighbours[index].source.with(port: 0) != source.with(port: 0) { continue }
            guard lifetime > 0 else {
                if let index { neighbours.remove(at: index) }
                continue
            }
            guard place(of: service) != nil else { continue }
            let until = now + .seconds(min(lifetime, LocalLimits.lifetime))
            if let index {
                (neighbours[index].service, neighbours[index].until) = (service, until)
            } else if neighbours.count < LocalLimits.nodes,
                neighbours.count(where: { $0.source == source }) < LocalLimits.nodesOfSource
            {
                neighbours.append(Neighbour(service: service, source: source, until: until))
            }
        }
    }

    mutating func expire(now: Instant) { neighbours.removeAll { $0.until <= now } }

    /// What need not be answered again: known for at least half the time that it counts (RFC 6762, §7.1).
    func known(now: Instant) -> [DnsRecord] {
        neighbours.compactMap { neighbour in
            let seconds = (neighbour.until - now).components.seconds
            guard seconds >= Int64(LocalLimits.lifetime / 2) else { return nil }
            return neighbour.service.pointer(lifetime: UInt32(seconds))
        }
    }

    /// The first of a node's addresses that is in this network and can be written down: link-local ones of IPv6 need an interface
    /// beside them.
    private func place(of service: LocalService) -> Endpoint? {
        service.addresses.lazy.map { $0.with(port: service.port) }.first { endpoint in
            endpoint.isUsable && link.holds(endpoint) && !link.standsForAll(endpoint) && !endpoint.isLoopback
                && (endpoint.isIPv4 || endpoint.high >> 54 != 0xfe80 >> 6)
        }
    }
}
