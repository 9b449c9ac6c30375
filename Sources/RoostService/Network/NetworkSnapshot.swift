import Basics

/// This machine's interfaces, addresses and default routes at one moment, as its system says.
package struct NetworkSnapshot: Hashable, Sendable {
    package struct Interface: Hashable, Sendable {
        /// The system's number for it.
        package var index: UInt32
        /// Whether it is switched on and has a carrier.
        package var isUp: Bool
        package var isLoopback: Bool
        /// Whether what is sent to a group reaches several machines; false for a cable or tunnel to one other host.
        package var reachesMany: Bool

        package init(index: UInt32, isUp: Bool, isLoopback: Bool = false, reachesMany: Bool = true) {
            self.index = index
            self.isUp = isUp
            self.isLoopback = isLoopback
            self.reachesMany = reachesMany
        }
    }

    package struct Address: Hashable, Sendable {
        /// Its port is 0.
        package var endpoint: Endpoint
        package var interface: UInt32
        /// Whether the system would choose it for new connections. False for an IPv6 address that is still being
        /// checked, is in use by another host, or is about to expire.
        package var isPreferred: Bool
        /// How many of its first bits the machines of its network share: 0…32, or 0…128 of IPv6.
        package var prefix: Int

        package init(_ endpoint: Endpoint, on interface: UInt32, isPreferred: Bool = true, prefix: Int? = nil) {
            self.endpoint = endpoint.with(port: 0)
            self.interface = interface
            self.isPreferred = isPreferred
            self.prefix = prefix ?? (endpoint.isIPv4 ? 32 : 128)
        }
    }

    /// A route to everywhere, or to half of everywhere: some VPNs replace the default route with two halves.
    package struct DefaultRoute: Hashable, Sendable {
        package var family: AddressFamilies
        package var interface: UInt32
        /// Its port is 0; nil where the interface leads to one other host only.
        package var gateway: Endpoint?
        /// If there are several routes, the one with the lowest metric is used.
        package var metric: UInt32
        /// The system's number of the table that it is in.
        package var table: UInt32
        /// Bits of the destination that are given.
        package var prefix: UInt8

        package init(
            _ family: AddressFamilies, on interface: UInt32, gateway: Endpoint? = nil, metric: UInt32 = 0,
            table: UInt32 = 254, prefix: UInt8 = 0
        ) {
            self.family = family
            self.interface = interface
            self.gateway = gateway?.with(port: 0)
            self.metric = metric
            self.table = table
            self.prefix = prefix
        }
    }

    package var interfaces: [Interface] = []
    package var addresses: [Address] = []
    package var routes: [DefaultRoute] = []

    package init() {}

    // MARK: What matters of it

    /// Whether two moments differ in anything that matters to a node that listens at `endpoints`.
    package func differs(from other: NetworkSnapshot, listening endpoints: [Endpoint]) -> Bool {
        ways(listening: endpoints) != other.ways(listening: endpoints)
    }

    /// The address families in which a node that listens at `endpoints` has a route beyond this machine, or to where it
    /// listens.
    package func families(listening endpoints: [Endpoint]) -> AddressFamilies {
        var families: AddressFamilies = []
        for endpoint in endpoints where !families.contains(endpoint.family) {
            let isOpen = endpoint.isUnspecified ? !addresses(of: endpoint.family).isEmpty : has(endpoint)
            if isOpen { families.insert(endpoint.family) }
        }
        return families
    }

    /// The endpoints that a node listens at whose addresses this machine doesn't have at present.
    package func missing(_ endpoints: [Endpoint]) -> [Endpoint] { endpoints.filter { !$0.isUnspecified && !has($0) } }

    /// The ways out and in.
    private struct Ways: Hashable {
        var routes: Set<DefaultRoute>
        var addresses: Set<Address>
        var listening: Set<Endpoint>
    }

    private func ways(listening endpoints: [Endpoint]) -> Ways {
        let families: [AddressFamilies] = [.ipv4, .ipv6]
        let heard = families.filter { family in endpoints.contains { $0.family == family && !$0.isLoopback } }
        return Ways(
            routes: Set(heard.flatMap { usableRoutes(of: $0) }), addresses: Set(heard.flatMap { addresses(of: $0) }),
            listening: Set(endpoints.filter { !$0.isUnspecified && has($0) }))
    }

    /// Whether an address is this machine's, on an interface that is up.
    private func has(_ endpoint: Endpoint) -> Bool {
        endpoint.isLoopback
            || addresses.contains { $0.endpoint == endpoint.with(port: 0) && interface($0.interface)?.isUp == true }
    }

    private func interface(_ index: UInt32) -> Interface? { interfaces.first { $0.index == index } }

    private func leadsOut(_ index: UInt32) -> Bool { interface(index).map { $0.isUp && !$0.isLoopback } ?? false }

    func usableRoutes(of family: AddressFamilies) -> [DefaultRoute] {
        routes.filter { $0.family == family && leadsOut($0.interface) }
    }

    /// The addresses by which others elsewhere may know this machine: those of the interfaces with a default route. So
    /// containers and virtual machines may come and go without a change. If there is no such route, all addresses
    /// except the link-local ones.
    func addresses(of family: AddressFamilies) -> [Address] {
        let outward = usableRoutes(of: family).map(\.interface)
        return addresses.filter { address in
            address.endpoint.family == family && address.isPreferred && leadsOut(address.interface)
                && (family == .ipv4 || !address.endpoint.isLinkLocal)
                && (outward.isEmpty || outward.contains(address.interface))
        }
    }
}

extension Endpoint {
    /// Whether it stands for every address of its family.
    package var isUnspecified: Bool { ipv4 == 0 || (high == 0 && low == 0) }
}
