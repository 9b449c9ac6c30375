import Basics
import Cryptography
import Wire

/// What is sealed in a record, not verified yet; drawn at `PeerRecord`.
package struct PeerRecordFields {
    var prekey: PublicKey
    var prekeyDay: Day
    var encapsulationKey: [UInt8]
    var prekeySignature: Signature
    var continuity: Continuity
    package var endpoints: EndpointSection
}

extension PeerRecordFields {
    private enum Tag {
        static let padding: UInt8 = 0
        static let prekey: UInt8 = 2
        static let endpoints: UInt8 = 3
        static let continuity: UInt8 = 4
    }

    /// Lengths that records are padded to, so that they don't tell how many nodes a peer has.
    private static let paddedTo = 512

    package var encoded: [UInt8] {
        var fields = FieldWriter()
        fields.bytes(
            Tag.prekey,
            prekeyDay.number.bigEndianBytes + prekey.bytes.array + encapsulationKey + prekeySignature.array)
        fields.bytes(Tag.continuity, continuity.starts.bigEndianBytes + continuity.generation.bigEndianBytes)
        fields.bytes(Tag.endpoints, endpoints.encoded)
        let emptyPadding = 5
        let excess = (fields.bytes.count + emptyPadding) % PeerRecordFields.paddedTo
        let padding = excess == 0 ? 0 : PeerRecordFields.paddedTo - excess
        fields.bytes(Tag.padding, [UInt8](repeating: 0, count: padding))
        return fields.bytes
    }

    package init(_ span: RawSpan) throws(DecodeError) {
        var prekey: (Day, PublicKey, [UInt8], Signature)?
        var continuity: Continuity?
        var endpoints = EndpointSection.open([])
        var fields = FieldReader(span)
        while let (tag, value) = try fields.next(span) {
            var reader = ByteReader(value)
            switch tag {
            case Tag.prekey:
                let (day, key) = (Day(number: try reader.u32(span)), PublicKey(try reader.bytes32(span)))
                let encapsulation = try reader.range(span, count: CipherSuite.encapsulationKeySize).copy(of: span)
                prekey = (day, key, encapsulation, try reader.signature(span))
            case Tag.continuity:
                continuity = Continuity(starts: try reader.u32(span), generation: try reader.u32(span))
            case Tag.endpoints: endpoints = try EndpointSection(value, span)
            default: break
            }
        }
        guard let prekey, let continuity else { throw .missingField }
        self.init(
            prekey: prekey.1, prekeyDay: prekey.0, encapsulationKey: prekey.2, prekeySignature: prekey.3,
            continuity: continuity, endpoints: endpoints)
    }
}
