import Basics
import CLibrary

/// Sockets for what is sent to everybody in a local network: ip(7), ipv6(7), socket(7).
extension SystemCalls {
    /// A socket bound to a group of one network, beside those of other programs: it hears what is sent to the group there, and
    /// nothing that is sent to this machine. On Linux it hears only what no router has passed on.
    ///
    /// - Parameters:
    ///   - group: a group of all machines of a network, with its port.
    ///   - interface: the system's number of the interface to the network.
    ///   - buffer: bytes that wait to be read.
    static func openGroup(
        _ group: Endpoint, on interface: UInt32, buffer: CInt
    ) throws(Failure) -> CInt {
        let descriptor = try check { socket(group.isIPv4 ? AF_INET : AF_INET6, datagrams, 0) }
        do throws(Failure) {
            try check { fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
            try check { fcntl(descriptor, F_SETFL, O_NONBLOCK) }
            try set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
            try set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1)
            try? set(descriptor, SOL_SOCKET, SO_RCVBUF, buffer)
            try refuseWhatWasPassedOn(descriptor, isIPv4: group.isIPv4)
            if group.isIPv4 {
                try joinIPv4(descriptor, group, interface)
            } else {
                try joinIPv6(descriptor, group, interface)
            }
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Sent by a machine of the network itself: routers count this down (RFC 6762, §11; RFC 5082).
    private static let hops: CInt = 255

    private static func joinIPv4(_ descriptor: CInt, _ group: Endpoint, _ interface: UInt32) throws(Failure) {
        var member = ip_mreqn()
        member.imr_multiaddr.s_addr = (group.ipv4 ?? 0).bigEndian
        member.imr_ifindex = CInt(bitPattern: interface)
        let size = socklen_t(MemoryLayout<ip_mreqn>.size)
        #if os(Linux)
            // What other sockets of this machine have joined is theirs: IP_MULTICAST_ALL of linux/in.h.
            try set(descriptor, CInt(IPPROTO_IP), 49, 0)
        #endif
        try check { withSocketAddress(of: group) { bind(descriptor, $0, $1) } }
        try check { setsockopt(descriptor, CInt(IPPROTO_IP), IP_ADD_MEMBERSHIP, &member, size) }
        try check { setsockopt(descriptor, CInt(IPPROTO_IP), IP_MULTICAST_IF, &member, size) }
        try set(descriptor, CInt(IPPROTO_IP), CInt(IP_MULTICAST_TTL), hops)
    }

    private static func joinIPv6(_ descriptor: CInt, _ group: Endpoint, _ interface: UInt32) throws(Failure) {
        try set(descriptor, CInt(IPPROTO_IPV6), IPV6_V6ONLY, 1)
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = group.port.bigEndian
        address.sin6_scope_id = interface
        withUnsafeMutableBytes(of: &address.sin6_addr) { bytes in
            bytes.storeBytes(of: group.high.bigEndian, as: UInt64.self)
            bytes.storeBytes(of: group.low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        // Bound so, it hears and sends on this interface alone.
        try check {
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                }
            }
        }
        var member = ipv6_mreq()
        member.ipv6mr_multiaddr = address.sin6_addr
        member.ipv6mr_interface = numericCast(interface)
        let size = socklen_t(MemoryLayout<ipv6_mreq>.size)
        try check { setsockopt(descriptor, CInt(IPPROTO_IPV6), IPV6_JOIN_GROUP, &member, size) }
        try set(descriptor, CInt(IPPROTO_IPV6), IPV6_MULTICAST_IF, CInt(bitPattern: interface))
        try set(descriptor, CInt(IPPROTO_IPV6), IPV6_MULTICAST_HOPS, hops)
    }

    /// Has the system drop datagrams that a router has passed on, by a filter of socket(7): a program of four instructions
    /// (linux/filter.h). Elsewhere their sender's address alone tells.
    private static func refuseWhatWasPassedOn(_ descriptor: CInt, isIPv4: Bool) throws(Failure) {
        #if os(Linux)
            // A byte of the network's header, -0x100000 and on: the time to live of IPv4, the hop limit of IPv6.
            let place = UInt32(bitPattern: -0x10_0000) + (isIPv4 ? 8 : 7)
            // sock_filter: code u16, steps if so u8, steps if not u8, operand u32.
            typealias Instruction = (code: UInt16, isSo: UInt8, isNot: UInt8, operand: UInt32)
            var program: [Instruction] = [
                (0x30, 0, 0, place), (0x15, 0, 1, UInt32(hops)), (0x06, 0, 0, UInt32.max), (0x06, 0, 0, 0),
            ]
            let count = UInt16(program.count)
            try check {
                program.withUnsafeMutableBufferPointer { instructions in
                    var filter = (count, UnsafeMutableRawPointer(instructions.baseAddress))
                    return setsockopt(
                        descriptor, SOL_SOCKET, 26, &filter, socklen_t(MemoryLayout.size(ofValue: filter)))
                }
            }
        #endif
    }
}
