/// The cheap suite's imitation of ChaCha20-Poly1305, without any security: opening with a wrong key, nonce or bit still
/// fails, and the ciphertext doesn't look like the plaintext.
///
/// A word of the plaintext goes into the tag as it is read and leaves with one of the key's stream on it: one pass,
/// sixteen bytes at a time.
enum CheapAEAD {
    /// Writes the ciphertext and its tag to `output`, which may begin where `plaintext` does and has room for both.
    static func seal(
        _ plaintext: UnsafeRawBufferPointer, nonce: UInt64, key: UnsafePointer<UInt8>,
        authenticating associated: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) {
        var (mixer, stream) = start(key, nonce, associated)
        var offset = 0
        while offset + 16 <= plaintext.count {
            let (one, other) = (CheapMixer.word(plaintext, at: offset), CheapMixer.word(plaintext, at: offset + 8))
            mixer.absorb(one, other)
            store(one ^ stream.next(), other ^ stream.next(), to: output, at: offset)
            offset += 16
        }
        if offset < plaintext.count {
            let (one, other) = CheapMixer.tail(plaintext, from: offset)
            mixer.absorb(one, other)
            store(one ^ stream.next(), other ^ stream.next(), to: output, from: offset, until: plaintext.count)
        }
        mixer.absorb(0, UInt64(plaintext.count))
        store(mixer.word(0), mixer.word(1), to: output, at: plaintext.count)
    }

    /// Writes the plaintext to `output`, which may begin where `sealed` does and has room for it; false where the tag
    /// is not right: then only zeros are written.
    static func open(
        _ sealed: UnsafeRawBufferPointer, nonce: UInt64, key: UnsafePointer<UInt8>,
        authenticating associated: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) -> Bool {
        let count = sealed.count - ChaChaPoly.tagSize
        let ciphertext = UnsafeRawBufferPointer(rebasing: sealed[..<count])
        var (mixer, stream) = start(key, nonce, associated)
        var offset = 0
        while offset + 16 <= count {
            let one = CheapMixer.word(ciphertext, at: offset) ^ stream.next()
            let other = CheapMixer.word(ciphertext, at: offset + 8) ^ stream.next()
            mixer.absorb(one, other)
            store(one, other, to: output, at: offset)
            offset += 16
        }
        if offset < count {
            let (one, other) = CheapMixer.tail(ciphertext, from: offset)
            store(one ^ stream.next(), other ^ stream.next(), to: output, from: offset, until: count)
            let opened = UnsafeRawBufferPointer(rebasing: output[..<count])
            let (first, second) = CheapMixer.tail(opened, from: offset)
            mixer.absorb(first, second)
        }
        mixer.absorb(0, UInt64(count))
        let isRight =
            CheapMixer.word(sealed, at: count) == mixer.word(0)
            && CheapMixer.word(sealed, at: count + 8) == mixer.word(1)
        if !isRight { for index in 0..<count { output[index] = 0 } }
        return isRight
    }

    /// What is laid over the plaintext: a counter, well mixed, as in wyrand.
    private struct Stream {
        private var counter: UInt64

        @inline(__always)
        init(seed: UInt64) { counter = seed }

        @inline(__always)
        mutating func next() -> UInt64 {
            counter &+= 0xa076_1d64_78bd_642f
            return CheapMixer.fold(counter, counter ^ 0xe703_7ed1_a0b4_28db)
        }
    }

    @inline(__always)
    private static func start(
        _ key: UnsafePointer<UInt8>, _ nonce: UInt64, _ associated: UnsafeRawBufferPointer
    ) -> (CheapMixer, Stream) {
        let key = UnsafeRawBufferPointer(start: key, count: SecretKey.byteCount)
        var mixer = CheapMixer(domain: 1)
        mixer.absorb(CheapMixer.word(key, at: 0), CheapMixer.word(key, at: 8))
        mixer.absorb(CheapMixer.word(key, at: 16), CheapMixer.word(key, at: 24))
        mixer.absorb(nonce, nonce)
        let stream = Stream(seed: mixer.word(0))
        if !associated.isEmpty { mixer.absorb(associated) }
        return (mixer, stream)
    }

    @inline(__always)
    private static func store(
        _ one: UInt64, _ other: UInt64, to output: UnsafeMutableRawBufferPointer, at offset: Int
    ) {
        output.storeBytes(of: one.littleEndian, toByteOffset: offset, as: UInt64.self)
        output.storeBytes(of: other.littleEndian, toByteOffset: offset + 8, as: UInt64.self)
    }

    /// The first bytes of two words, as many as there are places.
    @inline(__always)
    private static func store(
        _ one: UInt64, _ other: UInt64, to output: UnsafeMutableRawBufferPointer, from start: Int, until end: Int
    ) {
        for index in start..<end {
            let word = index - start < 8 ? one : other
            output[index] = UInt8(truncatingIfNeeded: word >> UInt64((index - start) % 8 * 8))
        }
    }
}
