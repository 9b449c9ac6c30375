import Basics

/// A key encapsulation mechanism (KEM) of the sizes of ML-KEM-768 (FIPS 203): whoever has the public encapsulation key
/// makes a secret and a ciphertext, from which only the owner of the key's seed makes the same secret.
enum KeyEncapsulation: Hashable, Sendable {
    /// ML-KEM-768, which also a quantum computer is believed not to break.
    case mlKEM768
    /// For simulations: hashes in place of the mechanism, without any security. The sizes are the same, all follows
    /// from the seeds, and a wrong key or a changed ciphertext gives another secret.
    case standIn
}

extension CipherSuite {
    /// Bytes of an encapsulation key (FIPS 203, table 3).
    public static let encapsulationKeySize = 1_184
    /// Bytes of a ciphertext.
    public static let encapsulationSize = 1_088
    /// Bytes of what holds either.
    public static let kemObjectSize = encapsulationKeySize

    /// The public encapsulation key of a seed of 64 random bytes (FIPS 203, §7.1: d ‖ z).
    public func encapsulationKey(seed: SecretDigest) -> [UInt8] {
        switch encapsulation {
        case .mlKEM768: MLKEM.encapsulationKey(seed: seed)
        case .standIn: KeyEncapsulation.standInKey(seed)
        }
    }

    /// A fresh secret, and the ciphertext that tells it to the owner of an encapsulation key. Nil where the bytes are no
    /// key (§7.2).
    ///
    /// ML-KEM draws its randomness itself (swift-crypto has no call that takes it), the stand-in from the generator.
    public func encapsulate(
        to key: [UInt8], generator: inout SecureGenerator
    ) -> (secret: SecretKey, ciphertext: [UInt8])? {
        guard key.count == CipherSuite.encapsulationKeySize else { return nil }
        switch encapsulation {
        case .mlKEM768: return MLKEM.encapsulate(to: key)
        case .standIn:
            let ciphertext = XChaChaPoly.stream(
                CipherSuite.encapsulationSize, nonce: KeyEncapsulation.noNonce, key: generator.secretKey())
            return (KeyEncapsulation.standInSecret(key, ciphertext), ciphertext)
        }
    }

    /// The secret in a ciphertext; another one, which nobody else has, where it was made for another key or was changed
    /// (§6.3, implicit rejection). Nil where its length is wrong.
    public func decapsulate(_ ciphertext: [UInt8], seed: SecretDigest) -> SecretKey? {
        guard ciphertext.count == CipherSuite.encapsulationSize else { return nil }
        switch encapsulation {
        case .mlKEM768: return MLKEM.decapsulate(ciphertext, seed: seed)
        case .standIn:
            return KeyEncapsulation.standInSecret(KeyEncapsulation.standInKey(seed), ciphertext)
        }
    }
}

extension KeyEncapsulation {
    fileprivate static let noNonce = [UInt8](repeating: 0, count: XChaChaPoly.nonceSize)

    fileprivate static func standInKey(_ seed: SecretDigest) -> [UInt8] {
        var hash = Blake2b(.cheapKEM)
        seed.withUnsafeBytes { hash.update($0) }
        return XChaChaPoly.stream(CipherSuite.encapsulationKeySize, nonce: noNonce, key: hash.finishSecret())
    }

    fileprivate static func standInSecret(_ key: [UInt8], _ ciphertext: [UInt8]) -> SecretKey {
        var hash = Blake2b(.cheapKEM)
        hash.update(key)
        hash.update(ciphertext)
        return hash.finishSecret()
    }
}
