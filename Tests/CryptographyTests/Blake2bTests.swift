import Basics
import Cryptography
import Testing

@Suite struct Blake2bTests {
    @Test func hashesTheExampleOfRFC7693() throws {
        // RFC 7693, appendix A.
        let expected = try bytes(
            """
            ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1
            7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923
            """)
        #expect(Blake2b.hash512(Array("abc".utf8).span.bytes).array == expected)
    }

    @Test func hashesTo256Bits() throws {
        // The official vectors (BLAKE2/testvectors) don't have this length: by Python's hashlib.
        #expect(Blake2b.hash256([]).hex == "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8")
        #expect(
            Blake2b.hash256(Array("abc".utf8)).hex == "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"
        )
    }

    @Test func hashesUnderAKey() throws {
        // hashlib.blake2b(b"Roost", key=bytes(range(32)), digest_size=32)
        let key = try #require(SecretKey(counting(32)))
        var hash = Blake2b(key: key)
        hash.update(Array("Roost".utf8))
        let digest = hash.finish()
        #expect(digest.hex == "71c4bd1465f4802787e8ee509690b86d713885794859bcdc43f58247e8da0cba")
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func hashesPiecesAsItHashesTheWhole(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var whole: [UInt8] = []
        var hash = Blake2b()
        for _ in 0..<Int.random(in: 0...9, using: &generator) {
            let piece = generator.bytes(Int.random(in: 0...300, using: &generator))
            whole += piece
            if Bool.random(using: &generator) { hash.update(piece) } else { hash.update(piece.span.bytes) }
        }
        let digest = hash.finish()
        #expect(digest == Blake2b.hash256(whole))
    }

    @Test func takesValuesInTheOrderOfTheirBytes() throws {
        let value = Bytes32(words: (1, 2, 3, 4))
        var hash = Blake2b(.record)
        hash.update(value)
        hash.update(UInt8(7))
        hash.update(UInt16(0x0102))
        hash.update(UInt32(0x0304_0506))
        hash.update(UInt64(0x0708_090a_0b0c_0d0e))
        hash.update(SecretKey(value))
        hash.update(Digest512(first: value, second: .zero))
        let whole =
            Domain.record.bytes + value.array + [7] + counting(14, from: 1) + value.array + value.array
            + Array(repeating: 0, count: 32)
        let digest = hash.finish()
        #expect(digest == Blake2b.hash256(whole))
        #expect(Blake2b.hash256(value) == Blake2b.hash256(value.array))
    }

    @Test func givesASecretThatIsTheHash() {
        var hash = Blake2b(.recordKey)
        hash.update(UInt32(5))
        var same = Blake2b(.recordKey)
        same.update(UInt32(5))
        let secret = hash.finishSecret()
        let digest = same.finish()
        #expect(secret == SecretKey(digest))
    }

    @Test func namesThings() {
        let bytes = Bytes32(words: (9, 8, 7, 6))
        let hash = Blake2b.hash256(bytes.array)
        #expect(PublicKey(bytes).nodeID == NodeID(hash))
        #expect(BlindedKey(bytes).location == Location(hash))
        #expect(EnvelopeID(hashing: bytes.array.span.bytes) == EnvelopeID(hash))
        let endpoint = Endpoint(ipv4: 0x7f00_0001, port: 7337)
        #expect(Contact(key: PublicKey(bytes), endpoint: endpoint).id == NodeID(hash))
        #expect(Contact(key: PublicKey(bytes), ipv4: endpoint, ipv6: nil).ipv4 == endpoint)
    }

    @Test func noDomainBeginsWithAnother() {
        for domain in Domain.allCases {
            for other in Domain.allCases where other != domain {
                #expect(!domain.rawValue.hasPrefix(other.rawValue), "\(domain) and \(other)")
            }
            #expect(domain.rawValue.utf8.allSatisfy { $0 < 128 })
        }
    }
}
