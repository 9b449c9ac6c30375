import Basics
import Cryptography
import Wire

/// What a person needs to seal and to open envelopes, whatever the conversation: their keys.
public struct EnvelopeCipher: Sendable {
    /// The peer in whose name envelopes are sealed, and whose mail is opened.
    public var peer: PeerID { profile.peerID }

    /// What this peer shares with those whose mail they accept.
    public let deliverySecret: DeliverySecret

    private let profile: ProfileKey
    package let suite: CipherSuite
    let identitySecret: SecretKey
    private let maskKey: SecretKey

    public init(profile: ProfileKey, suite: CipherSuite) {
        self.profile = profile
        self.suite = suite
        identitySecret = profile.agreementSecret
        deliverySecret = DeliverySecret(of: profile)
        maskKey = KeySchedule.maskKey(of: profile.peerID)
    }

    // MARK: First messages

    /// Opens the header of a first message to this peer; nil where the envelope isn't one, or is for another prekey
    /// than is held: nobody can tell these apart.
    func first(_ parts: EnvelopeParts, _ prekeys: PrekeyRing) -> FirstMessage? {
        let beginning = parts[EnvelopeLayout.beginning]
        let start = Array(beginning[..<EnvelopeLayout.recognised]).masked(nonce: parts.nonce, key: maskKey)
        guard let ephemeral = Bytes32(start.span.bytes), let day = UInt32(bigEndianBytes: start.span.bytes, at: 32),
            let prekey = prekeys[Day(number: day)],
            let identityAgreed = suite.sharedSecret(identitySecret, PublicKey(ephemeral)),
            let prekeyAgreed = suite.sharedSecret(prekey.secret, PublicKey(ephemeral))
        else { return nil }
        let shown = beginning.masked(nonce: parts.nonce, key: maskKey)
        let ciphertext = Array(shown[EnvelopeLayout.recognised...])
        guard let shared = suite.decapsulate(ciphertext, seed: prekey.seed) else { return nil }
        let (chain, headerKey) = KeySchedule.begin(identity: identityAgreed, prekey: prekeyAgreed, shared: shared)
        guard
            let opened = XChaChaPoly.open(
                parts[EnvelopeLayout.firstHeader], nonce: parts.nonce, key: headerKey,
                authenticating: parts.associated(shown)),
            let header = FirstHeader(opened)
        else { return nil }
        return FirstMessage(
            parts: parts, ephemeral: ephemeral, ciphertext: ciphertext, prekey: prekey, chain: chain, header: header)
    }

    /// Whether an envelope names, if it is a first message, the prekey of a day that could have been one's own: what
    /// isn't one names such a day once in ten millions.
    func namesLostPrekey(_ parts: EnvelopeParts, _ prekeys: PrekeyRing, today: Day) -> Bool {
        let start = Array(parts.sealed[24..<60]).masked(nonce: parts.nonce, key: maskKey)
        guard let number = UInt32(bigEndianBytes: start.span.bytes, at: 32) else { return false }
        let plausible = today.advanced(by: -60)...today.advanced(by: 2)
        return plausible.contains(Day(number: number)) && prekeys[Day(number: number)] == nil
    }

    // MARK: Content

    /// Reads what was sealed: the content in its padding. Throws `senseless`.
    package static func content(padded: [UInt8]) throws(OpenError) -> Content {
        guard let count = Padding.contentCount(of: padded) else { throw .senseless }
        do { return try Content(padded.span.extracting(..<count).bytes) } catch { throw .senseless }
    }
}

/// A first message whose header has opened: its sender is not verified yet.
struct FirstMessage {
    let parts: EnvelopeParts
    let ephemeral: Bytes32
    let ciphertext: [UInt8]
    /// The prekey that it was sealed to.
    let prekey: Prekey
    let chain: SecretDigest
    let header: FirstHeader
}

/// Why nothing was sealed.
public enum SealError: Error, Hashable, Sendable {
    /// The content doesn't fit into the largest size class.
    case tooLong
    /// A key of the recipient is of low order: anyone could open what it seals. Or it is no key at all.
    case weakKey
}

/// Why an envelope doesn't open.
public enum OpenError: Error, Hashable, Sendable {
    /// It is of a later version, and may be left for a later program.
    case unknownVersion
    /// It is not an envelope.
    case malformed
    /// It seems to be a first message to the prekey of a day that is not held: it is gone, was never here, or another
    /// copy of the profile has it.
    case unknownPrekey
    /// It opens with no prekey and in no session: it belongs to one that is not held, or is for another peer or mailbox,
    /// was changed, or is no more than noise.
    case noSession
    /// It belongs to a session that is held, and its key was used before or is too far ahead.
    case keyUsed
    /// It was sealed to keys that are held, but its sender isn't the one it claims, or its content was changed.
    case notAuthentic
    /// It was sealed to keys that are held, but its content makes no sense.
    case senseless

    /// Whether it is certain that the envelope was sealed to keys that are held. Only then may it be called useless:
    /// without the keys it can't be told from noise, and another copy of the profile may have them.
    public var isConclusive: Bool {
        switch self {
        case .notAuthentic, .senseless: true
        case .unknownVersion, .malformed, .unknownPrekey, .noSession, .keyUsed: false
        }
    }
}
