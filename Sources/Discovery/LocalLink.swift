import Basics

/// A network that this machine is in with one interface and one address family: what is sent there to everybody reaches all
/// machines in it, and no other.
public struct LocalLink: Hashable, Sendable {
    /// An address of this machine, and how many of its first bits all machines of the network share.
    public struct Address: Hashable, Sendable {
        /// Its port is 0.
        public let endpoint: Endpoint
        /// 0…32, or 0…128 of IPv6.
        public let prefix: Int

        public init(_ endpoint: Endpoint, prefix: Int) {
            self.endpoint = endpoint.with(port: 0)
            self.prefix = prefix
        }
    }

    /// The system's number of the interface.
    public let interface: UInt32
    public let isIPv4: Bool
    /// Where the node is reached in this network: at most `LocalLimits.addresses`.
    public let addresses: [Address]
    /// The port that the node listens at.
    public let port: UInt16

    public init(interface: UInt32, isIPv4: Bool, addresses: [Address], port: UInt16) {
        self.interface = interface
        self.isIPv4 = isIPv4
        self.addresses = Array(addresses.prefix(LocalLimits.addresses))
        self.port = port
    }

    /// Where every machine of the network hears (RFC 6762, §3).
    public var group: Endpoint {
        isIPv4 ? Endpoint(ipv4: 0xe000_00fb, port: 5_353) : Endpoint(high: 0xff02 << 48, low: 0xfb, port: 5_353)
    }

    /// Whether an address of this network stands for all its machines, or for the network (RFC 919; RFC 1122, §3.2.1.3).
    func standsForAll(_ endpoint: Endpoint) -> Bool {
        guard let ipv4 = endpoint.ipv4 else { return false }
        return addresses.contains { address in
            guard (1...30).contains(address.prefix), address.covers(endpoint) else { return false }
            let hosts = UInt32.max >> UInt32(address.prefix)
            return ipv4 & hosts == 0 || ipv4 & hosts == hosts
        }
    }

    /// Whether an address is one of this network: in the range of one of this machine's, or a link-local one (RFC 6762, §11).
    package func holds(_ endpoint: Endpoint) -> Bool {
        guard endpoint.isIPv4 == isIPv4 else { return false }
        if !isIPv4, endpoint.high >> 54 == 0xfe80 >> 6 { return true }
        return addresses.contains { $0.covers(endpoint) }
    }
}

extension LocalLink.Address {
    fileprivate func covers(_ other: Endpoint) -> Bool {
        // An IPv4 address is the last 32 bits.
        let bits = endpoint.isIPv4 ? 96 + min(max(prefix, 0), 32) : min(max(prefix, 0), 128)
        let (high, low) = (endpoint.high ^ other.high, endpoint.low ^ other.low)
        if bits <= 64 { return bits == 0 || high >> UInt64(64 - bits) == 0 }
        return high == 0 && low >> UInt64(128 - bits) == 0
    }
}
