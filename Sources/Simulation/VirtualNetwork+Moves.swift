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
        let slot = slot(id)
        let address = AddressPlan.address(of: AddressPlan.count - 1 - moved.count)
        moved[address] = id
        hosts[slot].endpoint = Endpoint(ipv4: address, port: hosts[slot].endpoint.port)
        if isNoticed { changeNetwork(of: id, to: .ipv4) }
    }

    /// A host's system says that its network has changed, and in which families there is a way out by now.
    public mutating func changeNetwork(of id: HostID, to routes: AddressFamilies) {
        let slot = slot(id)
        guard hosts[slot].isUp else { return }
        let now = now(of: slot)
        hosts[slot].station.networkChanged(to: NetworkState(routes: routes), now: now, into: &effects)
        drain(slot)
    }

    /// Whether a host has another address than its first.
    func hasMoved(_ id: HostID) -> Bool {
        hosts[slot(id)].endpoint.ipv4 != AddressPlan.address(of: id.index)
    }

    /// Where in `hosts` the machine is that has an address.
    func slot(at address: UInt32) -> Int? {
        let number = moved.isEmpty ? nil : moved[address]?.index
        guard let number = number ?? AddressPlan.host(at: address), number < slots.count, slots[number] >= 0 else {
            return nil
        }
        let slot = Int(slots[number])
        return hosts[slot].endpoint.ipv4 == address ? slot : nil
    }

    /// Where in `hosts` the machine is that has an IPv6 address: IPv6 addresses don't move.
    func slot(atIPv6 endpoint: Endpoint) -> Int? {
        guard let number = AddressPlan.host(atIPv6: endpoint), number < slots.count, slots[number] >= 0 else {
            return nil
        }
        return Int(slots[number])
    }
}
