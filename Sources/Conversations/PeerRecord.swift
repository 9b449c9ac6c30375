import Basics
import Cryptography
import Wire

/// What others need to write to a peer, verified. It lies in the DHT at the peer's record location of an epoch.
///
/// A `SignedRecord` whose sealed part only those can read who know the peer ID:
/// ```
///  0           24
/// +-----------+--------------------+
/// | nonce     | fields (n) + 16    |   key = BLAKE2b-256("roost sealed record" ‖ peer ID ‖ purpose u8 ‖ epoch u32)
/// | (24)      |                    |   authenticates A′
/// +-----------+--------------------+
///   2  prekey     day u32 ‖ X25519 key (32) ‖ ML-KEM-768 key (1,184) ‖ signature by the peer ID (64)
///   3  endpoints  `EndpointSection`
///   4  continuity  starts u32 ‖ generation u32
///   0  padding    to a multiple of 512 bytes
/// ```
public struct PeerRecord: Hashable, Sendable {
    public let peer: PeerID
    /// The epoch at whose location it lies.
    public let epoch: Epoch
    /// The peer's long-term Diffie-Hellman key, PQXDH's IK: `PeerID.agreementKey`.
    public let identityKey: PublicKey
    /// PQXDH's signed prekey, the day on which it was made, and its post-quantum half.
    public let prekey: PublicKey
    public let prekeyDay: Day
    public let encapsulationKey: [UInt8]
    /// How the peer's data have gone on until now.
    public let continuity: Continuity
    /// The peer's own nodes, for direct delivery; empty if the peer doesn't publish them, or not for this reader.
    public let contacts: [Contact]
    /// A record with a higher number replaces one with a lower.
    public let sequence: UInt64
    public let validUntil: UnixTime
}

/// Counters by which an older copy of a person's data is told from the newest.
public struct Continuity: Hashable, Sendable {
    /// How often the program was started with them. An older copy has counted fewer.
    public let starts: UInt32
    /// How often somebody went on with them from what may be an older copy, or a peer did with theirs.
    public let generation: UInt32

    public init(starts: UInt32 = 0, generation: UInt32 = 0) {
        self.starts = starts
        self.generation = generation
    }
}

extension PeerRecord {
    public var generation: UInt32 { continuity.generation }
}

/// Why a record is rejected.
public enum PeerRecordError: Error, Hashable, Sendable {
    /// It is not a record, or its outer form is of a later version.
    case malformed
    /// It is the peer's own, and what they sealed in it is of another version.
    case otherVersion
    /// It is not the peer's own record of that epoch, or a signature isn't valid.
    case notAuthentic
    /// It is no longer valid.
    case outdated
}

extension PeerRecord {
    /// Reads and verifies the bytes that lie at a peer's record location of an epoch. `secret`: the peer's, where they have told
    /// it; the endpoints may be sealed with it.
    public init(
        verifying bytes: [UInt8], of peer: PeerID, with secret: DeliverySecret? = nil, epoch: Epoch, suite: CipherSuite,
        now: UnixTime
    ) throws(PeerRecordError) {
        let span = bytes.span.bytes
        guard let signed = try? SignedRecord(decoding: span) else { throw .malformed }
        guard let key = peer.blindedKey(for: .record, epoch: epoch, suite: suite) else { throw .notAuthentic }
        guard signed.isTimely(now) else { throw .outdated }
        guard SignedRecord.verified(bytes, at: key.location, now: now, suite: suite) != nil else { throw .notAuthentic }
        let sealed = signed.sealed.copy(of: span)
        guard sealed.count >= XChaChaPoly.nonceSize + XChaChaPoly.tagSize,
            let fields = XChaChaPoly.open(
                Array(sealed[XChaChaPoly.nonceSize...]), nonce: Array(sealed[..<XChaChaPoly.nonceSize]),
                key: PeerRecord.sealingKey(peer, epoch), authenticating: key.bytes.array)
        else { throw .notAuthentic }
        let parsed: PeerRecordFields
        do { parsed = try PeerRecordFields(fields.span.bytes) } catch { throw .otherVersion }
        guard
            let identityKey = peer.agreementKey(suite),
            suite.verify(
                parsed.prekeySignature,
                of: PeerRecord.signedBytes(parsed.prekeyDay, parsed.prekey, parsed.encapsulationKey), by: peer.bytes)
        else { throw .notAuthentic }
        self.init(
            peer: peer, epoch: epoch, identityKey: identityKey, prekey: parsed.prekey,
            prekeyDay: parsed.prekeyDay, encapsulationKey: parsed.encapsulationKey, continuity: parsed.continuity,
            contacts: parsed.endpoints.contacts(with: secret, in: epoch, key: key), sequence: signed.sequence,
            validUntil: signed.validUntil)
    }

    /// The signed bytes of one's own record for an epoch. The higher sequence number replaces the lower.
    public static func publish(
        _ profile: ProfileKey, suite: CipherSuite, epoch: Epoch, prekey: Prekey, continuity: Continuity,
        contacts: [Contact], for readers: EndpointReaders = .everyone, sequence: UInt64, validUntil: UnixTime,
        generator: inout SecureGenerator
    ) -> [UInt8] {
        let signer = profile.blinded(for: .record, epoch: epoch)
        let signed = signedBytes(prekey.day, prekey.publicKey, prekey.encapsulationKey)
        let fields = PeerRecordFields(
            prekey: prekey.publicKey, prekeyDay: prekey.day, encapsulationKey: prekey.encapsulationKey,
            prekeySignature: profile.sign(signed), continuity: continuity,
            endpoints: EndpointSection(
                contacts, for: readers, of: profile, in: epoch, key: signer.key, generator: &generator))
        let nonce = generator.bytes(XChaChaPoly.nonceSize)
        let sealed = XChaChaPoly.seal(
            fields.encoded, nonce: nonce, key: sealingKey(profile.peerID, epoch),
            authenticating: signer.key.bytes.array)
        return SignedRecord.encode(
            sequence: sequence, validUntil: validUntil, sealed: nonce + sealed, signer: signer)
    }

    /// What a peer signs to own a prekey.
    private static func signedBytes(_ day: Day, _ prekey: PublicKey, _ encapsulationKey: [UInt8]) -> [UInt8] {
        Domain.prekey.bytes + day.number.bigEndianBytes + prekey.bytes.array + encapsulationKey
    }

    private static func sealingKey(_ peer: PeerID, _ epoch: Epoch) -> SecretKey {
        var hash = Blake2b(Domain.recordKey)
        hash.update(peer.bytes)
        hash.update(BlindingPurpose.record.rawValue)
        hash.update(epoch.number)
        return hash.finishSecret()
    }
}
