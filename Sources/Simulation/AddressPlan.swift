import Basics

/// Where virtual hosts are: each in an IPv4 /24 of its own, as strangers on the Internet mostly are.
///
///     11.0.0.1   host 0          11.0.1.1   host 1          11.1.0.1   host 256
///
/// From 11.0.0.0 up to 99.255.255.255 no address is reserved for anything (IANA's registry of special-purpose addresses):
/// room for 5.8 million hosts.
enum AddressPlan {
    private static let first: UInt32 = 11 << 24 | 1
    private static let blocks: UInt32 = (100 - 11) << 16

    /// How many hosts there can ever be.
    static var count: Int { Int(blocks) }

    /// The address of the host with an index.
    static func address(of host: Int) -> UInt32 {
        precondition(host < blocks)
        return first + UInt32(host) << 8
    }

    /// The IPv6 endpoint of the host with an index: each in a /48 of its own, 2a10:0:n::1, as its IPv4 address is in a /24.
    static func ipv6(of host: Int, port: UInt16) -> Endpoint {
        Endpoint(high: firstIPv6 | UInt64(host) << 16, low: 1, port: port)
    }

    /// The index of the host that has, or would have, an IPv6 address.
    static func host(atIPv6 endpoint: Endpoint) -> Int? {
        guard endpoint.low == 1, endpoint.high >= firstIPv6, endpoint.high & 0xffff == 0 else { return nil }
        let host = (endpoint.high - firstIPv6) >> 16
        return host < UInt64(blocks) ? Int(host) : nil
    }

    private static let firstIPv6: UInt64 = 0x2a10 << 48

    /// The index of the host that has, or would have, an address.
    static func host(at address: UInt32) -> Int? {
        guard address >= first, (address - first) & 0xff == 0, (address - first) >> 8 < blocks else { return nil }
        return Int((address - first) >> 8)
    }
}
