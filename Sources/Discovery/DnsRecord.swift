import Basics

/// A resource record of the Internet class (RFC 1035, §4.1.3).
public struct DnsRecord: Hashable, Sendable {
    /// What it says.
    public enum Content: Hashable, Sendable {
        /// PTR: of a service, an instance.
        case pointer(DnsName)
        /// SRV (RFC 2782): lower priorities are asked first.
        case service(priority: UInt16, weight: UInt16, port: UInt16, target: DnsName)
        /// TXT: some strings of up to 255 bytes.
        case text([[UInt8]])
        /// A or AAAA; the port is 0.
        case address(Endpoint)
        /// Of another type or class.
        case other

        /// What its type is in a message (RFC 1035, §3.2.2; RFC 3596, §2.1; RFC 2782).
        package var type: UInt16 {
            switch self {
            case .pointer: DnsType.pointer
            case .service: DnsType.service
            case .text: DnsType.text
            case .address(let endpoint): endpoint.isIPv4 ? DnsType.ipv4 : DnsType.ipv6
            case .other: 0
            }
        }
    }

    public let name: DnsName
    public let content: Content
    /// Seconds for which it is true; 0: no longer.
    public let lifetime: UInt32
    /// Whether it takes the place of all others of this name and type (RFC 6762, §10.2).
    package let isUnique: Bool

    package init(_ name: DnsName, _ content: Content, lifetime: UInt32, isUnique: Bool = false) {
        self.name = name
        self.content = content
        self.lifetime = lifetime
        self.isUnique = isUnique
    }

    var bytes: [UInt8] {
        let data = content.bytes
        let kind = DnsType.internet | (isUnique ? DnsType.topBit : 0)
        return name.bytes + content.type.bigEndianBytes + kind.bigEndianBytes + lifetime.bigEndianBytes
            + UInt16(data.count).bigEndianBytes + data
    }

    /// Reads one; nil where it isn't whole, or its data doesn't end where it should.
    init?(_ reader: inout DnsReader) {
        guard let name = reader.name(), let type = reader.number(UInt16.self), let kind = reader.number(UInt16.self),
            let lifetime = reader.number(UInt32.self), let size = reader.number(UInt16.self)
        else { return nil }
        let end = reader.offset + Int(size)
        let isInternet = kind & ~DnsType.topBit == DnsType.internet
        guard let content = Content(isInternet ? type : 0, size: Int(size), &reader), reader.offset == end else {
            return nil
        }
        self.init(name, content, lifetime: lifetime, isUnique: kind & DnsType.topBit != 0)
    }
}

/// Numbers in questions and records.
package enum DnsType {
    static let ipv4: UInt16 = 1
    package static let pointer: UInt16 = 12
    package static let text: UInt16 = 16
    static let ipv6: UInt16 = 28
    package static let service: UInt16 = 33
    static let any: UInt16 = 255
    static let internet: UInt16 = 1
    /// Of a class: that an answer may come to the asker alone, or that a record takes the place of others.
    static let topBit: UInt16 = 0x8000
}

extension DnsRecord.Content {
    fileprivate init?(_ type: UInt16, size: Int, _ reader: inout DnsReader) {
        switch type {
        case DnsType.pointer:
            guard let name = reader.name() else { return nil }
            self = .pointer(name)
        case DnsType.service:
            guard let priority = reader.number(UInt16.self), let weight = reader.number(UInt16.self),
                let port = reader.number(UInt16.self), let target = reader.name()
            else { return nil }
            self = .service(priority: priority, weight: weight, port: port, target: target)
        case DnsType.text:
            var (strings, rest) = ([[UInt8]](), size)
            while rest > 0 {
                guard strings.count < DnsLimits.strings, let count = reader.number(UInt8.self),
                    let string = reader.bytes(Int(count))
                else { return nil }
                strings.append(string)
                rest -= 1 + string.count
            }
            self = .text(strings)
        case DnsType.ipv4:
            guard let address = reader.number(UInt32.self) else { return nil }
            self = .address(Endpoint(ipv4: address, port: 0))
        case DnsType.ipv6:
            guard let high = reader.number(UInt64.self), let low = reader.number(UInt64.self) else { return nil }
            self = .address(Endpoint(high: high, low: low, port: 0))
        default:
            guard reader.bytes(size) != nil else { return nil }
            self = .other
        }
    }

    fileprivate var bytes: [UInt8] {
        switch self {
        case .pointer(let name): return name.bytes
        case .service(let priority, let weight, let port, let target):
            return priority.bigEndianBytes + weight.bigEndianBytes + port.bigEndianBytes + target.bytes
        case .text(let strings): return strings.flatMap { [UInt8(truncatingIfNeeded: $0.count)] + $0.prefix(255) }
        case .address(let endpoint):
            return endpoint.ipv4.map(\.bigEndianBytes) ?? endpoint.high.bigEndianBytes + endpoint.low.bigEndianBytes
        case .other: return []
        }
    }
}
