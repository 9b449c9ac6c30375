/// Addresses that share a bound.
///
/// Who has one address has all its ports, and who has one has most of its block. A local address stands for itself, with
/// its port: many nodes run on one machine or network with good reason (tests, containers, an office), nobody farther
/// away can receive there, and everybody there is somebody's own.
public struct AddressGroup: Hashable, Sendable {
    private let high: UInt64
    private let low: UInt64
    private let port: UInt16

    /// What is most likely one host: an IPv4 address, or a /64 of IPv6, which a host can fill alone (RFC 7421 §1).
    public static func host(of endpoint: Endpoint) -> AddressGroup {
        endpoint.isLocal
            ? itself(endpoint)
            : AddressGroup(high: endpoint.high, low: endpoint.isIPv4 ? endpoint.low : 0, port: 0)
    }

    /// What is most likely one owner's: a /24, or a /48 of IPv6.
    public static func block(of endpoint: Endpoint) -> AddressGroup {
        endpoint.isLocal ? itself(endpoint) : AddressGroup(high: endpoint.block, low: 0, port: 0)
    }

    private static func itself(_ endpoint: Endpoint) -> AddressGroup {
        AddressGroup(high: endpoint.high, low: endpoint.low, port: endpoint.port)
    }
}
