import Basics
import Cryptography
import Wire

/// Seals what one person tells another into an envelope, and opens it. It is a narrow interface behind which the scheme
/// may grow.
///
/// The scheme is X3DH (Signal, "The X3DH Key Agreement Protocol", revision 1) without one-time prekeys. The sender's
/// identity is sealed as well, so that only the recipient learns who writes. The results of the Diffie-Hellmans enter a
/// chain of HKDFs one by one, as in Noise (§4.3), from a constant first key:
///
/// ```
///   constant ─ DH(e, IKr) ─ DH(e, SPKr) ─ DH(IKs, SPKr)
///                               │               └─▶ key 2 seals the content
///                               └─▶ key 1 seals the sender's certificate
/// ```
/// Both are bound to everything in the clear, to the mailbox and to the recipient: in another mailbox, or under another
/// header, an envelope doesn't open. The sealed part of an envelope:
/// ```
///  0        32             36        60                       204       228
/// +--------+--------------+---------+------------------------+---------+-------------------------+
/// | e (32) | prekey epoch | nonce 1 | certificate (128 + 16) | nonce 2 | content, padded (n)     |
/// |        | u32          | (24)    |                        | (24)    | + 16                    |
/// +--------+--------------+---------+------------------------+---------+-------------------------+
///   certificate = peer ID (32) ‖ IKs (32) ‖ signature of IKs by the peer ID (64)
///   content     = count u32 ‖ fields (count) ‖ zeros up to the envelope's size class
/// ```
public struct EnvelopeCipher: Sendable {
    /// The peer in whose name envelopes are sealed, and whose mail is opened.
    public var peer: PeerID { profile.peerID }

    /// What this peer shares with those whose mail they accept.
    public let deliverySecret: DeliverySecret

    private let profile: ProfileKey
    private let suite: CipherSuite
    private let identity: IdentityKey

    public init(profile: ProfileKey, suite: CipherSuite) {
        self.profile = profile
        self.suite = suite
        identity = IdentityKey(profile: profile, suite: suite)
        deliverySecret = DeliverySecret(of: profile)
    }

    // MARK: Sealing

    /// The bytes of a new envelope for the peer whose record is given; it can be opened only in that mailbox.
    ///
    /// With a `signer`, it is signed as the mail of a sender that the mailbox's owner has accepted.
    ///
    /// Throws where the content is too long for the largest size class, or a key of the record is of low order.
    public func seal(
        _ content: Content, to record: PeerRecord, mailbox: MailboxID, expiry: Day, signer: DeliverySigner? = nil,
        generator: inout SecureGenerator
    ) throws(SealError) -> [UInt8] {
        let fields = content.encoded
        let signature = signer == nil ? 0 : Signature.byteCount
        let needed = EnvelopeHeader.byteCount + signature + Layout.overhead + fields.count
        guard let sizeClass = Limits.sizeClasses.firstIndex(where: { $0 >= needed }) else { throw .tooLong }
        let header = EnvelopeHeader(expiry: expiry, sizeClass: sizeClass, isSigned: signer != nil)
        let ephemeral = generator.secretKey()
        guard
            let first = suite.sharedSecret(ephemeral, record.identityKey),
            let second = suite.sharedSecret(ephemeral, record.prekey),
            let third = suite.sharedSecret(identity.secret, record.prekey)
        else { throw .weakKey }
        var sealed = suite.publicKey(of: ephemeral).bytes.array + record.prekeyEpoch.number.bigEndianBytes

        var chain = KeyChain()
        var transcript = Transcript(
            header: header, mailbox: mailbox, recipient: record.peer, identity: record.identityKey,
            prekey: record.prekey, beginning: sealed)
        _ = chain.mix(first)
        let certificateNonce = generator.bytes(XChaChaPoly.nonceSize)
        let certificate = XChaChaPoly.seal(
            peer.bytes.array + identity.publicKey.bytes.array + identity.signature.array,
            nonce: certificateNonce, key: chain.mix(second), authenticating: transcript.bytes)
        transcript.add(certificate: certificateNonce + certificate)

        let contentNonce = generator.bytes(XChaChaPoly.nonceSize)
        let padding = Limits.sizeClasses[sizeClass] - needed
        let padded = UInt32(fields.count).bigEndianBytes + fields + [UInt8](repeating: 0, count: padding)
        sealed += certificateNonce + certificate + contentNonce
        sealed += XChaChaPoly.seal(
            padded, nonce: contentNonce, key: chain.mix(third), authenticating: transcript.bytes)
        guard let signer else { return header.assemble(sealed: sealed) }
        return header.assemble(sealed: sealed) { signer.sign(SignedBytes.delivery(mailbox, $0)) }
    }

    // MARK: Opening

    /// The sender and the content of an envelope from a mailbox of this peer. The sender is verified.
    public func open(
        _ envelope: [UInt8], mailbox: MailboxID, prekeys: PrekeyRing
    ) throws(OpenError) -> (sender: PeerID, content: Content) {
        var senders = VerifiedSenders()
        return try open(envelope, mailbox: mailbox, prekeys: prekeys, senders: &senders)
    }

