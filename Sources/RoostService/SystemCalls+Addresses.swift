import Basics

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension SystemCalls {
    /// The addresses of this machine's interfaces that are up, but for loopback and link-local ones, with port 0: none where
    /// the system doesn't say.
    static func interfaceAddresses() -> [Endpoint] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return [] }
        defer { freeifaddrs(first) }
        var addresses: [Endpoint] = []
        var next = first
        while let entry = next {
            next = entry.pointee.ifa_next
            guard let address = entry.pointee.ifa_addr, entry.pointee.ifa_flags & UInt32(IFF_UP) != 0 else { continue }
            let family = CInt(address.pointee.sa_family)
            let count =
                family == AF_INET
                ? MemoryLayout<sockaddr_in>.size : family == AF_INET6 ? MemoryLayout<sockaddr_in6>.size : 0
            guard let found = endpoint(ofSocketAddress: UnsafeRawBufferPointer(start: address, count: count)) else {
                continue
            }
            let endpoint = Endpoint(high: found.high, low: found.low, port: 0)
            guard !endpoint.isLoopback, !endpoint.isLinkLocal, !addresses.contains(endpoint) else { continue }
            addresses.append(endpoint)
        }
        return addresses
    }
}

extension Endpoint {
    /// Whether the address means something on one link only, and for IPv6 nothing without that link's name.
    fileprivate var isLinkLocal: Bool { ipv4.map { $0 >> 16 == 0xa9fe } ?? (high >> 54 == 0xfe80 >> 6) }
}
