import Basics

/// Reads what Linux says of its network: messages of rtnetlink(7).
///
///     length u32 | type u16 | flags u16 | sequence u32 | port u32      a header, in the machine's own byte order
///     a fixed part by type, then attributes: length u16 | type u16 | value, all aligned to 4 bytes
///
/// Nothing in them is trusted to be well formed: what doesn't fit ends the reading.
package struct NetlinkReader {
    /// What has been read so far.
    package private(set) var snapshot = NetworkSnapshot()
    /// Whether the last message of a reply has come: either the reply is complete, or something failed.
    package private(set) var isDone = false
    /// Whether a message was read that may matter: about an interface, an address or a default route.
    package private(set) var isNews = false

    package init() {}

    /// The types of messages: linux/netlink.h, linux/rtnetlink.h.
    package enum Kind {
        package static let error: UInt16 = 2
        package static let done: UInt16 = 3
        package static let newLink: UInt16 = 16
        package static let deletedLink: UInt16 = 17
        package static let getLink: UInt16 = 18
        package static let newAddress: UInt16 = 20
        package static let deletedAddress: UInt16 = 21
        package static let getAddress: UInt16 = 22
        package static let newRoute: UInt16 = 24
        package static let deletedRoute: UInt16 = 25
        package static let getRoute: UInt16 = 26
    }

    /// Whether the end of an answer has come since the last call.
    mutating func takeDone() -> Bool {
        defer { isDone = false }
        return isDone
    }

    private static let headerSize = 16

    /// Reads as many whole messages as there are.
    package mutating func read(_ bytes: RawSpan) {
        var offset = 0
        while let length = bytes.number(at: offset, as: UInt32.self).map({ Int($0) }),
            length >= NetlinkReader.headerSize, length <= bytes.byteCount - offset,
            let kind = bytes.number(at: offset + 4, as: UInt16.self)
        {
            read(kind, bytes.extracting(offset + NetlinkReader.headerSize..<offset + length))
            offset += NetlinkReader.aligned(length)
        }
    }

    private mutating func read(_ kind: UInt16, _ body: RawSpan) {
        switch kind {
        case Kind.done, Kind.error: isDone = true
        case Kind.newLink: readInterface(body)
        case Kind.newAddress: readAddress(body)
        case Kind.newRoute, Kind.deletedRoute: readRoute(body)
        case Kind.deletedLink, Kind.deletedAddress: isNews = true
        default: break
        }
    }

    // MARK: Interfaces, ifinfomsg

    private static let up: UInt32 = 0x1
    private static let loopback: UInt32 = 0x8
    private static let pointToPoint: UInt32 = 0x10
    private static let running: UInt32 = 0x40
    private static let multicast: UInt32 = 0x1000

    /// family u8, 0 u8, type u16, index u32, flags u32, change u32
    private mutating func readInterface(_ body: RawSpan) {
        guard let index = body.number(at: 4, as: UInt32.self), let flags = body.number(at: 8, as: UInt32.self) else {
            return
        }
        isNews = true
        let both = NetlinkReader.up | NetlinkReader.running
        snapshot.interfaces.append(
            NetworkSnapshot.Interface(
                index: index, isUp: flags & both == both, isLoopback: flags & NetlinkReader.loopback != 0,
                reachesMany: flags & (NetlinkReader.multicast | NetlinkReader.pointToPoint) == NetlinkReader.multicast))
    }

    // MARK: Addresses, ifaddrmsg

    /// Of IPv6: still being checked, in use by another host, no longer to be used for new connections.
    private static let tentative: UInt32 = 0x40
    private static let duplicate: UInt32 = 0x8
    private static let deprecated: UInt32 = 0x20

    /// family u8, prefix u8, flags u8, scope u8, interface u32; attributes: 1 address, 2 local address, 8 flags u32
    private mutating func readAddress(_ body: RawSpan) {
        guard let family = body.number(at: 0, as: UInt8.self), let prefix = body.number(at: 1, as: UInt8.self),
            let short = body.number(at: 2, as: UInt8.self),
            let interface = body.number(at: 4, as: UInt32.self)
        else { return }
        isNews = true
        var flags = UInt32(short)
        var address: Endpoint?
        var local: Endpoint?
        var attributes = NetlinkAttributes(of: body, from: 8)
        while let (kind, range) = attributes.next(in: body) {
            let value = body.extracting(range)
            switch kind {
            case 1: address = NetlinkReader.endpoint(family, value)
            // On a point-to-point link the other attribute is the address of the other end.
            case 2: local = NetlinkReader.endpoint(family, value)
            case 8: flags = value.number(at: 0, as: UInt32.self) ?? flags
            default: break
            }
        }
        guard let endpoint = local ?? address else { return }
        let unfit = NetlinkReader.tentative | NetlinkReader.duplicate | NetlinkReader.deprecated
        snapshot.addresses.append(
            NetworkSnapshot.Address(endpoint, on: interface, isPreferred: flags & unfit == 0, prefix: Int(prefix)))
    }

    // MARK: Routes, rtmsg

    private static let unicast: UInt8 = 1
    private static let localTable: UInt32 = 255
    /// Two halves of the address space, or the eighth of IPv6 that is assigned: some VPNs replace the default route
    /// with these.
    private static let longestIPv4Prefix: UInt8 = 1
    private static let longestIPv6Prefix: UInt8 = 3

    /// family u8, prefix u8, source prefix u8, 0 u8, table u8, protocol u8, scope u8, type u8, flags u32;
    /// attributes: 4 interface u32, 5 gateway, 6 metric u32, 9 several ways, 15 table u32
    private mutating func readRoute(_ body: RawSpan) {
        guard let family = body.number(at: 0, as: UInt8.self), let prefix = body.number(at: 1, as: UInt8.self),
            let short = body.number(at: 4, as: UInt8.self), let kind = body.number(at: 7, as: UInt8.self),
            let families = NetlinkReader.families(family)
        else { return }
        let longest = families == .ipv4 ? NetlinkReader.longestIPv4Prefix : NetlinkReader.longestIPv6Prefix
        guard kind == NetlinkReader.unicast, prefix <= longest else { return }
        isNews = true
        var table = UInt32(short)
        var metric: UInt32 = 0
        var ways: [(interface: UInt32, gateway: Endpoint?)] = []
        var interface: UInt32?
        var gateway: Endpoint?
        var attributes = NetlinkAttributes(of: body, from: 12)
        while let (kind, range) = attributes.next(in: body) {
            let value = body.extracting(range)
            switch kind {
            case 4: interface = value.number(at: 0, as: UInt32.self)
            case 5: gateway = NetlinkReader.endpoint(family, value)
            case 6: metric = value.number(at: 0, as: UInt32.self) ?? 0
            case 9: ways += NetlinkReader.ways(family, value)
            case 15: table = value.number(at: 0, as: UInt32.self) ?? table
            default: break
            }
        }
        guard table != NetlinkReader.localTable else { return }
        if let interface { ways.append((interface, gateway)) }
        for way in ways {
            snapshot.routes.append(
                NetworkSnapshot.DefaultRoute(
                    families, on: way.interface, gateway: way.gateway, metric: metric, table: table, prefix: prefix))
        }
    }

    /// The next hops of a multipath route: length u16, flags u8, hops u8, interface u32, attributes.
    private static func ways(_ family: UInt8, _ value: RawSpan) -> [(interface: UInt32, gateway: Endpoint?)] {
        var ways: [(interface: UInt32, gateway: Endpoint?)] = []
        var offset = 0
        while let length = value.number(at: offset, as: UInt16.self).map({ Int($0) }), length >= 8,
            length <= value.byteCount - offset, let interface = value.number(at: offset + 4, as: UInt32.self)
        {
            let way = value.extracting(offset..<offset + length)
            var gateway: Endpoint?
            var attributes = NetlinkAttributes(of: way, from: 8)
            while let (kind, range) = attributes.next(in: way) {
                if kind == 5 { gateway = endpoint(family, way.extracting(range)) }
            }
            ways.append((interface, gateway))
            offset += aligned(length)
        }
        return ways
    }

    // MARK: Parts

    fileprivate static func aligned(_ length: Int) -> Int { (length + 3) / 4 * 4 }

    private static func families(_ family: UInt8) -> AddressFamilies? {
        switch family {
        case 2: .ipv4
        case 10: .ipv6
        default: nil
        }
    }

    private static func endpoint(_ family: UInt8, _ value: RawSpan) -> Endpoint? {
        if family == 2 { return value.number(at: 0, as: UInt32.self).map { Endpoint(ipv4: $0.bigEndian, port: 0) } }
        guard family == 10, let high = value.number(at: 0, as: UInt64.self),
            let low = value.number(at: 8, as: UInt64.self)
        else { return nil }
        return Endpoint(high: high.bigEndian, low: low.bigEndian, port: 0)
    }
}

/// Goes through the attributes of a message.
private struct NetlinkAttributes {
    private var offset: Int

    init(of body: RawSpan, from start: Int) { offset = start }

    /// The next attribute's type, and where its value is.
    mutating func next(in body: RawSpan) -> (kind: UInt16, value: Range<Int>)? {
        guard let length = body.number(at: offset, as: UInt16.self).map({ Int($0) }), length >= 4,
            length <= body.byteCount - offset, let kind = body.number(at: offset + 2, as: UInt16.self)
        else { return nil }
        defer { offset += NetlinkReader.aligned(length) }
        return (kind, offset + 4..<offset + length)
    }
}

extension RawSpan {
    /// A number in the machine's byte order; nil where there aren't so many bytes.
    fileprivate func number<Number: FixedWidthInteger & BitwiseCopyable>(
        at offset: Int, as type: Number.Type
    ) -> Number? {
        guard offset >= 0, offset <= byteCount - MemoryLayout<Number>.size else { return nil }
        return unsafeLoadUnaligned(fromByteOffset: offset, as: Number.self)
    }
}
