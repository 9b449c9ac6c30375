import Basics
import Cryptography
import Testing

@Suite struct SecretKeyPairsTests {
    private let zero = SecretKey(.zero)

    private func key(_ number: UInt64) -> SecretKey { SecretKey(Bytes32(words: (number, 1, 2, 3))) }

    /// What a key seals, which tells keys apart.
    private func sealed(_ suite: CipherSuite, with key: SecretKey) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: ChaChaPoly.tagSize)
        output.withUnsafeMutableBytes {
            suite.seal(RawSpan(), nonce: 1, key: key, authenticating: RawSpan(), into: $0)
        }
        return output
    }

    private func sealed(_ suite: CipherSuite, firstOf place: Int, _ keys: SecretKeyPairs) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: ChaChaPoly.tagSize)
        output.withUnsafeMutableBytes { suite.seal(RawSpan(), nonce: 1, firstOf: place, in: keys, into: $0) }
        return output
    }

    private func opens(_ sealed: [UInt8], _ suite: CipherSuite, secondOf place: Int, _ keys: SecretKeyPairs) -> Bool {
        var output: [UInt8] = []
        return output.withUnsafeMutableBytes {
            suite.open(sealed.span.bytes, nonce: 1, secondOf: place, in: keys, into: $0)
        }
    }

    @Test(arguments: CipherSuite.allCases)
    func keepsEachPairInItsPlace(suite: CipherSuite) {
        var keys = SecretKeyPairs()
        for count in [1, 2, 9, 40] {
            keys.resize(to: count)
            keys.set(key(UInt64(count)), key(UInt64(count) + 100), at: count - 1)
        }
        #expect(keys.capacity == 40 && keys.memory == 40 * 64)
        for count in [1, 2, 9, 40] as [UInt64] {
            #expect(sealed(suite, firstOf: Int(count) - 1, keys) == sealed(suite, with: key(count)))
            #expect(opens(sealed(suite, with: key(count + 100)), suite, secondOf: Int(count) - 1, keys))
            #expect(!opens(sealed(suite, with: key(count)), suite, secondOf: Int(count) - 1, keys))
        }
        #expect(sealed(suite, firstOf: 5, keys) == sealed(suite, with: zero))
        keys.resize(to: 2)
        keys.resize(to: 10)
        #expect(sealed(suite, firstOf: 1, keys) == sealed(suite, with: key(2)))
        #expect(sealed(suite, firstOf: 8, keys) == sealed(suite, with: zero), "what was cut off is gone")
        keys.resize(to: 0)
        #expect(keys.capacity == 0)
    }

    @Test func wipesAPlaceAndNoOther() {
        var keys = SecretKeyPairs()
        keys.resize(to: 3)
        for place in 0..<3 { keys.set(key(UInt64(place) + 1), key(UInt64(place) + 11), at: place) }
        keys.wipe(1)
        #expect(sealed(.cheap, firstOf: 0, keys) == sealed(.cheap, with: key(1)))
        #expect(sealed(.cheap, firstOf: 1, keys) == sealed(.cheap, with: zero))
        #expect(opens(sealed(.cheap, with: zero), .cheap, secondOf: 1, keys))
        #expect(sealed(.cheap, firstOf: 2, keys) == sealed(.cheap, with: key(3)))
    }

    @Test func copiesAreIndependent() {
        var keys = SecretKeyPairs()
        keys.resize(to: 2)
        keys.set(key(1), key(2), at: 0)
        let copy = keys
        keys.wipe(0)
        keys.set(key(3), key(4), at: 1)
        #expect(sealed(.cheap, firstOf: 0, copy) == sealed(.cheap, with: key(1)))
        #expect(sealed(.cheap, firstOf: 1, copy) == sealed(.cheap, with: zero))
        #expect(sealed(.cheap, firstOf: 0, keys) == sealed(.cheap, with: zero))
        #expect(sealed(.cheap, firstOf: 1, keys) == sealed(.cheap, with: key(3)))
    }
}
