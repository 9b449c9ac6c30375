import Basics
import Cryptography
import Testing

/// The cheap suite's cipher and hash for sessions: no security, but everything that the real ones do otherwise.
@Suite struct CheapTransportTests {
    private let suite = CipherSuite.cheap
    private let nothing: [UInt8] = []

    private func seal(_ plaintext: [UInt8], nonce: UInt64, key: SecretKey, _ associated: [UInt8] = []) -> [UInt8] {
        var output = [UInt8](repeating: 0xaa, count: plaintext.count + ChaChaPoly.tagSize)
        output.withUnsafeMutableBytes {
            suite.seal(plaintext.span.bytes, nonce: nonce, key: key, authenticating: associated.span.bytes, into: $0)
        }
        return output
    }

    private func open(_ sealed: [UInt8], nonce: UInt64, key: SecretKey, _ associated: [UInt8] = []) -> [UInt8]? {
        var output = [UInt8](repeating: 0xaa, count: max(sealed.count - ChaChaPoly.tagSize, 0))
        let isAuthentic = output.withUnsafeMutableBytes {
            suite.open(sealed.span.bytes, nonce: nonce, key: key, authenticating: associated.span.bytes, into: $0)
        }
        return isAuthentic ? output : nil
    }

    @Test func opensWhatWasSealedOfEveryLength() {
        var generator = SeededGenerator(seed: 1)
        let key = generator.secretKey()
        for count in 0...1_100 {
            let (plaintext, associated) = (generator.bytes(count), generator.bytes(count % 70))
            let sealed = seal(plaintext, nonce: UInt64(count), key: key, associated)
            #expect(open(sealed, nonce: UInt64(count), key: key, associated) == plaintext)
            guard count >= 8 else { continue }
            // No eight bytes of it are there to be read.
            let windows = (0...count - 8).contains { sealed[$0..<$0 + 8].elementsEqual(plaintext[$0..<$0 + 8]) }
            #expect(!windows)
        }
    }

