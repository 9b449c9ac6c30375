import Basics
import NodeCore
import PeerCore
import Station

/// Machines that change networks.
extension VirtualNetwork {
    /// Takes a host to another network: it has another address from now on, and the one before is unused.
    ///
    /// `isNoticed`: its system reports the change, and the driver tells the node. Otherwise the node has to find out.
    public mutating func move(_ id: HostID, isNoticed: Bool = true) {
        leaveHome(id)
        conditions.directory.move(id)
        if isNoticed { changeNetwork(of: id, to: .ipv4) }
    }

    /// A host's system says that its network has changed, and in which families there is a way out by now.
    public mutating func changeNetwork(of id: HostID, to routes: AddressFamilies) {
        guard self[id].isUp else { return }
        let state = networkState(of: id, routes: routes) ?? NetworkState(routes: routes)
        turn(of: id) { host, now, effects in
            host.station.networkChanged(to: state, now: now, into: &effects)
        }
    }

    /// Whether a host has another address than its first.
    func hasMoved(_ id: HostID) -> Bool { conditions.directory.hasMoved(id) }
}
