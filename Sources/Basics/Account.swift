/// What the use of a node is charged to: a group of addresses that most likely belong to one owner.
///
/// Everything that strangers may use of a node is bounded for each account: `Shares` bounds what it holds, `RateLimits`
/// how often it asks. Keys cost nothing, so they are not accounts; addresses cost something. The owner of an address
/// has all of its ports, and mostly also the rest of its block. A local address, with its port, is an account by
/// itself: many nodes on one machine or network are normal (tests, containers, an office), and a remote attacker can't
/// receive there.
///
/// ```
/// 63         56 55                                  0
/// +------------+------------------------------------+
/// | 0xff       | 1 ‖ block of IPv4 (24)             |   a block, IPv4
/// | 0xff       | 2 ‖ address (32)                   |   a host, IPv4
/// | 0xff       | 128 ‖ address (32) ‖ port (16)     |   a local address, IPv4
/// | 0xfc       | a hash of address and port         |   a local address, IPv6
/// | else       | the first 48 or 64 bits            |   a block or a host, IPv6
/// +------------+------------------------------------+
/// ```
/// No usable address begins with 0xff or 0xfc: these are multicast (RFC 4291, §2.7) and local addresses (RFC 4193).
/// Charges are stored durably, so the bits never change.
public struct Account: Hashable, Sendable, BitwiseCopyable {
    public let rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The account of everything kept before accounts existed: no address has it.
    public static let unknown = Account(rawValue: 0)
    /// The account of the node's own person: no address has it either.
    public static let own = Account(rawValue: 1)

    /// The addresses that are most likely one host: an IPv4 address, or a /64 of IPv6, which a host can fill alone (RFC
    /// 7421, §1).
    public static func host(of endpoint: Endpoint) -> Account {
        if endpoint.isLocal { return itself(endpoint) }
        return Account(rawValue: endpoint.ipv4.map { tag(2) | UInt64($0) } ?? endpoint.high)
    }

    /// The addresses that most likely have one owner: a /24, or a /48 of IPv6.
    public static func block(of endpoint: Endpoint) -> Account {
        if endpoint.isLocal { return itself(endpoint) }
        return Account(rawValue: endpoint.isIPv4 ? tag(1) | endpoint.block : endpoint.block << 16)
    }

    private static func itself(_ endpoint: Endpoint) -> Account {
        if let ipv4 = endpoint.ipv4 {
            return Account(rawValue: tag(128) | UInt64(ipv4) << 16 | UInt64(endpoint.port))
        }
        // Two addresses of one site may share an account: only the site's own people could look for such a pair.
        var hash = endpoint.high &* 0x9e37_79b9_7f4a_7c15
        hash = (hash ^ hash >> 32 ^ endpoint.low) &* 0xbf58_476d_1ce4_e5b9
        hash = (hash ^ hash >> 29 ^ UInt64(endpoint.port)) &* 0x94d0_49bb_1331_11eb
        return Account(rawValue: 0xfc << 56 | (hash ^ hash >> 31) >> 8)
    }

    private static func tag(_ kind: UInt64) -> UInt64 { 0xff << 56 | kind << 48 }
}
