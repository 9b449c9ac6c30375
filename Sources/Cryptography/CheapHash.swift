import Basics

/// The cheap suite's imitation of `NoiseHash`, without any security: the same lengths, and every bit of the input
/// matters.
enum CheapHash {
    static func mix(_ digest: Digest512, _ data: RawSpan) -> Digest512 {
        var mixer = CheapMixer(domain: 2)
        mixer.absorb(digest)
        data.withUnsafeBytes { mixer.absorb($0) }
        return Digest512(first: bytes(of: mixer, from: 0), second: bytes(of: mixer, from: 4))
    }

    static func derive2(_ key: SecretDigest, _ input: RawSpan) -> (SecretDigest, SecretKey) {
        let mixer = input.withUnsafeBytes { keyed(key, $0) }
        return (digest(of: mixer, from: 0), SecretKey(bytes(of: mixer, from: 8)))
    }

    static func derive3(_ key: SecretDigest, _ input: SecretKey) -> (SecretDigest, Digest512, SecretKey) {
        let mixer = input.withUnsafeBytes { keyed(key, $0) }
        let second = Digest512(first: bytes(of: mixer, from: 8), second: bytes(of: mixer, from: 12))
        return (digest(of: mixer, from: 0), second, SecretKey(bytes(of: mixer, from: 16)))
    }

    static func split(_ key: SecretDigest) -> (SecretKey, SecretKey) {
        let mixer = keyed(key, UnsafeRawBufferPointer(start: nil, count: 0))
        return (SecretKey(bytes(of: mixer, from: 0)), SecretKey(bytes(of: mixer, from: 8)))
    }

    private static func keyed(_ key: SecretDigest, _ input: UnsafeRawBufferPointer) -> CheapMixer {
        var mixer = CheapMixer(domain: 3)
        key.withUnsafeBytes { mixer.absorb($0) }
        mixer.absorb(input)
        return mixer
    }

    private static func digest(of mixer: CheapMixer, from number: UInt64) -> SecretDigest {
        SecretDigest(Digest512(first: bytes(of: mixer, from: number), second: bytes(of: mixer, from: number + 4)))
    }

    private static func bytes(of mixer: CheapMixer, from number: UInt64) -> Bytes32 {
        Bytes32(
            words: (mixer.word(number), mixer.word(number + 1), mixer.word(number + 2), mixer.word(number + 3)))
    }
}

extension CheapMixer {
    fileprivate mutating func absorb(_ digest: Digest512) {
        let (first, second) = (digest.first.words, digest.second.words)
        absorb(first.0, first.1)
        absorb(first.2, first.3)
        absorb(second.0, second.1)
        absorb(second.2, second.3)
    }
}
