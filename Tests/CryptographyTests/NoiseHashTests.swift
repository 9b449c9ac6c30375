import Basics
import Cryptography
import Testing

/// HMAC and HKDF as Python's `hmac.new(key, message, "blake2b")` gives them; whole handshakes are in SessionsTests.
@Suite struct NoiseHashTests {
    private let nothing: [UInt8] = []

    private func chainingKey() throws -> SecretDigest { SecretDigest(try #require(Digest512(counting(64)))) }

    @Test func authenticatesAsHMACDoes() throws {
        let code = NoiseHash.authenticate(key: counting(64).span.bytes, Array("Roost".utf8).span.bytes)
        let expected = try bytes(
            """
            7dc71e2bab5ab87297fe22b989aa3c09b7182b86ae667cbf5e4c3c81234756ba
            57afd26d5f870eee91a5029bb82d386ec0f848670089d86e184291a25853fc9b
            """)
        #expect(code.array == expected)
    }

    @Test func derivesThreeOutputs() throws {
        let first = try bytes(
            """
            2262ed5f40c3324574d00a1e0849a7cc67fb5b6a80211c3c59404bb8e47512b1
            cb95e73840718c5d68ca345f934f39a52f1f31e8f6d3ed521f0664f46feddae4
            """)
        let second = try bytes(
            """
            f6a6559fa2aaab64d3d2666b83fe3f4fed6fae1959537fedd6a39b6f8d411e61
            32593234cc2a750244335da5021c27bf7eacbb65cfa608457de6ecc144b90077
            """)
        let third = try secret("07c82c1301c70e885f4662f1f3f7b7bb9e04d81c94a6e1882f812c02ffb69580")
        let input = try #require(SecretKey(counting(32, from: 100)))
        let three = NoiseHash.derive3(try chainingKey(), input)
        #expect(three.0 == SecretDigest(try #require(Digest512(first))))
        #expect(three.1.array == second)
        #expect(three.2 == third)

        // The outputs don't depend on how many are taken; a cipher key is the first half of one.
        let two = NoiseHash.derive2(try chainingKey(), input)
        #expect(two.0 == three.0)
        #expect(two.1 == SecretKey(Array(second.prefix(32))))
        let public2 = NoiseHash.derive2(try chainingKey(), counting(32, from: 100).span.bytes)
        #expect(public2.0 == two.0)
        #expect(public2.1 == two.1)
    }

    @Test func splitsIntoTwoKeys() throws {
        let keys = NoiseHash.split(try chainingKey())
        #expect(keys.0 == (try secret("03be0946afb62e33dcc2e8cb76dfad47663d284d81c0bde963f32a283dede221")))
        #expect(keys.1 == (try secret("8481b385940ea1ddc1e37243d34e6a00d9e35fe86844b75be2f9d084efcbf4a9")))
    }

    @Test func beginsWithTheNameOrItsHash() {
        let short = "Noise_IK_25519_ChaChaPoly_BLAKE2b"
        let padded = Array(short.utf8) + Array(repeating: 0, count: 64 - short.utf8.count)
        #expect(NoiseHash.initial(protocolName: short).array == padded)
        let long = String(repeating: "N", count: 65)
        #expect(NoiseHash.initial(protocolName: long) == Blake2b.hash512(Array(long.utf8).span.bytes))
    }

    @Test func mixesDataIntoTheHash() throws {
        let digest = try #require(Digest512(counting(64)))
        let data = counting(77, from: 9)
        #expect(NoiseHash.mix(digest, data.span.bytes) == Blake2b.hash512((counting(64) + data).span.bytes))
        #expect(NoiseHash.mix(digest, nothing.span.bytes) == Blake2b.hash512(counting(64).span.bytes))
    }

    @Test func refusesDigestsOfAnotherLength() {
        #expect(Digest512(counting(63)) == nil)
        #expect(Digest512(counting(65)) == nil)
        #expect(Digest512(counting(70).span.bytes, at: 6)?.array == counting(64, from: 6))
        #expect(Digest512(counting(70).span.bytes, at: 7) == nil)
        #expect(Digest512(counting(70).span.bytes, at: -1) == nil)
        #expect(Digest512(counting(70).span.bytes, at: .max) == nil)
    }
}
