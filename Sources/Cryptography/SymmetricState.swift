import Basics

/// The SymmetricState object of Noise, and in it the handshake's CipherState (Noise, revision 34, §5.1 and §5.2).
///
/// A value: a message is read on a copy, which replaces the original only if the message is authentic.
struct SymmetricState: Sendable {
    private let suite: CipherSuite
    private(set) var hash: Digest512
    private var chainingKey: SecretDigest
    private var key: SecretKey?
    private var nonce: UInt64 = 0

    /// InitializeSymmetric.
    init(protocolName: String, suite: CipherSuite) {
        self.suite = suite
        hash = NoiseHash.initial(protocolName: protocolName)
        chainingKey = SecretDigest(hash)
    }

    mutating func mixHash(_ data: RawSpan) { hash = suite.mix(hash, data) }

    mutating func mixHash(_ key: PublicKey) { key.bytes.withUnsafeBytes { mixHash($0.bytes) } }

    /// MixKey with the result of a Diffie-Hellman.
    mutating func mixKey(_ secret: SecretKey) {
        let (next, key) = suite.derive2(chainingKey, secret)
        set(next, key)
    }

    /// MixKey with an ephemeral key, as patterns with a pre-shared key demand it (§9.2).
    mutating func mixKey(_ ephemeral: PublicKey) {
        let (next, key) = ephemeral.bytes.withUnsafeBytes { suite.derive2(chainingKey, $0.bytes) }
        set(next, key)
    }

    /// MixKeyAndHash with a pre-shared key.
    mutating func mixKeyAndHash(_ secret: SecretKey) {
        let (next, digest, key) = suite.derive3(chainingKey, secret)
        digest.withUnsafeBytes { mixHash($0.bytes) }
        set(next, key)
    }

    /// EncryptAndHash, appended to `message`. There must be a key: in IK there always is.
    mutating func encryptAndHash(_ plaintext: RawSpan, into message: inout [UInt8]) {
        guard let key else { preconditionFailure("Nothing is encrypted in IK before the first Diffie-Hellman") }
        var sealed = [UInt8](repeating: 0, count: plaintext.byteCount + ChaChaPoly.tagSize)
        sealed.withUnsafeMutableBytes { sealed in
            hash.withUnsafeBytes {
                suite.seal(plaintext, nonce: nonce, key: key, authenticating: $0.bytes, into: sealed)
            }
        }
        nonce += 1
        mixHash(sealed.span.bytes)
        message += sealed
    }

    /// DecryptAndHash; nil where the bytes are not authentic.
    mutating func decryptAndHash(_ sealed: RawSpan) -> [UInt8]? {
        guard let key, sealed.byteCount >= ChaChaPoly.tagSize else { return nil }
        var plaintext = [UInt8](repeating: 0, count: sealed.byteCount - ChaChaPoly.tagSize)
        let isAuthentic = plaintext.withUnsafeMutableBytes { plaintext in
            hash.withUnsafeBytes {
                suite.open(sealed, nonce: nonce, key: key, authenticating: $0.bytes, into: plaintext)
            }
        }
        guard isAuthentic else { return nil }
        nonce += 1
        mixHash(sealed)
        return plaintext
    }

    /// Split: the keys of the initiator's and of the responder's direction.
    func split() -> (SecretKey, SecretKey) { suite.split(chainingKey) }

    private mutating func set(_ next: SecretDigest, _ key: SecretKey) {
        chainingKey = next
        self.key = key
        nonce = 0
    }
}
