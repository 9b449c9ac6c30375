import Basics
import Cryptography
import Testing

@Suite struct BlindingTests {
    private static let epoch = Epoch(number: 2_953)

    /// What Tests/Fixtures/blinding-reference.py computes with big integers, for the seed 00 01 … 1f and the message "Roost".
    @Test(arguments: [
        (
            BlindingPurpose.record, 2_953,
            "cb4344067126d70d88b2098db0b7df72627498f63087cf1b120758f0d64970c5",
            "60c1d6829453ed4d4008dd53f77d0eab771177e8d070a6ef864f6fdeeebb499c",
            "506b0d418f942669c3d15b2398ae1175174ed84bc6a502b41fb50d5661fc3cc9"
                + "a4dcff06d1a1ed843ac32ee99799d25df803f40c0f7078a639520135b6aabe0c"
        ),
        (
            BlindingPurpose.mailbox, 2_953,
            "ded6bdd2e3efc5a0fbf9cca589fe0d5e27b620d807e369a164cbab08a1227770",
            "a937cf4b773976f9d3575591bd85a0d8381c80175bd9b5b6557a59ff8c159079",
            "e1c125b3dfbce45fc8a27b5bd284cbfee1c93eac7b84ec045c965dba47a86e2b"
                + "eeaf30dcb6b279919ac8da9246e77e576b673578a369b8a953ab65be55483d00"
        ),
        (
            BlindingPurpose.mailbox, 2_954,
            "ce1a7204a3bfefbe5385b19a1d6eba730214d53e8c4b07da0bb23a44c2a6ab2c",
            "5c2b0a66b9ba514af8af991173bacff4601047817f656a297b3b1d79c656d32d",
            "c0026607c5825c3dd16ad0cae25b55e3c5598d24aa7832523c9f907a09fe202a"
                + "1eb94b1e9f8bc269236217969736c504881c20ea4e9760e93fc45dd4d4c9dd03"
        ),
    ])
    func agreesWithTheReference(
        purpose: BlindingPurpose, epoch: UInt32, key: String, location: String, signature: String
    ) throws {
        let profile = ProfileKey(seed: try #require(SecretKey(counting(32))))
        #expect(profile.peerID.hex == "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8")
        let signer = profile.blinded(for: purpose, epoch: Epoch(number: epoch))
        #expect(signer.key.hex == key)
        #expect(signer.location.hex == location)
        #expect(Hexadecimal.encode(signer.sign(Array("Roost".utf8)).array) == signature)
    }

    @Test(arguments: CipherSuite.allCases)
    func whoKnowsThePeerIDFindsTheKeyThatSigns(suite: CipherSuite) throws {
        var generator = SeededGenerator(seed: 3)
        var seen: [Location] = []
        for _ in 0..<10 {
            let profile = ProfileKey(seed: generator.secretKey(), suite: suite)
            #expect(profile.peerID.isValid(suite))
            for purpose in BlindingPurpose.allCases {
                for number: UInt32 in [0, 2_953, 2_954, .max] {
                    let epoch = Epoch(number: number)
                    let signer = profile.blinded(for: purpose, epoch: epoch)
                    let key = try #require(profile.peerID.blindedKey(for: purpose, epoch: epoch, suite: suite))
                    #expect(key == signer.key)
                    #expect(signer.location == key.location)
                    seen.append(key.location)

                    let message = generator.bytes(40)
                    let signature = signer.sign(message)
                    #expect(suite.verify(signature, of: message, by: key.bytes))
                    #expect(!suite.verify(signature, of: message + [0], by: key.bytes))
                    #expect(!suite.verify(signature, of: message, by: profile.peerID.bytes))
                    #expect(!suite.verify(profile.sign(message), of: message, by: key.bytes))
                    #expect(signer.sign(message) == signature)
                }
            }
        }
        #expect(Set(seen).count == seen.count)
    }

    @Test func noTwoMessagesAndNoTwoKeysShareANonce() {
        // Equal R would give the scalar away.
        let profile = ProfileKey(seed: SecretKey(Bytes32(words: (1, 2, 3, 4))))
        var seen: Set<Bytes32> = []
        for number in 0..<10 as Range<UInt32> {
            for purpose in BlindingPurpose.allCases {
                let signer = profile.blinded(for: purpose, epoch: Epoch(number: number))
                for byte in 0..<5 as Range<UInt8> { seen.insert(signer.sign([byte]).r) }
            }
        }
        for byte in 0..<5 as Range<UInt8> { seen.insert(profile.sign([byte]).r) }
        #expect(seen.count == 10 * 2 * 5 + 5)
    }

    @Test(arguments: [
        // The identity, and points of order 2, 4 and 8.
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        // A valid key plus the point of order 8: what a subgroup check is for.
        "b502ff3d92e31d8190b4aa4ea0414005167fad089c4de9dac8a2fc850fed4f58",
        // Not canonical: the identity and y = 3 written as y + p; all bits one.
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        // On no curve.
        "0200000000000000000000000000000000000000000000000000000000000000",
    ])
    func refusesKeysOutsideThePrimeOrderSubgroup(key: String) throws {
        let peer = PeerID(try bytes32(key))
        #expect(!peer.isValid())
        #expect(peer.agreementKey() == nil)
        #expect(peer.blindedKey(for: .mailbox, epoch: BlindingTests.epoch) == nil)
        #expect(throws: PeerIDTextError.invalidKey) { try PeerID(text: peer.text) }
    }

    /// Both halves lead to one key. Tests/SecondImplementation computes it without the library: "bob identity key".
    @Test(arguments: [CipherSuite.sodium, .cheap])
    func aSigningKeyAgreesAsWell(_ suite: CipherSuite) {
        for number in 0..<32 as Range<UInt64> {
            let profile = ProfileKey(seed: SecretKey(Bytes32(words: (number, 2, 3, 4))), suite: suite)
            #expect(profile.peerID.agreementKey(suite) == suite.publicKey(of: profile.agreementSecret))
        }
    }

    @Test func derivesSecretsApart() {
        let profile = ProfileKey(seed: SecretKey(Bytes32(words: (1, 2, 3, 4))))
        let other = ProfileKey(seed: SecretKey(Bytes32(words: (1, 2, 3, 5))))
        let secret = profile.derivedSecret(.prekey, number: 7)
        #expect(secret == profile.derivedSecret(.prekey, number: 7))
        #expect(secret != profile.derivedSecret(.prekey, number: 8))
        #expect(secret != profile.derivedSecret(.acceptedSender, number: 7))
        #expect(secret != other.derivedSecret(.prekey, number: 7))
        #expect(secret != profile.seed)
    }
}
