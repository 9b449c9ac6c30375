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
    /// Appends one contact as `ContactReader` draws it. It must have an endpoint.
    public mutating func contact(_ contact: Contact) {
        var families: AddressFamilies = []
        if contact.ipv4 != nil { families.insert(.ipv4) }
        if contact.ipv6 != nil { families.insert(.ipv6) }
        bytes32(contact.key.bytes)
        u8(families.rawValue)
        if let ipv4 = contact.ipv4 { ipv4Endpoint(ipv4) }
        if let ipv6 = contact.ipv6 { endpoint(ipv6) }
    }
}
