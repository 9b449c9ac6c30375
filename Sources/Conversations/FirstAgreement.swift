import Cryptography

/// What the keys of a first message agree on. All first messages of a session begin alike, and agree on the same.
///
/// It follows from the prekey, and is to be forgotten when that is erased.
public struct FirstAgreement: Sendable {
    /// The ephemeral key, the prekey's day and the ciphertext.
    let beginning: [UInt8]
    let chain: SecretDigest
    /// With which the headers of the session's first messages are sealed.
    let headerKey: SecretKey
}
