import Crypto

/// ML-KEM-768 (FIPS 203), as swift-crypto has it from BoringSSL. Nothing else in Roost knows that library.
enum MLKEM {
    static func encapsulationKey(seed: SecretDigest) -> [UInt8] {
        guard let key = privateKey(seed) else { return [] }
        return Array(key.publicKey.rawRepresentation)
    }

    static func encapsulate(to key: [UInt8]) -> (secret: SecretKey, ciphertext: [UInt8])? {
        guard let key = try? MLKEM768.PublicKey(rawRepresentation: key), let made = try? key.encapsulate() else {
            return nil
        }
        return (secret(made.sharedSecret), Array(made.encapsulated))
    }

    static func decapsulate(_ ciphertext: [UInt8], seed: SecretDigest) -> SecretKey? {
        guard let key = privateKey(seed), let shared = try? key.decapsulate(ciphertext) else { return nil }
        return secret(shared)
    }

    /// Nil never: every 64 bytes are a seed.
    private static func privateKey(_ seed: SecretDigest) -> MLKEM768.PrivateKey? {
        seed.withUnsafeBytes { try? MLKEM768.PrivateKey(seedRepresentation: $0, publicKey: nil) }
    }

    private static func secret(_ key: SymmetricKey) -> SecretKey {
        SecretKey { output in
            key.withUnsafeBytes { bytes in
                for (index, byte) in bytes.enumerated() where index < SecretKey.byteCount { output[index] = byte }
            }
        }
    }
}
