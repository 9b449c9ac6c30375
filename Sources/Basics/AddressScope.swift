/// The range within which an address identifies one machine. Narrower scopes come first.
public enum AddressScope: UInt8, Comparable, Sendable, BitwiseCopyable {
    /// Loopback: this machine only.
    case machine
    /// Private, shared or link-local: this site only. Elsewhere the same address belongs to another machine.
    case site
    /// Everywhere.
    case world

    @inlinable
    public static func < (left: AddressScope, right: AddressScope) -> Bool { left.rawValue < right.rawValue }
}

extension Endpoint {
    /// Within what the address means one machine (RFC 1122 §3.2.1.3, RFC 1918, RFC 3927, RFC 6598, RFC 4193, RFC 4291).
    @inlinable
    public var scope: AddressScope {
        guard let ipv4 else {
            if high == 0 && low == 1 { return .machine }
            let isUniqueLocal = high >> 57 == 0xfc >> 1
            let isLinkLocal = high >> 54 == 0xfe80 >> 6
            return isUniqueLocal || isLinkLocal ? .site : .world
        }
        if ipv4 >> 24 == 127 { return .machine }
        let isPrivate = ipv4 >> 24 == 10 || ipv4 >> 20 == 0xac1 || ipv4 >> 16 == 0xc0a8
        let isShared = ipv4 >> 22 == 0x6440 >> 6
        let isLinkLocal = ipv4 >> 16 == 0xa9fe
        return isPrivate || isShared || isLinkLocal ? .site : .world
    }

    /// Whether the address is valid only on this machine or this site.
    @inlinable
    public var isLocal: Bool { scope != .world }

    /// Whether the address is this machine's own: 127.0.0.0/8 or ::1.
    public var isLoopback: Bool { scope == .machine }
}

extension Contact {
    /// The contact without endpoints that are valid only in a narrower scope than `scope`, the scope of the other
    /// side's address. What remains may be named to that side, or be believed from it. Nil if no endpoint remains.
    @inlinable
    public func named(in scope: AddressScope) -> Contact? {
        let ipv4 = ipv4.flatMap { $0.scope >= scope ? $0 : nil }
        let ipv6 = ipv6.flatMap { $0.scope >= scope ? $0 : nil }
        guard ipv4 != nil || ipv6 != nil else { return nil }
        return Contact(id: id, key: key, ipv4: ipv4, ipv6: ipv6)
    }

    /// The address blocks that the contact lies in. Local addresses don't count: they cost nothing, and those of one
    /// network are mostly in one block.
    public var blocks: AddressBlocks {
        AddressBlocks(
            ipv4: ipv4.flatMap { $0.isLocal ? nil : $0.block }, ipv6: ipv6.flatMap { $0.isLocal ? nil : $0.block })
    }
}

/// The address blocks of a contact, at most one of each family.
public struct AddressBlocks: Hashable, Sendable, BitwiseCopyable {
    /// As `Endpoint.block` gives it, or nil.
    public let ipv4: UInt64?
    /// As `Endpoint.block` gives it, or nil.
    public let ipv6: UInt64?

    /// Whether there is none, so that no bound on blocks applies.
    public var isEmpty: Bool { ipv4 == nil && ipv6 == nil }

    /// Whether the two have a block in common.
    @inlinable
    public func overlaps(_ other: AddressBlocks) -> Bool {
        ipv4 != nil && ipv4 == other.ipv4 || ipv6 != nil && ipv6 == other.ipv6
    }

    /// Whether one of the blocks is in at least `count` of those that `others` yields.
    @inlinable
    public func isFull(_ count: Int, of others: some Sequence<AddressBlocks>) -> Bool {
        var (first, second) = (0, 0)
        for other in others {
            if ipv4 != nil && ipv4 == other.ipv4 { first += 1 }
            if ipv6 != nil && ipv6 == other.ipv6 { second += 1 }
        }
        return first >= count || second >= count
    }
}
