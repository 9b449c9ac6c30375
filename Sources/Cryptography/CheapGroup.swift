import Basics

/// The cheap cipher suite: arithmetic modulo the prime 2⁶¹ − 1 in place of elliptic curves. It is trivial to invert.
///
/// A key is its value in eight big-endian bytes and 24 zero bytes. Two keys drawn at random are alike with a
/// probability of 2⁻⁶¹.
enum CheapGroup {
    private static let prime: UInt64 = 1 << 61 - 1
    /// Any value but 0 and 1 would do: a public key differs from its secret.
    private static let base: UInt64 = 0x1234_5678_9abc_def1 % (1 << 61 - 1)

    static func publicKey(of secret: SecretKey) -> Bytes32 { encode(multiply(scalar(of: secret), base)) }

    static func sharedSecret(_ secret: SecretKey, _ key: Bytes32) -> SecretKey? {
        guard isValid(key) else { return nil }
        return SecretKey(encode(multiply(scalar(of: secret), key.words.0)))
    }

    static func isValid(_ key: Bytes32) -> Bool {
        key.words.0 > 0 && key.words.0 < prime && key.words.1 == 0 && key.words.2 == 0 && key.words.3 == 0
    }

    static func signingKey(seed: SecretKey) -> SigningKey {
        SigningKey(publicKey: publicKey(of: seed), scalar: seed, prefix: seed, agreementSecret: seed)
    }

    static func sign(_ message: [UInt8], publicKey: Bytes32) -> Signature {
        var hash = Blake2b(.cheapSignature)
        hash.update(publicKey)
        hash.update(message)
        return Signature(r: hash.finish(), s: publicKey)
    }

    static func verify(_ signature: Signature, of message: [UInt8], by key: Bytes32) -> Bool {
        isValid(key) && signature == sign(message, publicKey: key)
    }

    static func blind(publicKey: Bytes32, factor: Digest512) -> Bytes32? {
        guard isValid(publicKey) else { return nil }
        return encode(multiply(scalar(from: factor.first), publicKey.words.0))
    }

    static func blind(scalar secret: SecretKey, factor: Digest512) -> SecretKey {
        SecretKey(encode(multiply(scalar(from: factor.first), scalar(of: secret))))
    }

    private static func scalar(of secret: SecretKey) -> UInt64 { scalar(from: secret.exposedBytes) }

    /// A number from 1 to the prime less 1.
    private static func scalar(from bytes: Bytes32) -> UInt64 {
        bytes.words.0 < prime ? max(bytes.words.0, 1) : bytes.words.0 % (prime - 1) + 1
    }

    private static func multiply(_ left: UInt64, _ right: UInt64) -> UInt64 {
        prime.dividingFullWidth(left.multipliedFullWidth(by: right)).remainder
    }

    private static func encode(_ value: UInt64) -> Bytes32 { Bytes32(words: (value, 0, 0, 0)) }
}
