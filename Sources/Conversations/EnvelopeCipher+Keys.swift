import Basics
import Cryptography
import Wire

/// Where the parts of an envelope's sealed bytes lie; drawn at `EnvelopeCipher`.
enum Layout {
    static let beginning = 0..<36
    static let certificateNonce = 36..<60
    static let certificate = 60..<204
    static let contentNonce = 204..<228
    static let content = 228

    /// Bytes of the sealed part that are neither fields nor padding.
    static let overhead = content + 4 + XChaChaPoly.tagSize

    /// The sealed part must be longer than `beginning`.
    static func prekeyEpoch(_ sealed: [UInt8]) -> Epoch {
        Epoch(number: UInt32(bigEndianBytes: sealed.span.bytes, at: 32) ?? 0)
    }
}

/// The chain of HKDFs that mixes in the Diffie-Hellman results: each derived key depends on all results so far.
struct KeyChain {
    private var key = SecretDigest(NoiseHash.initial(protocolName: "Roost_X3DH_25519_XChaChaPoly_BLAKE2b"))

    mutating func mix(_ secret: SecretKey) -> SecretKey {
        let (next, derived) = NoiseHash.derive2(key, secret)
        key = next
        return derived
    }
}

/// What both ciphertexts are bound to: a hash of everything that sender and recipient must agree on.
struct Transcript {
    private var agreed: Bytes32

    /// The associated data that a ciphertext authenticates.
    var bytes: [UInt8] { agreed.array }

    /// `beginning` is the ephemeral key and the prekey's epoch as they stand in the envelope.
    init(
        header: EnvelopeHeader, mailbox: MailboxID, recipient: PeerID, identity: PublicKey, prekey: PublicKey,
        beginning: [UInt8]
    ) {
        var hash = Blake2b(Domain.envelopeSender)
        hash.update(header.authenticated)
        hash.update(mailbox.bytes)
        hash.update(recipient.bytes)
        hash.update(identity.bytes)
        hash.update(prekey.bytes)
        hash.update(beginning)
        agreed = hash.finish()
    }

    /// `certificate` is its nonce and ciphertext: the content is bound to it as well.
    mutating func add(certificate: [UInt8]) {
        var hash = Blake2b(Domain.envelopeContent)
        hash.update(agreed)
        hash.update(certificate)
        agreed = hash.finish()
    }
}
