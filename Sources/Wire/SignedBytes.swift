import Basics
import Cryptography

/// The bytes that blinded keys sign, each under a domain of its own.
public enum SignedBytes {
    /// Proves that the other side of a session owns the mailbox.
    /// ```
    /// "roost authorize" ‖ mailbox (32) ‖ handshake hash (64) ‖ responder's node ID (32)
    /// ```
    /// `channelBinding` is the session's handshake hash (Noise rev 34, §11.2), so that no other session can repeat it.
    public static func authorize(_ mailbox: MailboxID, channelBinding: Digest512, responder: NodeID) -> [UInt8] {
        Domain.authorize.bytes + mailbox.bytes.array + channelBinding.array + responder.bytes.array
    }

    /// States that an envelope is done. It may be passed on by any node.
    /// ```
    /// "roost tombstone" ‖ mailbox (32) ‖ envelope ID (32) ‖ expiry day u32
    /// ```
    public static func tombstone(_ mailbox: MailboxID, _ envelope: EnvelopeID, expiry: Day) -> [UInt8] {
        Domain.tombstone.bytes + mailbox.bytes.array + envelope.bytes.array + expiry.number.bigEndianBytes
    }

    /// States that an accepted sender brings an envelope.
    /// ```
    /// "roost delivery" ‖ mailbox (32) ‖ the envelope without its signature
    /// ```
    public static func delivery(_ mailbox: MailboxID, _ unsigned: [UInt8]) -> [UInt8] {
        Domain.delivery.bytes + mailbox.bytes.array + unsigned
    }

    /// A record without its signature, under the record domain.
    static func record(_ unsigned: [UInt8]) -> [UInt8] { Domain.record.bytes + unsigned }
}

extension Tombstone {
    /// The owner's statement that an envelope of the signer's mailbox is done.
    public init(envelope: EnvelopeID, expiry: Day, signer: BlindedSigner) {
        let statement = SignedBytes.tombstone(signer.location, envelope, expiry: expiry)
        self.init(envelope: envelope, expiry: expiry, signature: signer.sign(statement))
    }

    /// Whether it is by `key` and so by the owner of the mailbox at that key's location.
    public func isSigned(by key: BlindedKey, suite: CipherSuite) -> Bool {
        suite.verify(signature, of: SignedBytes.tombstone(key.location, envelope, expiry: expiry), by: key.bytes)
    }
}
