import Basics
import Cryptography

/// What the owner of a mailbox tells its buddies, in the clear: by which keys accepted senders sign.
///
/// It is a `SignedRecord` at the mailbox's own location, signed by the mailbox's key, whose `sealed` part is tagged
/// fields: 1 the delivery keys (32 bytes each). So nodes keep it, hand it on, repair it and let it expire as they do any
/// record, also those of versions that don't know what it says.
public struct MailboxPolicy: Hashable, Sendable {
    /// The public halves of the keys, at most `Limits.deliveryKeysPerPolicy`.
    public let deliveryKeys: [Bytes32]

    /// Keys beyond `Limits.deliveryKeysPerPolicy` are left out.
    public init(deliveryKeys: [Bytes32]) {
        self.deliveryKeys = Array(deliveryKeys.prefix(Limits.deliveryKeysPerPolicy))
    }

    /// Reads the policy out of a record at a mailbox's location. Nothing is verified. Keys beyond `Limits.deliveryKeysPerPolicy` are
    /// left out.
    public init(decoding record: RawSpan) throws(DecodeError) {
        let sealed = try SignedRecord(decoding: record).sealed
        let span = record.extracting(sealed.bounds)
        var keys: [Bytes32]?
        var fields = FieldReader(span)
        while let (tag, value) = try fields.next(span) {
            guard tag == Tag.deliveryKeys else { continue }
            guard value.count.isMultiple(of: Bytes32.count) else { throw .fieldLength }
            var reader = ByteReader(value)
            var found: [Bytes32] = []
            while !reader.isAtEnd, found.count < Limits.deliveryKeysPerPolicy {
                found.append(try reader.bytes32(span))
            }
            keys = found
        }
        guard let keys else { throw .missingField }
        deliveryKeys = keys
    }

    /// The bytes of the record that states it for the signer's mailbox.
    public func encode(sequence: UInt64, validUntil: UnixTime, signer: BlindedSigner) -> [UInt8] {
        var fields = FieldWriter()
        fields.bytes(Tag.deliveryKeys, deliveryKeys.flatMap(\.array))
        return SignedRecord.encode(sequence: sequence, validUntil: validUntil, sealed: fields.bytes, signer: signer)
    }

    /// Whether an envelope that is brought to the mailbox is signed by an accepted sender.
    public func accepts(_ envelope: [UInt8], in mailbox: MailboxID, suite: CipherSuite) -> Bool {
        guard let header = try? EnvelopeHeader(decoding: envelope.span.bytes), let signature = header.deliverySignature
        else { return false }
        let statement = SignedBytes.delivery(mailbox, header.authenticated + envelope[header.sealed.bounds])
        return deliveryKeys.contains { suite.verify(signature, of: statement, by: $0) }
    }

    private enum Tag {
        static let deliveryKeys: UInt8 = 1
    }
}
