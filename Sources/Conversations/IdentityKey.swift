import Basics
import Cryptography

/// A person's X25519 key, PQXDH's IK: it follows from the profile key and is signed by it.
struct IdentityKey: Sendable {
    let secret: SecretKey
    let publicKey: PublicKey
    /// By the profile key over `signedBytes`.
    let signature: Signature

    init(profile: ProfileKey, suite: CipherSuite) {
        secret = profile.derivedSecret(.identityKey)
        publicKey = suite.publicKey(of: secret)
        signature = profile.sign(IdentityKey.signedBytes(publicKey))
    }

    /// What a peer signs to own an identity key.
    static func signedBytes(_ key: PublicKey) -> [UInt8] { Domain.identityKey.bytes + key.bytes.array }
}
