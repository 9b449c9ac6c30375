import Basics

/// What travels: the AEAD of sessions and of their handshakes (`ChaChaPoly`), and the handshakes' hash (`NoiseHash`),
/// where it is said what each of these does.
extension CipherSuite {
    /// `ChaChaPoly.seal`.
    public func seal(
        _ plaintext: RawSpan, nonce: UInt64, key: SecretKey, authenticating associated: RawSpan,
        into output: UnsafeMutableRawBufferPointer
    ) {
        switch primitives {
        case .sodium: ChaChaPoly.seal(plaintext, nonce: nonce, key: key, authenticating: associated, into: output)
        case .cheap: key.withOctets { CipherSuite.cheapSeal(plaintext, nonce, $0, associated, output) }
        }
    }

    /// `ChaChaPoly.seal` with the first key of a pair.
    package func seal(
        _ plaintext: RawSpan, nonce: UInt64, firstOf place: Int, in keys: SecretKeyPairs,
        into output: UnsafeMutableRawBufferPointer
    ) {
        switch primitives {
        case .sodium: ChaChaPoly.seal(plaintext, nonce: nonce, firstOf: place, in: keys, into: output)
        case .cheap:
            keys.withOctets(of: place, second: false) { CipherSuite.cheapSeal(plaintext, nonce, $0, RawSpan(), output) }
        }
    }

    /// `ChaChaPoly.open`.
    public func open(
        _ sealed: RawSpan, nonce: UInt64, key: SecretKey, authenticating associated: RawSpan,
        into output: UnsafeMutableRawBufferPointer
    ) -> Bool {
        switch primitives {
        case .sodium: ChaChaPoly.open(sealed, nonce: nonce, key: key, authenticating: associated, into: output)
        case .cheap: key.withOctets { CipherSuite.cheapOpen(sealed, nonce, $0, associated, output) }
        }
    }

    /// `ChaChaPoly.open` with the second key of a pair.
    package func open(
        _ sealed: RawSpan, nonce: UInt64, secondOf place: Int, in keys: SecretKeyPairs,
        into output: UnsafeMutableRawBufferPointer
    ) -> Bool {
        switch primitives {
        case .sodium: ChaChaPoly.open(sealed, nonce: nonce, secondOf: place, in: keys, into: output)
        case .cheap:
            keys.withOctets(of: place, second: true) { CipherSuite.cheapOpen(sealed, nonce, $0, RawSpan(), output) }
        }
    }

    /// `NoiseHash.mix`.
    public func mix(_ digest: Digest512, _ data: RawSpan) -> Digest512 {
        switch primitives {
        case .sodium: NoiseHash.mix(digest, data)
        case .cheap: CheapHash.mix(digest, data)
        }
    }

    /// `NoiseHash.derive2`.
    public func derive2(_ key: SecretDigest, _ input: RawSpan) -> (SecretDigest, SecretKey) {
        switch primitives {
        case .sodium: NoiseHash.derive2(key, input)
        case .cheap: CheapHash.derive2(key, input)
        }
    }

    /// `NoiseHash.derive2` for a secret input.
    public func derive2(_ key: SecretDigest, _ input: SecretKey) -> (SecretDigest, SecretKey) {
        input.withUnsafeBytes { derive2(key, $0.bytes) }
    }

    /// `NoiseHash.derive3`.
    public func derive3(_ key: SecretDigest, _ input: SecretKey) -> (SecretDigest, Digest512, SecretKey) {
        switch primitives {
        case .sodium: NoiseHash.derive3(key, input)
        case .cheap: CheapHash.derive3(key, input)
        }
    }

    /// `NoiseHash.split`.
    public func split(_ key: SecretDigest) -> (SecretKey, SecretKey) {
        switch primitives {
        case .sodium: NoiseHash.split(key)
        case .cheap: CheapHash.split(key)
        }
    }

    private static func cheapSeal(
        _ plaintext: RawSpan, _ nonce: UInt64, _ key: UnsafePointer<UInt8>, _ associated: RawSpan,
        _ output: UnsafeMutableRawBufferPointer
    ) {
        precondition(output.count >= plaintext.byteCount + ChaChaPoly.tagSize)
        plaintext.withUnsafeBytes { plaintext in
            associated.withUnsafeBytes {
                CheapAEAD.seal(plaintext, nonce: nonce, key: key, authenticating: $0, into: output)
            }
        }
    }

    private static func cheapOpen(
        _ sealed: RawSpan, _ nonce: UInt64, _ key: UnsafePointer<UInt8>, _ associated: RawSpan,
        _ output: UnsafeMutableRawBufferPointer
    ) -> Bool {
        guard sealed.byteCount >= ChaChaPoly.tagSize else { return false }
        precondition(output.count >= sealed.byteCount - ChaChaPoly.tagSize)
        return sealed.withUnsafeBytes { sealed in
            associated.withUnsafeBytes {
                CheapAEAD.open(sealed, nonce: nonce, key: key, authenticating: $0, into: output)
            }
        }
    }
}
