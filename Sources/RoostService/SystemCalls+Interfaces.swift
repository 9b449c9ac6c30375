import Basics
import CLibrary

extension SystemCalls {
    /// This machine's interfaces and addresses by getifaddrs(3), which every system has and which knows no routes; nil where
    /// it fails.
    static func interfaces() -> NetworkSnapshot? {
        // Of the flags of an interface; the same everywhere.
        let (up, loopback, pointToPoint, running): (UInt32, UInt32, UInt32, UInt32) = (0x1, 0x8, 0x10, 0x40)
        #if os(Linux)
            let multicast: UInt32 = 0x1000
        #else
            let multicast: UInt32 = 0x8000
        #endif
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
                        index: index, isUp: flags & up != 0 && flags & running != 0, isLoopback: flags & loopback != 0,
                        reachesMany: flags & (multicast | pointToPoint) == multicast))
            }
            guard let address = entry.ifa_addr else { continue }
            guard let endpoint = internet(address) else { continue }
            let mask = entry.ifa_netmask.flatMap { internet($0) }
            let bits = mask.map { $0.high.nonzeroBitCount + $0.low.nonzeroBitCount - ($0.isIPv4 ? 16 : 0) }
            snapshot.addresses.append(NetworkSnapshot.Address(endpoint, on: index, prefix: bits))
        }
        return snapshot
    }

    /// Reads an address of the Internet; nil for one of another family.
    private static func internet(_ address: UnsafePointer<sockaddr>) -> Endpoint? {
        let family = CInt(address.pointee.sa_family)
        guard family == AF_INET || family == AF_INET6 else { return nil }
        let count = family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
        return endpoint(ofSocketAddress: UnsafeRawBufferPointer(start: address, count: count))
    }
}
