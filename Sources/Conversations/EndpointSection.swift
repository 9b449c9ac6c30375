import Basics
import Cryptography
import Wire

/// The section of a record that says where its owner's nodes are reached.
/// ```
///   scheme u8 ‖ …
///   0  open    contacts, in the form of `ContactReader`
///   1  sealed  nonce 24 ‖ contacts, padded to a multiple of 64 bytes + 16
/// ```
/// It is sealed by XChaCha20-Poly1305 under BLAKE2b-256 keyed D of ("roost sealed endpoints" ‖ epoch u32), D being the owner's
/// delivery secret. It authenticates A′, so that it can't be moved to another record.
package enum EndpointSection: Hashable, Sendable {
    case open([Contact])
    case sealed([UInt8])
    /// Of a later version.
    case unknown

    private static let openScheme: UInt8 = 0
    private static let sealedScheme: UInt8 = 1
    /// So that those who can't open it don't see how many nodes there are, and of which families.
    private static let paddedTo = 64
    /// The most that contacts can take, padded.
    private static let largestSealed =
        XChaChaPoly.nonceSize + Limits.contactsPerRecord * ContactReader.largestEntryByteCount + paddedTo
        + XChaChaPoly.tagSize

    /// What a person publishes of their contacts in an epoch; `key`: A′.
    init(
        _ contacts: [Contact], for readers: EndpointReaders, of profile: ProfileKey, in epoch: Epoch, key: BlindedKey,
        generator: inout SecureGenerator
    ) {
        switch readers {
        case .everyone: self = .open(contacts)
        case .nobody: self = .open([])
        case .accepted:
            let bytes = EndpointSection.encode(contacts)
            let count = (bytes.count / EndpointSection.paddedTo + 1) * EndpointSection.paddedTo
            let nonce = generator.bytes(XChaChaPoly.nonceSize)
            self = .sealed(
                nonce
                    + XChaChaPoly.seal(
                        Padding.add(to: bytes, upTo: count), nonce: nonce,
                        key: EndpointSection.key(DeliverySecret(of: profile), epoch),
                        authenticating: key.bytes.array))
        }
    }

    /// The contacts, for who may read them; none for others.
    func contacts(with secret: DeliverySecret?, in epoch: Epoch, key: BlindedKey) -> [Contact] {
        switch self {
        case .open(let contacts): return contacts
        case .unknown: return []
        case .sealed(let bytes):
            guard let secret, bytes.count > XChaChaPoly.nonceSize,
                let padded = XChaChaPoly.open(
                    Array(bytes[XChaChaPoly.nonceSize...]), nonce: Array(bytes[..<XChaChaPoly.nonceSize]),
                    key: EndpointSection.key(secret, epoch), authenticating: key.bytes.array),
                let count = Padding.contentCount(of: padded)
            else { return [] }
            let span = padded.span.bytes
            return (try? EndpointSection.decode(ByteRange(offset: 0, count: count), span)) ?? []
        }
    }

    private static func key(_ secret: DeliverySecret, _ epoch: Epoch) -> SecretKey {
        var hash = Blake2b(key: secret.bytes)
        hash.update(Domain.sealedEndpoints)
        hash.update(epoch.number)
        return hash.finishSecret()
    }

    // MARK: Bytes

    var encoded: [UInt8] {
        switch self {
        case .open(let contacts): [EndpointSection.openScheme] + EndpointSection.encode(contacts)
        case .sealed(let bytes): [EndpointSection.sealedScheme] + bytes
        case .unknown: [.max]
        }
    }

    init(_ value: ByteRange, _ span: RawSpan) throws(DecodeError) {
        var reader = ByteReader(value)
        let scheme = try reader.u8(span)
        let rest = ByteRange(offset: reader.at, count: reader.remaining)
        switch scheme {
        case EndpointSection.openScheme: self = .open(try EndpointSection.decode(rest, span))
        case EndpointSection.sealedScheme:
            self = rest.count <= EndpointSection.largestSealed ? .sealed(rest.copy(of: span)) : .unknown
        default: self = .unknown
        }
    }

    private static func encode(_ contacts: [Contact]) -> [UInt8] {
        var writer = ByteWriter(capacity: Limits.contactsPerRecord * ContactReader.largestEntryByteCount)
        for contact in contacts.prefix(Limits.contactsPerRecord) where contact.ipv4 != nil || contact.ipv6 != nil {
            writer.contact(contact)
        }
        return writer.bytes
    }

    private static func decode(_ range: ByteRange, _ span: RawSpan) throws(DecodeError) -> [Contact] {
        var reader = ByteReader(range)
        var contacts: [Contact] = []
        while !reader.isAtEnd, contacts.count < Limits.contactsPerRecord { contacts.append(try reader.contact(span)) }
        return contacts
    }
}
