import Basics
import Cryptography
import Foundation
import Testing

@Suite struct KeyEncapsulationTests {
    /// The vectors of Tests/Fixtures/mlkem768.txt by name.
    private static func vectors() throws -> [String: [UInt8]] {
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/mlkem768.txt")
        var (vectors, name): ([String: [UInt8]], String) = ([:], "")
        for line in try String(contentsOf: url, encoding: .utf8).split(separator: "\n") where !line.hasPrefix("#") {
            if line.hasPrefix(" ") {
                vectors[name, default: []] += try bytes(line.trimmingCharacters(in: .whitespaces))
            } else {
                name = String(line)
            }
        }
        return vectors
    }

    @Test(arguments: 1...3) func derivesAndDecapsulatesAsFIPS203Does(number: Int) throws {
        let vectors = try KeyEncapsulationTests.vectors()
        let bytes = try #require(vectors["seed \(number)"])
        let seed = SecretDigest(try #require(Digest512(bytes)))
        let key = CipherSuite.sodium.encapsulationKey(seed: seed)
        #expect(Blake2b.hash256(key).array == vectors["key hash \(number)"])
        let secret = CipherSuite.sodium.decapsulate(try #require(vectors["ciphertext \(number)"]), seed: seed)
        #expect(secret?.exposedBytes.array == vectors["secret \(number)"])
    }

    @Test(arguments: CipherSuite.allCases) func tellsOneSecretToTheSeedAlone(suite: CipherSuite) throws {
        var generator = SecureGenerator(seed: Bytes32(words: (1, 2, 3, 4)))
        for _ in 0..<10 {
            let (seed, other) = (generator.secretDigest(), generator.secretDigest())
            let key = suite.encapsulationKey(seed: seed)
            #expect(key.count == CipherSuite.encapsulationKeySize)
            #expect(key == suite.encapsulationKey(seed: seed))
            let made = try #require(suite.encapsulate(to: key, generator: &generator))
            #expect(made.ciphertext.count == CipherSuite.encapsulationSize)
            #expect(suite.decapsulate(made.ciphertext, seed: seed) == made.secret)
            #expect(suite.decapsulate(made.ciphertext, seed: other) != made.secret)
            var changed = made.ciphertext
            changed[Int(generator.next() % 1_088)] ^= 1
            #expect(suite.decapsulate(changed, seed: seed) != made.secret)
            let again = try #require(suite.encapsulate(to: key, generator: &generator))
            #expect(again.secret != made.secret && again.ciphertext != made.ciphertext)
        }
    }

    @Test(arguments: CipherSuite.allCases) func refusesWhatIsNoKeyOrCiphertext(suite: CipherSuite) {
        var generator = SecureGenerator(seed: .zero)
        let seed = generator.secretDigest()
        let key = suite.encapsulationKey(seed: seed)
        #expect(suite.encapsulate(to: Array(key.dropLast()), generator: &generator) == nil)
        #expect(suite.encapsulate(to: key + [0], generator: &generator) == nil)
        #expect(suite.decapsulate([], seed: seed) == nil)
        #expect(suite.decapsulate([UInt8](repeating: 0, count: 1_087), seed: seed) == nil)
    }

    @Test func refusesCoefficientsThatAreNotReduced() {
        // FIPS 203 §7.2, modulus check: 0xfff is above 3,328.
        var generator = SecureGenerator(seed: .zero)
        let noKey = [UInt8](repeating: 0xff, count: CipherSuite.encapsulationKeySize)
        #expect(CipherSuite.sodium.encapsulate(to: noKey, generator: &generator) == nil)
    }

    @Test func theStandInFollowsFromItsSeeds() throws {
        for suite in [CipherSuite.cheap, .repeatable] {
            var (one, other) = (SecureGenerator(seed: .zero), SecureGenerator(seed: .zero))
            let key = suite.encapsulationKey(seed: one.secretDigest())
            #expect(key == suite.encapsulationKey(seed: other.secretDigest()))
            let made = try #require(suite.encapsulate(to: key, generator: &one))
            #expect(try #require(suite.encapsulate(to: key, generator: &other)) == made)
        }
    }
}
