import Basics
import Cryptography
import Testing

/// The profile's seed as words, by the vectors of BIP 39 (trezor/python-mnemonic, `vectors.json`).
@Suite struct RecoveryPhraseTests {
    static let vectors = [
        (
            "0000000000000000000000000000000000000000000000000000000000000000",
            "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon "
                + "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon art"
        ),
        (
            "7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f",
            "legal winner thank year wave sausage worth useful legal winner thank year "
                + "wave sausage worth useful legal winner thank year wave sausage worth title"
        ),
        (
            "8080808080808080808080808080808080808080808080808080808080808080",
            "letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd "
                + "amount doctor acoustic avoid letter advice cage absurd amount doctor acoustic bless"
        ),
        (
            "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo "
                + "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo vote"
        ),
        (
            "68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c",
            "hamster diagram private dutch cause delay private meat slide toddler razor book "
                + "happy fancy gospel tennis maple dilemma loan word shrug inflict delay length"
        ),
        (
            "9f6a2878b2520799a44ef18bc7df394e7061a224d2c33cd015b157d746869863",
            "panda eyebrow bullet gorilla call smoke muffin taste mesh discover soft ostrich "
                + "alcohol speed nation flash devote level hobby quick inner drive ghost inside"
        ),
        (
            "066dca1a2bb7e8a1db2832148ce9933eea0f3ac9548d793112d9a95c9407efad",
            "all hour make first leader extend hole alien behind guard gospel lava "
                + "path output census museum junior mass reopen famous sing advance salt reform"
        ),
        (
            "f585c11aec520db57dd353c69554b21a89b20fb0650966fa0a9d6f74fd989d8f",
            "void come effort suffer camp survey warrior heavy shoot primary clutch crush "
                + "open amazing screen patrol group space point ten exist slush involve unfold"
        ),
    ]

    @Test(arguments: vectors) func theVectorsOfBIP39Hold(seed: String, phrase: String) throws {
        #expect(RecoveryPhrase.words(of: try secret(seed)).joined(separator: " ") == phrase)
        #expect(try RecoveryPhrase.seed(phrase) == (try secret(seed)))
        #expect(
            try RecoveryPhrase.seed("  \(phrase.uppercased().replacing(" ", with: "\n\t "))\n") == (try secret(seed)))
    }

    @Test func anySeedComesBack() throws {
        let seed: UInt64 = 0x5eed_0039
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let key = generator.secretKey()
            let words = RecoveryPhrase.words(of: key)
            #expect(words.count == 24)
            #expect(try RecoveryPhrase.seed(words.joined(separator: " ")) == key, "seed \(seed)")
        }
    }

    @Test func theWrongWordIsNamed() throws {
        let words = Self.vectors[4].1.split(separator: " ").map(String.init)
        func read(_ words: [String]) throws(RecoveryPhrase.ReadError) -> SecretKey {
            try RecoveryPhrase.seed(words.joined(separator: " "))
        }
        for (place, typed, meant) in [
            (0, "hamstre", "hamster"), (22, "delya", nil), (23, "lengthy", "length"), (5, "xx", nil),
        ] {
            var wrong = words
            wrong[place] = typed
            #expect(throws: RecoveryPhrase.ReadError.unknown(place: place + 1, meant: meant)) { try read(wrong) }
        }
        #expect(throws: RecoveryPhrase.ReadError.count(23)) { try read(Array(words.dropLast())) }
        #expect(throws: RecoveryPhrase.ReadError.count(25)) { try read(words + ["zoo"]) }
        #expect(throws: RecoveryPhrase.ReadError.count(0)) { try RecoveryPhrase.seed(" ") }
        var exchanged = words
        exchanged.swapAt(0, 1)
        #expect(throws: RecoveryPhrase.ReadError.checksum) { try read(exchanged) }
        // The sentences say what to look for.
        #expect("\(RecoveryPhrase.ReadError.unknown(place: 3, meant: "zoo"))".contains("Word 3"))
    }

    /// Its checksum has eight bits: of all single words that could stand in a place, one in 256 fits.
    @Test func mostMistakesAreFound() throws {
        let words = Self.vectors[7].1.split(separator: " ").map(String.init)
        var fitting = 0
        for other in ["abandon", "zoo", "legal", "winner", "thank", "year", "wave", "sausage", "worth", "useful"] {
            for place in words.indices where words[place] != other {
                var wrong = words
                wrong[place] = other
                if (try? RecoveryPhrase.seed(wrong.joined(separator: " "))) != nil { fitting += 1 }
            }
        }
        #expect(fitting <= 4, "of some 240")
    }
}
