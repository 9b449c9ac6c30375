import Basics
import Cryptography
import Testing

extension CipherSuite: CaseIterable {
    /// `repeatable` calculates like `sodium`, and encapsulates like `cheap`.
    public static var allCases: [CipherSuite] { [.sodium, .cheap] }
}

@Suite struct CipherSuiteTests {
    @Test(arguments: [
        (
            "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
            "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
            "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"
        ),
        (
            "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
            "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
            "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"
        ),
        (
            "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
            "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
            "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"
        ),
    ])
    func multipliesAsRFC7748Does(scalar: String, point: String, product: String) throws {
        // RFC 7748 §5.2 and §6.1.
        let key = PublicKey(try bytes32(point))
        #expect(CipherSuite.sodium.sharedSecret(try secret(scalar), key) == (try secret(product)))
    }

    @Test func derivesThePublicKeysOfRFC7748() throws {
        // RFC 7748 §6.1: Alice's and Bob's.
        let alice = try secret("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
        let bob = try secret("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
        let suite = CipherSuite.sodium
        #expect(suite.publicKey(of: alice).hex == "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
        #expect(suite.publicKey(of: bob).hex == "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
    }

    @Test(arguments: [
        // Points of low order (cr.yp.to/ecdh.html#validate), canonical or not.
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ])
    func refusesPointsOfLowOrder(point: String) throws {
        var generator = SeededGenerator(seed: 7)
        let key = PublicKey(try bytes32(point))
        for _ in 0..<8 { #expect(CipherSuite.sodium.sharedSecret(generator.secretKey(), key) == nil) }
    }

    @Test(arguments: CipherSuite.allCases)
    func agreesOnASecretThatNobodyElseHas(suite: CipherSuite) throws {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<50 {
            let (alice, bob, eve) = (generator.secretKey(), generator.secretKey(), generator.secretKey())
            let shared = try #require(suite.sharedSecret(alice, suite.publicKey(of: bob)))
            #expect(shared == suite.sharedSecret(bob, suite.publicKey(of: alice)))
            #expect(shared != suite.sharedSecret(eve, suite.publicKey(of: bob)))
            #expect(shared != suite.sharedSecret(alice, suite.publicKey(of: eve)))
            #expect(suite.publicKey(of: alice) != suite.publicKey(of: bob))
        }
    }

    @Test func cheapKeysHaveOneForm() {
        let suite = CipherSuite.cheap
        let secret = SecretKey(Bytes32(words: (5, 5, 5, 5)))
        let prime: UInt64 = 1 << 61 - 1
        for words: (UInt64, UInt64, UInt64, UInt64) in [
            (0, 0, 0, 0), (prime, 0, 0, 0), (.max, 0, 0, 0), (1, 1, 0, 0), (1, 0, 1, 0), (1, 0, 0, 1),
        ] {
            #expect(suite.sharedSecret(secret, PublicKey(Bytes32(words: words))) == nil)
            #expect(!PeerID(Bytes32(words: words)).isValid(suite))
        }
        for word: UInt64 in [0, 1, prime - 1, prime, prime + 1, .max] {
            let key = suite.publicKey(of: SecretKey(Bytes32(words: (word, 0, 0, 0))))
            #expect(suite.sharedSecret(secret, key) != nil)
        }
    }

    @Test(arguments: [
        // RFC 8032 §7.1: seed, public key, message, signature.
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
        (
            "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
                + "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
        ),
    ])
    func signsAsRFC8032Does(seed: String, key: String, message: String, signature: String) throws {
        let profile = ProfileKey(seed: try secret(seed))
        #expect(profile.peerID.hex == key)
        let message = try bytes(message)
        let made = profile.sign(message)
        #expect(Hexadecimal.encode(made.array) == signature)
        #expect(CipherSuite.sodium.verify(made, of: message, by: profile.peerID.bytes))
    }

    @Test(arguments: CipherSuite.allCases)
    func verifiesOnlyWhatWasSigned(suite: CipherSuite) {
        var generator = SeededGenerator(seed: 2)
        for round in 0..<30 {
            let profile = ProfileKey(seed: generator.secretKey(), suite: suite)
            let key = profile.peerID.bytes
            let message = generator.bytes(1 + round * 7)
            let signature = profile.sign(message)
            #expect(suite.verify(signature, of: message, by: key))
            let other = message.flipping(bit: Int.random(in: 0..<message.count * 8, using: &generator))
            #expect(!suite.verify(signature, of: other, by: key))
            #expect(!suite.verify(signature, of: message + [0], by: key))
            #expect(!suite.verify(signature, of: message, by: generator.bytes32()))
            let bit = Int.random(in: 0..<256, using: &generator)
            let wrongR = Signature(r: signature.r.flipping(bit: bit), s: signature.s)
            let wrongS = Signature(r: signature.r, s: signature.s.flipping(bit: bit))
            #expect(!suite.verify(wrongR, of: message, by: key))
            #expect(!suite.verify(wrongS, of: message, by: key))
        }
    }
}
