/// What the cheap suite has in place of ChaCha20, Poly1305 and BLAKE2b: two words into which everything is multiplied,
/// in the manner of wyhash. No security, but two inputs that differ leave different states, with a probability of 2⁻⁶⁴
/// that they don't. The same on every machine: words are read in little-endian order, and there is only integer
/// arithmetic.
struct CheapMixer {
    private var left: UInt64
    private var right: UInt64

    // Odd numbers without a pattern, after the golden ratio and the roots of 2, 3 and 5.
    private static let first: UInt64 = 0x9e37_79b9_7f4a_7c15
    private static let second: UInt64 = 0x6a09_e667_f3bc_c909
    private static let third: UInt64 = 0xbb67_ae85_84ca_a73b
    private static let fourth: UInt64 = 0x3c6e_f372_fe94_f82b

    /// `domain` tells uses apart.
    @inline(__always)
    init(domain: UInt64) {
        left = CheapMixer.first ^ domain
        right = CheapMixer.second &+ domain
    }

    /// Takes in two words. Each has a half of the state to itself, so that neither waits for the other.
    @inline(__always)
    mutating func absorb(_ one: UInt64, _ other: UInt64) {
        left = CheapMixer.fold(left ^ one, CheapMixer.third) &+ CheapMixer.first
        right = CheapMixer.fold(right ^ other, CheapMixer.fourth) &+ CheapMixer.second
    }

    /// Takes in bytes and then their number.
    @inline(__always)
    mutating func absorb(_ bytes: UnsafeRawBufferPointer) {
        var offset = 0
        while offset + 16 <= bytes.count {
            absorb(CheapMixer.word(bytes, at: offset), CheapMixer.word(bytes, at: offset + 8))
            offset += 16
        }
        if offset < bytes.count {
            let (one, other) = CheapMixer.tail(bytes, from: offset)
            absorb(one, other)
        }
        absorb(UInt64(bytes.count), 0)
    }

    /// A word of what the state gives; words of different numbers have nothing to do with each other.
    @inline(__always)
    func word(_ number: UInt64) -> UInt64 {
        let mixed = CheapMixer.fold(
            left ^ (number &+ 1) &* CheapMixer.third, right &+ (number &+ 1) &* CheapMixer.first)
        return CheapMixer.fold(mixed ^ left, CheapMixer.second) ^ right
    }

    /// All bits of the product of two words, one half on the other.
    @inline(__always)
    static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }

    @inline(__always)
    static func word(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// The last bytes, of which there are fewer than 16, as two words with zeros above.
    @inline(__always)
    static func tail(_ bytes: UnsafeRawBufferPointer, from offset: Int) -> (UInt64, UInt64) {
        var words: (UInt64, UInt64) = (0, 0)
        var start = offset
        if start + 8 <= bytes.count {
            words.0 = word(bytes, at: start)
            start += 8
        }
        var rest: UInt64 = 0
        for index in start..<bytes.count { rest |= UInt64(bytes[index]) << UInt64(8 * (index - start)) }
        if start == offset { words.0 = rest } else { words.1 = rest }
        return words
    }
}