    @Test(arguments: [0, 1, 7, 8, 9, 15, 16, 17, 24, 31, 40])
    func refusesEveryFlippedBit(count: Int) {
        var generator = SeededGenerator(seed: 2)
        let (key, plaintext, associated) = (generator.secretKey(), generator.bytes(count), generator.bytes(19))
        let sealed = seal(plaintext, nonce: 5, key: key, associated)
        for bit in 0..<sealed.count * 8 {
            #expect(open(sealed.flipping(bit: bit), nonce: 5, key: key, associated) == nil)
        }
        for bit in 0..<associated.count * 8 {
            #expect(open(sealed, nonce: 5, key: key, associated.flipping(bit: bit)) == nil)
        }
        for bit in 0..<64 as Range<UInt64> { #expect(open(sealed, nonce: 5 ^ 1 << bit, key: key, associated) == nil) }
        for bit in 0..<256 {
            let other = SecretKey(key.exposedBytes.flipping(bit: bit))
            #expect(open(sealed, nonce: 5, key: other, associated) == nil)
        }
    }

    @Test func refusesOtherLengths() {
        var generator = SeededGenerator(seed: 3)
        let (key, plaintext) = (generator.secretKey(), [UInt8](repeating: 0, count: 30))
        let sealed = seal(plaintext, nonce: 1, key: key)
        for count in 0..<sealed.count {
            #expect(open(Array(sealed.prefix(count)), nonce: 1, key: key) == nil)
            let withoutSome = sealed.prefix(min(count, 30)) + sealed.suffix(ChaChaPoly.tagSize)
            if withoutSome.count < sealed.count { #expect(open(Array(withoutSome), nonce: 1, key: key) == nil) }
        }
        #expect(open(sealed + [0], nonce: 1, key: key) == nil)
        #expect(open(sealed, nonce: 1, key: key, [0]) == nil, "one byte of associated data is not none")
        let withZero = seal(plaintext, nonce: 1, key: key, [0])
        #expect(open(withZero, nonce: 1, key: key, [0, 0]) == nil && open(withZero, nonce: 1, key: key) == nil)
    }

    @Test func sealsInPlaceAndWithKeysOfAPair() throws {
        let (first, second) = (try #require(SecretKey(counting(32))), try #require(SecretKey(counting(32, from: 9))))
        var pairs = SecretKeyPairs()
        pairs.resize(to: 3)
        pairs.set(first, second, at: 2)
        let plaintext = counting(101)
        var buffer = plaintext + Array(repeating: 0, count: ChaChaPoly.tagSize)
        buffer.withUnsafeMutableBytes { buffer in
            let input = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<101])
            suite.seal(input.bytes, nonce: 1, firstOf: 2, in: pairs, into: buffer)
        }
        #expect(buffer == seal(plaintext, nonce: 1, key: first))
        buffer = seal(plaintext, nonce: 1, key: second)
        let isAuthentic = buffer.withUnsafeMutableBytes { buffer in
            suite.open(UnsafeRawBufferPointer(buffer).bytes, nonce: 1, secondOf: 2, in: pairs, into: buffer)
        }
        #expect(isAuthentic)
        #expect(Array(buffer.prefix(101)) == plaintext)
    }

    /// The same on every machine, and as another program of the same arithmetic has it.
    @Test func sealsAndHashesAsEverywhere() throws {
        let key = try #require(SecretKey(counting(32)))
        let sealed = seal(counting(37), nonce: 7, key: key, counting(21, from: 50))
        #expect(
            Hexadecimal.encode(sealed)
                == "87f22e8de1c1dbfb1b45175d5c91ec397b8b12d61f2c67de1e87a783c37b23f8"
                + "cee61150ca505fa31d8657a98387bbbc3ce2882083")
        let digest = try #require(Digest512(counting(64)))
        let mixed = suite.mix(digest, counting(37).span.bytes)
        #expect(
            Hexadecimal.encode(mixed.array)
                == "968eb6bccd72204b69d2493ffc4450a91e50ea5b5e1dcea63b021d269e2a3763"
                + "c08bfd8b1a6d904409981d5d0c4c2e800b80e40f5ed0e1621bd9f6a4e43e17c1")
        let three = suite.derive3(SecretDigest(digest), key)
        #expect(three.2.exposedBytes.hex == "3ab99b6731912994571659279c9242a464f83fea81cb9b3d26b2e116a71f97cb")
    }

    @Test func everyBitOfWhatIsHashedMatters() throws {
        let digest = try #require(Digest512(counting(64)))
        for count in [0, 1, 8, 16, 17, 32, 37] {
            let data = counting(count, from: 3)
            var seen: Set<Digest512> = [suite.mix(digest, data.span.bytes)]
            for bit in 0..<count * 8 { seen.insert(suite.mix(digest, data.flipping(bit: bit).span.bytes)) }
            for bit in 0..<512 {
                let other = try #require(Digest512(counting(64).flipping(bit: bit)))
                seen.insert(suite.mix(other, data.span.bytes))
            }
            let longer = data + [0]
            seen.insert(suite.mix(digest, longer.span.bytes))
            #expect(seen.count == 1 + count * 8 + 512 + 1)
        }
    }

    @Test func derivesKeysThatHaveNothingInCommon() throws {
        let key = SecretDigest(try #require(Digest512(counting(64))))
        let input = try #require(SecretKey(counting(32, from: 100)))
        let (two, three, keys) = (suite.derive2(key, input), suite.derive3(key, input), suite.split(key))
        // The outputs don't depend on how many are taken; a cipher key is the first half of one.
        #expect(two.0 == three.0 && two.1.exposedBytes == three.1.first)
        let words = [two.1, three.2, keys.0, keys.1].map(\.exposedBytes) + [three.1.second]
        let apart = Set(words.flatMap { [$0.words.0, $0.words.1, $0.words.2, $0.words.3] })
        #expect(apart.count == 20)
        for bit in 0..<256 {
            let other = suite.derive2(key, SecretKey(input.exposedBytes.flipping(bit: bit)))
            #expect(other.0 != two.0 && other.1 != two.1)
        }
        for bit in 0..<512 {
            let other = SecretDigest(try #require(Digest512(counting(64).flipping(bit: bit))))
            #expect(suite.split(other).0 != keys.0 && suite.split(other).1 != keys.1)
        }
        let empty = suite.derive2(key, nothing.span.bytes)
        #expect(empty.0 != two.0)
    }
}
