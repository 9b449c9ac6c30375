import Basics
import CLibrary

extension SystemCalls {
    /// This machine's interfaces and addresses by getifaddrs(3), which every system has and which knows no routes; nil where
    /// it fails.
    static func interfaces() -> NetworkSnapshot? {
        // Of the flags of an interface; the same everywhere.
        let (up, loopback, running): (UInt32, UInt32, UInt32) = (0x1, 0x8, 0x40)
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return nil }
        defer { freeifaddrs(first) }
        var snapshot = NetworkSnapshot()
        var next = first
        while let entry = next?.pointee {
            next = entry.ifa_next
            guard let name = entry.ifa_name else { continue }
            let index = UInt32(if_nametoindex(name))
            let flags = UInt32(entry.ifa_flags)
            if !snapshot.interfaces.contains(where: { $0.index == index }) {
                snapshot.interfaces.append(
                    NetworkSnapshot.Interface(
                        index: index, isUp: flags & up != 0 && flags & running != 0, isLoopback: flags & loopback != 0))
            }
            guard let address = entry.ifa_addr else { continue }
            let family = CInt(address.pointee.sa_family)
            let count = family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
            guard family == AF_INET || family == AF_INET6,
                let endpoint = endpoint(ofSocketAddress: UnsafeRawBufferPointer(start: address, count: count))
            else { continue }
            snapshot.addresses.append(NetworkSnapshot.Address(endpoint, on: index))
        }
        return snapshot
    }
}
