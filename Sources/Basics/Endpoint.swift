/// An IPv4 or IPv6 address and a UDP port.
public struct Endpoint: Hashable, Sendable, BitwiseCopyable {
    /// An IPv4 address is held in its IPv6-mapped form, ::ffff:a.b.c.d (RFC 4291 §2.5.5.2).
    public let high: UInt64
    public let low: UInt64
    public let port: UInt16

    @inlinable
    public init(high: UInt64, low: UInt64, port: UInt16) {
        self.high = high
        self.low = low
        self.port = port
    }

    @inlinable
    public init(ipv4 address: UInt32, port: UInt16) {
        self.init(high: 0, low: 0xffff_0000_0000 | UInt64(address), port: port)
    }

    @inlinable
    public var isIPv4: Bool { high == 0 && low >> 32 == 0xffff }

    /// The IPv4 address, or nil for an IPv6 endpoint.
    @inlinable
    public var ipv4: UInt32? { isIPv4 ? UInt32(truncatingIfNeeded: low) : nil }

    /// The same address with another port.
    public func with(port: UInt16) -> Endpoint { Endpoint(high: high, low: low, port: port) }

    /// Whether a datagram can be sent here: the address is not unspecified, multicast or broadcast, and the port is not
    /// 0.
    public var isUsable: Bool {
        guard port != 0 else { return false }
        if let ipv4 { return ipv4 >> 24 != 0 && ipv4 >> 28 < 0xe }
        return !(high == 0 && low == 0) && high >> 56 != 0xff
    }

    /// The IPv4 /24 or the IPv6 /48 that the address lies in. One owner mostly has many addresses, but few blocks.
    public var block: UInt64 {
        // 2^63 is in no IPv4 block, and no two IPv6 blocks differ beyond their first 48 bits.
        ipv4.map { UInt64($0 >> 8) } ?? (high >> 16 | 1 << 63)
    }
}

extension Endpoint: CustomStringConvertible {
    /// `192.0.2.1:7337` or `[2001:db8::1]:7337` (RFC 5952).
    public var description: String {
        if let ipv4 {
            return "\(ipv4 >> 24).\(ipv4 >> 16 & 255).\(ipv4 >> 8 & 255).\(ipv4 & 255):\(port)"
        }
        return "[\(ipv6Text)]:\(port)"
    }

    /// The address without the port.
    public var host: String {
        if let ipv4 { return "\(ipv4 >> 24).\(ipv4 >> 16 & 255).\(ipv4 >> 8 & 255).\(ipv4 & 255)" }
        return ipv6Text
    }

    private var groups: [UInt16] {
        (0..<8).map { index in
            let word = index < 4 ? high : low
            return UInt16(truncatingIfNeeded: word >> UInt64((3 - index % 4) * 16))
        }
    }

    private var ipv6Text: String {
        let groups = groups
        var best = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > max(best.count, 1) { best = start..<end }
            start = max(end, start + 1)
        }
        let hex = groups.map { String($0, radix: 16) }
        guard !best.isEmpty else { return hex.joined(separator: ":") }
        return hex[..<best.lowerBound].joined(separator: ":") + "::" + hex[best.upperBound...].joined(separator: ":")
    }
}

extension Endpoint {
    /// Reads `192.0.2.1:7337` or `[2001:db8::1]:7337`; nil for anything else, host names included.
    public init?(_ text: some StringProtocol) {
        guard let colon = text.lastIndex(of: ":"),
            let port = Endpoint.decimal(text[text.index(after: colon)...], as: UInt16.self)
        else { return nil }
        let host = text[..<colon]
        // Without brackets, an IPv6 address's last group can't be told from a port.
        guard host.hasPrefix("[") || !host.contains(":") else { return nil }
        self.init(host: host, port: port)
    }

    /// Reads an address without a port; an IPv6 address may stand in brackets.
    public init?(host: some StringProtocol, port: UInt16) {
        if host.hasPrefix("["), host.hasSuffix("]") {
            self.init(ipv6Text: host.dropFirst().dropLast(), port: port)
        } else if let address = Endpoint.ipv4(host) {
            self.init(ipv4: address, port: port)
        } else if host.contains(":") {
            self.init(ipv6Text: host, port: port)
        } else {
            return nil
        }
    }

    private static func ipv4(_ text: some StringProtocol) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var address: UInt32 = 0
        for part in parts {
            guard let byte = decimal(part, as: UInt8.self) else { return nil }
            address = address << 8 | UInt32(byte)
        }
        return address
    }

    /// Digits without a sign or a leading zero, which some programs read as octal (RFC 6943 §3.1.1).
    private static func decimal<Number: FixedWidthInteger>(_ text: some StringProtocol, as: Number.Type) -> Number? {
        guard text.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }), text == "0" || !text.hasPrefix("0") else { return nil }
        return Number(text)
    }

    private init?(ipv6Text text: some StringProtocol, port: UInt16) {
        // An IPv4 address may stand only at the very end (RFC 4291 §2.2).
        func groups(_ part: some StringProtocol, isEnd: Bool) -> [UInt16]? {
            if part.isEmpty { return [] }
            var values: [UInt16] = []
            let pieces = part.split(separator: ":", omittingEmptySubsequences: false)
            for (index, piece) in pieces.enumerated() {
                if isEnd, index == pieces.count - 1, let ipv4 = Endpoint.ipv4(piece) {
                    values += [UInt16(ipv4 >> 16), UInt16(truncatingIfNeeded: ipv4)]
                } else {
                    guard piece.utf8.count <= 4, piece.utf8.first != UInt8(ascii: "+"),
                        piece.utf8.first != UInt8(ascii: "-"),
                        let value = UInt16(piece, radix: 16)
                    else { return nil }
                    values.append(value)
                }
            }
            return values
        }
        var all: [UInt16]
        if let gap = text.firstRange(of: "::") {
            guard let head = groups(text[..<gap.lowerBound], isEnd: false),
                let tail = groups(text[gap.upperBound...], isEnd: true),
                head.count + tail.count <= 7
            else { return nil }
            all = head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail
        } else {
            guard let exact = groups(text, isEnd: true), exact.count == 8 else { return nil }
            all = exact
        }
        let word = { (part: ArraySlice<UInt16>) in part.reduce(UInt64(0)) { $0 << 16 | UInt64($1) } }
        self.init(high: word(all[..<4]), low: word(all[4...]), port: port)
    }
}
