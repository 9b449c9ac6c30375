import NodeCore
import Storage

/// One person on two machines.
extension VirtualNetwork {
    /// Adds a machine on which the person of another lives as well; it is off until `start`.
    ///
    /// `copiesDirectory`: with the node key and all that is durable on the other's disk by now, as when a data directory is
    /// copied. Otherwise with a node key of its own and an empty disk, as when a person goes on from their keys alone.
    package mutating func addCopy(of original: HostID, copiesDirectory: Bool) -> HostID {
        let (profile, secret, disk) = (self[original].profile, self[original].secret, self[original].disk)
        let id = addHost(behind: nil, secret: copiesDirectory ? secret : nil)
        self[id].profile = profile
        if copiesDirectory { self[id].disk = disk.copy() }
        return id
    }
}
