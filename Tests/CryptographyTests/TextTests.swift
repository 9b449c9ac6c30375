import Basics
import Cryptography
import Testing

/// Bech32m by the vectors of BIP 350, and the two texts that are made of it.
@Suite struct TextTests {
    @Test(arguments: [
        "A1LQFN3A", "a1lqfn3a",
        "an83characterlonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11sg7hg6",
        "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx",
        "11llllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllludsr8",
        "split1checkupstagehandshakeupstreamerranterredcaperredlc445v",
        "?1v759aa",
    ])
    func readsWhatBIP350CallsValid(text: String) throws {
        let (prefix, values) = try Bech32m.decodeValues(text)
        #expect(Bech32m.encode(prefix: prefix, values: values) == text.lowercased())
    }

    @Test(arguments: [
        ("\u{20}1xj0phk", Bech32m.DecodingError.character(" ")),
        ("\u{7f}1g6xzxy", .character("\u{7f}")),
        ("\u{80}1vctc34", .character("\u{80}")),
        ("an84characterslonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11d6pts4", .length),
        ("qyrz8wqd2c9m", .noSeparator),
        ("1qyrz8wqd2c9m", .noSeparator),
        ("y1b0jsk6g", .character("b")),
        ("lt1igcx5c0", .character("i")),
        ("in1muywd", .length),
        ("mm1crxm3i", .character("i")),
        ("au1s5cgom", .character("o")),
        ("M1VUXWEZ", .checksum),
        ("16plkw9", .noSeparator),
        ("1p2gdwpf", .noSeparator),
        // And a valid one of Bech32, whose constant is another; no text at all.
        ("A12UEL5L", .checksum),
        ("a1LQFN3A", .mixedCase),
        ("", .noSeparator),
    ])
    func refusesWhatBIP350CallsInvalid(text: String, reason: Bech32m.DecodingError) {
        #expect(throws: reason) { try Bech32m.decodeValues(text) }
    }

