import Basics
import PortMapping

/// Whether a router is to be asked to map the node's port, and which.
package enum MappingNeed: Hashable, Sendable {
    case at(PortMapper.Place)
    case nobody(Reason)

    /// Why none is to be asked.
    package enum Reason: String, Hashable, Sendable {
        /// It is switched off.
        case off
        /// The node listens on the loopback or over IPv6 alone, or the system names no router.
        case noRouter = "no-router"
        /// The machine has a public address, or others reach the node already.
        case unneeded
    }

    /// - Parameters:
    ///   - snapshot: the network as it is; nil where the system doesn't say.
    ///   - source: the address from which the system would send by its default route, over IPv4.
    ///   - sockets: where the node listens.
    ///   - observed: where others see the node, over IPv4; nil while none has said.
    ///   - isReachedAnyway: whether others reach the node without a mapping.
    package init(
        _ setting: MappingSetting, in snapshot: NetworkSnapshot?, from source: Endpoint?, sockets: [Endpoint],
        observed: Endpoint?, isReachedAnyway: Bool
    ) {
        guard setting == .auto else {
            self = .nobody(.off)
            return
        }
        guard let source, source.isIPv4, !source.isLoopback, let gateway = snapshot?.router(of: source),
            let socket = sockets.first(where: { $0.isIPv4 && ($0.isUnspecified || $0.with(port: 0) == source) })
        else {
            self = .nobody(.noRouter)
            return
        }
        let isPublic = !source.isLocal && (observed.map { $0.with(port: 0) == source } ?? true)
        if isPublic || isReachedAnyway {
            self = .nobody(.unneeded)
        } else {
            self = .at(PortMapper.Place(gateway: gateway, inner: source.with(port: socket.port)))
        }
    }
}

extension NetworkSnapshot {
    /// The router that what is sent from an address of this machine passes: that of the default route of its interface, if that
    /// is the one that is used. A VPN's mostly names none.
    func router(of source: Endpoint) -> Endpoint? {
        let used = routes.filter { $0.family == source.family }.min {
            // Of two halves of everywhere each counts before the whole.
            ($0.prefix > 0 ? 0 : 1, $0.metric) < ($1.prefix > 0 ? 0 : 1, $1.metric)
        }
        let isOfInterface = addresses.contains {
            $0.endpoint == source.with(port: 0) && $0.interface == used?.interface
        }
        return isOfInterface ? used?.gateway : nil
    }
}
