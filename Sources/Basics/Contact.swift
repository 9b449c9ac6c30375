/// A node that can be sent to: its static key and where it listens, over IPv4, IPv6 or both (Kademlia, §2.1).
public struct Contact: Hashable, Sendable, BitwiseCopyable {
    /// The hash of `key`; kept beside it because every comparison in the keyspace needs it.
    public let id: NodeID
    public let key: PublicKey
    public var ipv4: Endpoint?
    public var ipv6: Endpoint?

    /// `id` must be the hash of `key`; the code that decodes a contact computes it.
    @inlinable
    public init(id: NodeID, key: PublicKey, ipv4: Endpoint? = nil, ipv6: Endpoint? = nil) {
        self.id = id
        self.key = key
        self.ipv4 = ipv4
        self.ipv6 = ipv6
    }

    /// A contact known at one endpoint.
    public init(id: NodeID, key: PublicKey, endpoint: Endpoint) {
        self.init(
            id: id, key: key, ipv4: endpoint.isIPv4 ? endpoint : nil, ipv6: endpoint.isIPv4 ? nil : endpoint)
    }

    /// The endpoint to use with the given address families, or nil where the contact has none of them.
    ///
    /// If it has several, the one of `preferred`; if none is preferred, IPv4, as its headers are shorter by 20 bytes.
    public func endpoint(in families: AddressFamilies, preferring preferred: AddressFamilies = .ipv4) -> Endpoint? {
        let (ipv4, ipv6) = (families.contains(.ipv4) ? ipv4 : nil, families.contains(.ipv6) ? ipv6 : nil)
        return preferred == .ipv6 ? ipv6 ?? ipv4 : ipv4 ?? ipv6
    }

    /// The endpoint of the other family than that of `endpoint`, if the contact has it and it is among `families`.
    public func endpoint(otherThan endpoint: Endpoint, in families: AddressFamilies = .both) -> Endpoint? {
        self.endpoint(in: families.subtracting(endpoint.family))
    }
}

/// The address families a node can send over, or asks contacts for.
public struct AddressFamilies: OptionSet, Hashable, Sendable, BitwiseCopyable {
    public let rawValue: UInt8

    @inlinable
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    @inlinable public static var ipv4: AddressFamilies { AddressFamilies(rawValue: 1) }
    @inlinable public static var ipv6: AddressFamilies { AddressFamilies(rawValue: 2) }
    @inlinable public static var both: AddressFamilies { AddressFamilies(rawValue: 3) }
}

extension Endpoint {
    /// The address family that it belongs to.
    public var family: AddressFamilies { isIPv4 ? .ipv4 : .ipv6 }
}

/// How a key takes part: a server can be reached and routed through by others; a client only sends requests.
public enum NodeMode: UInt8, Sendable {
    case client = 0
    case server = 1
}
