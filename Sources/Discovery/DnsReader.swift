import Basics

/// Reads the parts of a DNS message one after the other (RFC 1035, §4.1). Each is nil where it isn't whole.
struct DnsReader {
    private let bytes: [UInt8]
    private(set) var offset = 0
    /// Bytes of names that may still be read: by pointers a short message has long ones.
    private var nameBytes = DnsLimits.names

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { offset == bytes.count }

    mutating func number<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type) -> Number? {
        guard let number = Number(bigEndianBytes: bytes.span.bytes, at: offset) else { return nil }
        offset += MemoryLayout<Number>.size
        return number
    }

    mutating func bytes(_ count: Int) -> [UInt8]? {
        guard count <= bytes.count - offset else { return nil }
        defer { offset += count }
        return Array(bytes[offset..<offset + count])
    }

    /// A name, which may end with a pointer to where the rest stands (§4.1.4). Each pointer leads to before all that has been read
    /// of the name, so that none leads round in a circle.
    mutating func name() -> DnsName? {
        var labels: [[UInt8]] = []
        var (place, first, size) = (offset, offset, 1)
        var end: Int?
        while place < bytes.count {
            let length = Int(bytes[place])
            switch length {
            case 0:
                offset = end ?? place + 1
                return DnsName(labels: labels)
            case 1...DnsLimits.label:
                size += 1 + length
                nameBytes -= 1 + length
                guard size <= DnsLimits.name, nameBytes >= 0, length < bytes.count - place else { return nil }
                labels.append(Array(bytes[place + 1...place + length]))
                place += 1 + length
            case 0xc0...:
                guard place + 1 < bytes.count else { return nil }
                let target = (length & 0x3f) << 8 | Int(bytes[place + 1])
                guard target < first else { return nil }
                end = end ?? place + 2
                (place, first) = (target, target)
            default: return nil
            }
        }
        return nil
    }
}
