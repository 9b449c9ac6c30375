/// How far two points of the keyspace are apart: their XOR, read as an unsigned integer (Kademlia, §2.1).
public struct Distance: Hashable, Comparable, Sendable, BitwiseCopyable {
    public let value: Bytes32

    @inlinable
    public init(_ left: Bytes32, _ right: Bytes32) { value = left ^ right }

    @inlinable
    public static func < (left: Distance, right: Distance) -> Bool { left.value < right.value }

    /// The length of the prefix that both points share, 0…256.
    @inlinable
    public var commonPrefixLength: Int { value.leadingZeroBitCount }
}

extension NodeID {
    /// The distance from this node to a point of the keyspace.
    @inlinable
    public func distance(to point: Bytes32) -> Distance { Distance(bytes, point) }
}
