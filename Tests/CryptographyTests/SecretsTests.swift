import Basics
import Cryptography
import Testing

@Suite struct SecretsTests {
    @Test func keepsItsBytes() throws {
        let key = try #require(SecretKey(counting(32)))
        #expect(key.withUnsafeBytes { Array($0) } == counting(32))
        #expect(key.exposedBytes.array == counting(32))
        #expect(key == SecretKey(key.exposedBytes))
        for bit in 0..<256 { #expect(key != SecretKey(key.exposedBytes.flipping(bit: bit))) }
        #expect(SecretKey(counting(31)) == nil)
        #expect(SecretKey(counting(33)) == nil)
    }

    @Test func tellsNobody() throws {
        let key = try #require(SecretKey(counting(32)))
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), String(describing: [key]), dumped] {
            #expect(text.contains("redacted"))
            #expect(!text.contains("storage"))
        }
        let digest = SecretDigest(Digest512(first: key.exposedBytes, second: .zero))
        #expect("\(digest)" == "SecretDigest(redacted)")
        #expect(Mirror(reflecting: digest).children.isEmpty)
    }

    @Test func generatesTheKeystreamOfItsSeed() throws {
        // ChaCha20 by Python's cryptography: 512 bytes a block, of which the first 32 are the next block's key.
        let seed = try #require(Bytes32(counting(32)))
        var generator = SecureGenerator(seed: seed)
        let output = generator.bytes(1_440)
        #expect(
            Hexadecimal.encode(output.prefix(32)) == "2b23cce7a26023ab3f0eef693ac87f64258235eab1f7a32dc22762a0485b410c")
        #expect(Hexadecimal.encode(output[472..<488]) == "4fe41f026a6d9cf22d41a59c90e41a8e")
        #expect(Blake2b.hash256(output).hex == "f2b1af7ebeea7915b93f08ac7af605a8118d6287bf3cfbd0cf6526a10f56c66d")
    }

    @Test func drawsEveryKindOfValue() throws {
        var generator = SecureGenerator(seed: .zero)
        var copy = generator
        #expect(generator.bytes32() == copy.bytes32())
        #expect(generator.secretKey() == copy.secretKey())
        #expect(generator.messageID() == copy.messageID())
        #expect(generator.next() == copy.next())
        #expect(generator.bytes(13) == copy.bytes(13))
        #expect(generator.bytes(0).isEmpty)
        #expect(generator.bytes32() != generator.bytes32())
        var other = SecureGenerator(seed: Bytes32(words: (0, 0, 0, 1)))
        #expect(other.bytes32() != SecureGenerator(seed: .zero).first32)
    }
}

extension SecureGenerator {
    /// The first bytes it would give.
    fileprivate var first32: Bytes32 {
        var copy = self
        return copy.bytes32()
    }
}