    @Test func padsWithFewerThanFiveZeroBits() throws {
        // One byte is two values, of whose ten bits the last two are padding.
        #expect(try Bech32m.decode(Bech32m.encode(prefix: "a", values: [31, 28])).bytes == [0xff])
        for values: [UInt8] in [[31, 29], [31, 30], [31], [31, 28, 0], [0]] {
            #expect(throws: Bech32m.DecodingError.padding) {
                try Bech32m.decode(Bech32m.encode(prefix: "a", values: values))
            }
        }
    }

    @Test(arguments: 0..<43)
    func readsTheBytesItWrote(count: Int) throws {
        var generator = SeededGenerator(seed: UInt64(count))
        let bytes = generator.bytes(count)
        let decoded = try Bech32m.decode(Bech32m.encode(prefix: "roost", bytes))
        #expect(decoded.prefix == "roost")
        #expect(decoded.bytes == bytes)
    }

    // MARK: Peer IDs

    private static let peer = ProfileKey(seed: SecretKey(Bytes32(words: (1, 2, 3, 4)))).peerID

    @Test func readsThePeerIDItWrote() throws {
        let text = TextTests.peer.text
        #expect(text.hasPrefix("roost1"))
        #expect(text.count == PeerID.textLength)
        #expect(try PeerID(text: text) == TextTests.peer)
        #expect(try PeerID(text: text.uppercased()) == TextTests.peer)
        let cheap = ProfileKey(seed: SecretKey(.zero), suite: .cheap).peerID
        #expect(try PeerID(text: cheap.text, suite: .cheap) == cheap)
    }

    @Test func findsEverySingleTypo() {
        let text = Array(TextTests.peer.text)
        for index in 6..<text.count {
            for replacement in "qpzry9x8gf2tvdw0s3jn54khce6mua7l" where replacement != text[index] {
                var wrong = text
                wrong[index] = replacement
                #expect(throws: PeerIDTextError.mistyped) { try PeerID(text: String(wrong)) }
            }
            if index + 1 < text.count, text[index] != text[index + 1] {
                var swapped = text
                swapped.swapAt(index, index + 1)
                #expect(throws: PeerIDTextError.mistyped) { try PeerID(text: String(swapped)) }
            }
        }
    }

    @Test func saysWhatIsWrong() {
        let text = TextTests.peer.text
        let wrong: [(String, PeerIDTextError)] = [
            ("", .notAPeerID), ("alice", .notAPeerID), ("roost", .notAPeerID),
            ("raven1" + text.dropFirst(6), .notAPeerID),
            ("roost1", .length(6)), (String(text.dropLast()), .length(63)), (text + " ", .length(65)),
            (text.dropLast() + "b", .character("b")), (text.dropLast() + "é", .character("é")),
            (text.dropLast() + "1", .mistyped),
            (text.prefix(32) + text.dropFirst(32).uppercased(), .mixedCase),
        ]
        for (text, error) in wrong {
            #expect(throws: error, "\(text)") { try PeerID(text: text) }
            #expect(error.description.hasSuffix(".") && !error.description.contains("\n"))
        }
    }

    @Test func survivesAnyText() {
        var generator = SeededGenerator(seed: 5)
        let valid = Array(TextTests.peer.text.unicodeScalars)
        for _ in 0..<2_000 {
            var scalars = valid
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let scalar = Unicode.Scalar(UInt32.random(in: 0..<0xd800, using: &generator)) ?? " "
                let index = Int.random(in: 0..<scalars.count, using: &generator)
                if Bool.random(using: &generator) { scalars[index] = scalar } else { scalars.insert(scalar, at: index) }
            }
            let text = String(String.UnicodeScalarView(scalars))
            #expect(throws: PeerIDTextError.self) { try PeerID(text: text) }
            #expect(throws: KeyFile.DecodingError.self) { try KeyFile(Array(text.utf8), expecting: .node) }
        }
    }

    // MARK: Key files

    @Test(arguments: KeyFile.Kind.allCases)
    func readsTheKeyFileItWrote(kind: KeyFile.Kind) throws {
        let secret = try #require(SecretKey(counting(32)))
        let bytes = KeyFile(kind: kind, secret: secret).bytes
        #expect(bytes.count < 200 && bytes.allSatisfy { $0 < 128 } && bytes.last == UInt8(ascii: "\n"))
        let read = try KeyFile(bytes, expecting: kind)
        #expect(read.kind == kind)
        #expect(read.secret == secret)
        // As an editor may have saved it.
        let edited = Array(String(decoding: bytes, as: UTF8.self).replacing("\n", with: " \r\n\r\n").utf8)
        #expect(try KeyFile([10] + edited, expecting: kind).secret == secret)
        let other: KeyFile.Kind = kind == .node ? .profile : .node
        #expect(throws: KeyFile.DecodingError.wrongKind(expected: other, found: kind)) {
            try KeyFile(bytes, expecting: other)
        }
    }

    @Test func findsDamageInAKeyFile() throws {
        let bytes = KeyFile(kind: .profile, secret: SecretKey(.zero)).bytes
        let separator = try #require(bytes.lastIndex(of: UInt8(ascii: "1")))
        for index in (separator + 1)..<(bytes.count - 1) {
            var damaged = bytes
            damaged[index] ^= 1
            #expect(throws: KeyFile.DecodingError.damaged) { try KeyFile(damaged, expecting: .profile) }
        }
        #expect(throws: KeyFile.DecodingError.damaged) { try KeyFile(bytes.dropLast(3), expecting: .profile) }
        let short = Array(Bech32m.encode(prefix: KeyFile.Kind.node.rawValue, counting(31)).utf8)
        #expect(throws: KeyFile.DecodingError.damaged) { try KeyFile(short, expecting: .node) }
        for other in [[], Array("# nothing\n".utf8), bytes + bytes, counting(255), bytes + counting(4_096)] {
            #expect(throws: KeyFile.DecodingError.notAKeyFile) { try KeyFile(other, expecting: .profile) }
        }
    }

    @Test func saysWhatIsWrongWithAKeyFile() {
        let errors: [KeyFile.DecodingError] = [.notAKeyFile, .damaged, .wrongKind(expected: .node, found: .profile)]
        for error in errors {
            #expect(error.description.hasSuffix(".") && !error.description.contains("\n"))
        }
        #expect(errors[2].description.contains("profile key instead of a node key"))
    }
}
