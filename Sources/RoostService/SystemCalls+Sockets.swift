import Basics
import CDatagrams
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

    /// What the system says of a socket's buffers.
    struct SocketMemory {
        /// Bytes that datagrams take which nobody has read yet, with what the system itself needs for them.
        var unread = 0
        /// How many such bytes there may be.
        var room = 0
        /// Datagrams that were dropped, as nobody had read those before; counted from 0 on, and again after all of its numbers.
        var overflowed: UInt32 = 0
    }

    /// All is 0 where the system doesn't say.
    static func memory(of descriptor: CInt) -> SocketMemory {
        #if os(Linux)
            // SK_MEMINFO_RMEM_ALLOC, SK_MEMINFO_RCVBUF and SK_MEMINFO_DROPS of linux/sock_diag.h.
            var figures: InlineArray<9, UInt32> = .init(repeating: 0)
            let size = MemoryLayout.size(ofValue: figures)
            var length = socklen_t(size)
            guard getsockopt(descriptor, SOL_SOCKET, SO_MEMINFO, &figures, &length) == 0, length >= size else {
                return SocketMemory()
            }
            return SocketMemory(unread: Int(figures[0]), room: Int(figures[1]), overflowed: figures[8])
        #else
            return SocketMemory()
        #endif
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

    /// Has a socket say to which address of this machine a datagram came.
    static func wantOwnAddress(_ descriptor: CInt, isIPv4: Bool) throws(Failure) {
        let code = datagram_want_own(descriptor, isIPv4 ? 1 : 0)
        if code != 0 { throw Failure(code: code) }
    }

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

    /// Two descriptors, what is written to the second of which can be read from the first; neither ever waits.
    static func makePipe() -> (read: CInt, write: CInt) {
        var descriptors: (CInt, CInt) = (-1, -1)
        let isMade = withUnsafeMutableBytes(of: &descriptors) { bytes in
            bytes.withMemoryRebound(to: CInt.self) { CLibrary.pipe($0.baseAddress) } == 0
        }
        precondition(isMade, "The system gives no pipe: this process has too many files open")
        for descriptor in [descriptors.0, descriptors.1] {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        }
        return (descriptors.0, descriptors.1)
    }

    /// Writes a byte to a pipe. A full one needs none.
    static func ring(_ descriptor: CInt) {
        var byte: UInt8 = 1
        _ = CLibrary.write(descriptor, &byte, 1)
    }

    /// Reads all that is in a pipe.
    static func drain(_ descriptor: CInt) {
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { room in
            while CLibrary.read(descriptor, room.baseAddress, room.count) == room.count {}
        }
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
