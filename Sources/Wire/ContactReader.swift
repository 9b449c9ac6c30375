import Basics
import Cryptography

/// Reads the contacts of an answer, one by one.
/// ```
/// +-----------+-------------+-------------------+--------------------+
/// | key (32)  | families u8 | IPv4 (6), if 1    | IPv6 (18), if 2    |
/// +-----------+-------------+-------------------+--------------------+
/// ```
public struct ContactReader: Sendable {
    /// A contact with both endpoints.
    public static let largestEntryByteCount = Bytes32.count + 1 + 6 + 18

    private var reader: ByteReader

    /// `range` is what a `Response.contacts` names.
    public init(_ range: ByteRange) { reader = ByteReader(range) }

    /// The next contact, or nil after the last. `body` is what the response was decoded from. `knownID`: the ID of a key whose
    /// hash is known already. Hashing is most of the work, and answers of a lookup name the same nodes over and over.
    public mutating func next(in body: RawSpan, knownID: (PublicKey) -> NodeID? = { _ in nil }) -> Contact? {
        guard !reader.isAtEnd, let entry = try? reader.contactEntry(body) else { return nil }
        let id = knownID(entry.key) ?? entry.key.nodeID
        return Contact(id: id, key: entry.key, ipv4: entry.ipv4, ipv6: entry.ipv6)
    }

    /// Checks every contact, and that there are not too many.
    static func check(_ range: ByteRange, _ body: RawSpan) throws(DecodeError) -> ByteRange {
        var reader = ByteReader(range)
        var count = 0
        while !reader.isAtEnd {
            _ = try reader.contactEntry(body)
            count += 1
        }
        guard count <= Limits.contactsPerAnswer else { throw .oversized }
        return range
    }
}

extension ByteReader {
    /// Reads one contact as `ContactReader` draws it, hashing its key.
    public mutating func contact(_ span: RawSpan) throws(DecodeError) -> Contact {
        let entry = try contactEntry(span)
        return Contact(key: entry.key, ipv4: entry.ipv4, ipv6: entry.ipv6)
    }

    fileprivate mutating func contactEntry(
        _ span: RawSpan
    ) throws(DecodeError) -> (key: PublicKey, ipv4: Endpoint?, ipv6: Endpoint?) {
        let key = PublicKey(try bytes32(span))
        let families = AddressFamilies(rawValue: try u8(span))
        guard !families.isEmpty, families.isSubset(of: .both) else { throw .outOfRange }
        let ipv4 = families.contains(.ipv4) ? try ipv4Endpoint(span) : nil
        let ipv6 = families.contains(.ipv6) ? try endpoint(span) : nil
        guard ipv6?.isIPv4 != true else { throw .contradictory }
        return (key, ipv4, ipv6)
    }
}

extension ByteWriter {
    /// Appends one contact as `ContactReader` draws it, or nothing where it doesn't fit. It must have an endpoint.
    ///
    /// All of it at once: an answer has twenty, and to ask for room seven times for each took longer than to write them.
    public mutating func contact(_ contact: Contact) {
        let (key, ipv4, ipv6) = (contact.key.bytes.words, contact.ipv4, contact.ipv6)
        append(count: Bytes32.count + 1 + (ipv4 == nil ? 0 : 6) + (ipv6 == nil ? 0 : 18)) { bytes in
            bytes.storeBytes(of: key.0.bigEndian, as: UInt64.self)
            bytes.storeBytes(of: key.1.bigEndian, toByteOffset: 8, as: UInt64.self)
            bytes.storeBytes(of: key.2.bigEndian, toByteOffset: 16, as: UInt64.self)
            bytes.storeBytes(of: key.3.bigEndian, toByteOffset: 24, as: UInt64.self)
            var families: AddressFamilies = []
            var place = Bytes32.count + 1
            if let ipv4 {
                families.insert(.ipv4)
                bytes.storeBytes(
                    of: UInt32(truncatingIfNeeded: ipv4.low).bigEndian, toByteOffset: place, as: UInt32.self)
                bytes.storeBytes(of: ipv4.port.bigEndian, toByteOffset: place + 4, as: UInt16.self)
                place += 6
            }
            if let ipv6 {
                families.insert(.ipv6)
                bytes.storeBytes(of: ipv6.high.bigEndian, toByteOffset: place, as: UInt64.self)
                bytes.storeBytes(of: ipv6.low.bigEndian, toByteOffset: place + 8, as: UInt64.self)
                bytes.storeBytes(of: ipv6.port.bigEndian, toByteOffset: place + 16, as: UInt16.self)
            }
            bytes[Bytes32.count] = families.rawValue
        }
    }
}