    /// The same, but a sender that is among `senders` with the same certificate isn't verified again.
    public func open(
        _ envelope: [UInt8], mailbox: MailboxID, prekeys: PrekeyRing, senders: inout VerifiedSenders
    ) throws(OpenError) -> (sender: PeerID, content: Content) {
        let (header, sealed) = try parse(envelope)
        guard let ephemeral = Bytes32(sealed.span.bytes).map({ PublicKey($0) }) else { throw .malformed }
        guard let prekey = prekeys[Layout.prekeyEpoch(sealed)] else { throw .unknownPrekey }
        guard
            let first = suite.sharedSecret(identity.secret, ephemeral),
            let second = suite.sharedSecret(prekey.secret, ephemeral)
        else { throw .otherKey }

        var chain = KeyChain()
        var transcript = Transcript(
            header: header, mailbox: mailbox, recipient: peer, identity: identity.publicKey,
            prekey: prekey.publicKey, beginning: Array(sealed[Layout.beginning]))
        _ = chain.mix(first)
        guard
            let certificate = XChaChaPoly.open(
                Array(sealed[Layout.certificate]), nonce: Array(sealed[Layout.certificateNonce]),
                key: chain.mix(second), authenticating: transcript.bytes)
        else { throw .otherKey }
        // From here on it is certain that the envelope was sealed to the prekey that is held.
        guard let sender = verifiedSender(certificate, among: &senders),
            let third = suite.sharedSecret(prekey.secret, sender.identity)
        else { throw .notAuthentic }
        transcript.add(certificate: Array(sealed[Layout.certificateNonce.lowerBound..<Layout.certificate.upperBound]))
        guard
            let padded = XChaChaPoly.open(
                Array(sealed[Layout.content...]), nonce: Array(sealed[Layout.contentNonce]), key: chain.mix(third),
                authenticating: transcript.bytes)
        else { throw .notAuthentic }
        return (sender.peer, try EnvelopeCipher.content(padded: padded))
    }

    private func parse(_ envelope: [UInt8]) throws(OpenError) -> (EnvelopeHeader, [UInt8]) {
        let header: EnvelopeHeader
        do {
            header = try EnvelopeHeader(decoding: envelope.span.bytes)
        } catch {
            throw error == .unknownVersion ? .unknownVersion : .malformed
        }
        let sealed = header.sealed.copy(of: envelope.span.bytes)
        guard sealed.count > Layout.content + XChaChaPoly.tagSize else { throw .malformed }
        return (header, sealed)
    }

    private func verifiedSender(
        _ certificate: [UInt8], among senders: inout VerifiedSenders
    ) -> (peer: PeerID, identity: PublicKey)? {
        let span = certificate.span.bytes
        guard let peer = Bytes32(span).map({ PeerID($0) }), let key = Bytes32(span, at: 32).map({ PublicKey($0) })
        else {
            return nil
        }
        if senders.contains(certificate) { return (peer, key) }
        guard let signature = Signature(span, at: 64), peer.isValid(suite),
            suite.verify(signature, of: IdentityKey.signedBytes(key), by: peer.bytes)
        else { return nil }
        senders.insert(certificate)
        return (peer, key)
    }

    /// Reads what was sealed: the content in its padding. Throws `senseless`.
    package static func content(padded: [UInt8]) throws(OpenError) -> Content {
        let span = padded.span.bytes
        var reader = ByteReader(span)
        do {
            let fields = try reader.range(span, count: Int(try reader.u32(span)))
            return try Content(fields.copy(of: span).span.bytes)
        } catch {
            throw .senseless
        }
    }
}

/// Why nothing was sealed.
public enum SealError: Error, Hashable, Sendable {
    /// The content doesn't fit into the largest size class.
    case tooLong
    /// A key of the recipient is of low order: anyone could open what it seals.
    case weakKey
}

/// Why an envelope doesn't open.
public enum OpenError: Error, Hashable, Sendable {
    /// It is of a later version, and may be left for a later program.
    case unknownVersion
    /// It is not an envelope.
    case malformed
    /// The prekey of the epoch that it names is not held: it is gone, was never here, or another copy of the profile
    /// has it.
    case unknownPrekey
    /// It doesn't open with the prekey that is held for the epoch it names. It was sealed to another one, as two copies
    /// of a profile make two for the same epoch; or it is for another peer or mailbox, was changed, or is no more than
    /// noise.
    case otherKey
    /// It was sealed to the prekey that is held, but its sender isn't the one it claims, or its content was changed.
    case notAuthentic
    /// It was sealed to the prekey that is held, but its content makes no sense.
    case senseless

    /// Whether it is certain that the envelope was sealed to a prekey that is held. Only then may it be called useless:
    /// without the prekey it can't be told from noise.
    public var isConclusive: Bool {
        switch self {
        case .notAuthentic, .senseless: true
        case .unknownVersion, .malformed, .unknownPrekey, .otherKey: false
        }
    }
}
