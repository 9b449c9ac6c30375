import Basics
import CLibrary

extension SystemCalls {
    #if canImport(Glibc)
        static let datagrams = CInt(SOCK_DGRAM.rawValue)
    #else
        static let datagrams = SOCK_DGRAM
    #endif

    /// A UDP socket bound to `endpoint`; an IPv6 one carries IPv6 alone, so that IPv4 may have the same port.
    /// `buffer` bytes are asked for in each direction; the system may give less. `isShared`: others may bind to it as well.
    static func bindDatagramSocket(
        to endpoint: Endpoint, buffer: CInt, isShared: Bool = false
    ) throws(Failure) -> CInt {
        let descriptor = try check { socket(endpoint.isIPv4 ? AF_INET : AF_INET6, datagrams, 0) }
        do throws(Failure) {
            try check { fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
            try check { fcntl(descriptor, F_SETFL, O_NONBLOCK) }
            if !endpoint.isIPv4 { try set(descriptor, CInt(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
            if isShared { try set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1) }
            try? set(descriptor, SOL_SOCKET, SO_RCVBUF, buffer)
            try? set(descriptor, SOL_SOCKET, SO_SNDBUF, buffer)
            try check { withSocketAddress(of: endpoint) { bind(descriptor, $0, $1) } }
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    static func set(_ descriptor: CInt, _ level: CInt, _ option: CInt, _ value: CInt) throws(Failure) {
        var value = value
        try check { setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<CInt>.size)) }
    }

    /// Where a socket is bound, with the port that the system chose.
    static func localEndpoint(of descriptor: CInt) throws(Failure) -> Endpoint {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        try check {
            withUnsafeMutableBytes(of: &storage) { bytes in
                getsockname(descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
            }
        }
        return withUnsafeBytes(of: storage) { endpoint(ofSocketAddress: $0) } ?? Endpoint(ipv4: 0, port: 0)
    }

    /// The address from which the system would send by its present default route in a family; nil if there is no route.
    /// Nothing is sent: connect(2) of a datagram socket only chooses.
    static func chosenSource(of family: AddressFamilies) -> Endpoint? {
        // Addresses for documentation (RFC 5737, RFC 3849), which only a default route covers.
        let everywhere =
            family == .ipv4
            ? Endpoint(ipv4: 0xc633_6401, port: 9) : Endpoint(high: 0x2001_0db8 << 32, low: 1, port: 9)
        let any = family == .ipv4 ? Endpoint(ipv4: 0, port: 0) : Endpoint(high: 0, low: 0, port: 0)
        guard let descriptor = try? bindDatagramSocket(to: any, buffer: 0) else { return nil }
        defer { close(descriptor) }
        guard withSocketAddress(of: everywhere, { connect(descriptor, $0, $1) }) == 0 else { return nil }
        return (try? localEndpoint(of: descriptor))?.with(port: 0)
    }

    /// A second descriptor of the same socket, which stays valid when the first is closed.
    static func duplicate(_ descriptor: CInt) throws(Failure) -> CInt {
        try check { fcntl(descriptor, F_DUPFD_CLOEXEC, 0) }
    }

    /// Sends a datagram from the address of this machine that `source` names, or from the one that the system chooses. Nil
    /// where the system took it, or else why it didn't.
    @inline(__always)
    static func send(
        _ bytes: UnsafeRawBufferPointer, to endpoint: Endpoint, from source: Endpoint?, over descriptor: CInt
    ) -> SendRefusal? {
        let result = withSocketAddress(of: endpoint) { address, length in
            guard let source else { return sendto(descriptor, bytes.baseAddress, bytes.count, 0, address, length) }
            return send(bytes, to: address, length, from: source, over: descriptor)
        }
        return result < 0 ? SendRefusal(errno) : nil
    }

    /// sendmsg(2) with the source address as ancillary data (ip(7), RFC 3542 §6.2).
    private static func send(
        _ bytes: UnsafeRawBufferPointer, to address: UnsafePointer<sockaddr>, _ length: socklen_t,
        from source: Endpoint, over descriptor: CInt
    ) -> Int {
        #if os(Linux)
            var part = iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
            return withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { control in
                let count = writePacketInfo(source, into: control)
                return withUnsafeMutablePointer(to: &part) { part in
                    var message = msghdr(
                        msg_name: UnsafeMutableRawPointer(mutating: address), msg_namelen: length, msg_iov: part,
                        msg_iovlen: 1, msg_control: control.baseAddress, msg_controllen: count, msg_flags: 0)
                    return sendmsg(descriptor, &message, 0)
                }
            }
        #else
            return sendto(descriptor, bytes.baseAddress, bytes.count, 0, address, length)
        #endif
    }

    #if os(Linux)
        /// Writes a control message that names a source address, and gives its length. The macros of cmsg(3) don't exist
        /// for Swift, nor does in6_pktinfo: an address of 16 bytes, and 4 for the interface, where 0 is whichever has it.
        private static func writePacketInfo(_ source: Endpoint, into control: UnsafeMutableRawBufferPointer) -> Int {
            let size = source.isIPv4 ? MemoryLayout<in_pktinfo>.size : 20
            var header = cmsghdr()
            let start = MemoryLayout.size(ofValue: header)
            header.cmsg_len = start + size
            header.cmsg_level = CInt(source.isIPv4 ? IPPROTO_IP : IPPROTO_IPV6)
            header.cmsg_type = CInt(source.isIPv4 ? IP_PKTINFO : IPV6_PKTINFO)
            control.initializeMemory(as: UInt8.self, repeating: 0)
            control.storeBytes(of: header, as: cmsghdr.self)
            if let ipv4 = source.ipv4 {
                var info = in_pktinfo()
                info.ipi_spec_dst.s_addr = ipv4.bigEndian
                control.storeBytes(of: info, toByteOffset: start, as: in_pktinfo.self)
            } else {
                control.storeBytes(of: source.high.bigEndian, toByteOffset: start, as: UInt64.self)
                control.storeBytes(of: source.low.bigEndian, toByteOffset: start + 8, as: UInt64.self)
            }
            return start + (size + 7) / 8 * 8
        }
    #endif

    static func withSocketAddress<Result>(
        of endpoint: Endpoint, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        func call<Address>(_ address: inout Address) -> Result {
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<Address>.size))
                }
            }
        }
        if let ipv4 = endpoint.ipv4 {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = endpoint.port.bigEndian
            address.sin_addr.s_addr = ipv4.bigEndian
            return call(&address)
        }
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = endpoint.port.bigEndian
        withUnsafeMutableBytes(of: &address.sin6_addr) { bytes in
            bytes.storeBytes(of: endpoint.high.bigEndian, as: UInt64.self)
            bytes.storeBytes(of: endpoint.low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        return call(&address)
    }

    /// Reads a socket address of either family; nil for others.
    static func endpoint(ofSocketAddress bytes: UnsafeRawBufferPointer) -> Endpoint? {
        guard bytes.count >= MemoryLayout<sockaddr>.size else { return nil }
        let family = CInt(bytes.loadUnaligned(as: sockaddr.self).sa_family)
        if family == AF_INET, bytes.count >= MemoryLayout<sockaddr_in>.size {
            return endpoint(bytes.loadUnaligned(as: sockaddr_in.self))
        }
        if family == AF_INET6, bytes.count >= MemoryLayout<sockaddr_in6>.size {
            return endpoint(bytes.loadUnaligned(as: sockaddr_in6.self))
        }
        return nil
    }

    static func endpoint(_ address: sockaddr_in) -> Endpoint {
        Endpoint(ipv4: UInt32(bigEndian: address.sin_addr.s_addr), port: UInt16(bigEndian: address.sin_port))
    }

    static func endpoint(_ address: sockaddr_in6) -> Endpoint {
        withUnsafeBytes(of: address.sin6_addr) { bytes in
            Endpoint(
                high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                port: UInt16(bigEndian: address.sin6_port))
        }
    }
}
