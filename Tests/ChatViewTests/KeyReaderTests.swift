import Basics
import ChatView
import Foundation
import Testing

/// Bytes of terminals become keys, wherever they are cut.
@Suite struct KeyReaderTests {
    private static let escape = "\u{1b}"

    /// What terminals send, and the keys that it means.
    static let known: [(String, [Key])] = [
        ("a", [.text("a")]), ("Zoë 家 👩‍👩‍👧", [.text("Zoë 家 👩‍👩‍👧")]), ("\r", [.enter]), ("\n", [.newLine]), ("\t", [.tab]),
        ("\u{7f}", [.backspace]), ("\u{8}", [.backspace]), ("\u{1}", [.control("a")]), ("\u{17}", [.deleteWord]),
        ("\u{1a}", [.control("z")]), ("\u{3}\u{11}", [.control("c"), .control("q")]), ("\u{0}", []),
        ("\u{1b}[A", [.up]), ("\u{1b}[B", [.down]), ("\u{1b}[C", [.right]), ("\u{1b}[D", [.left]),
        ("\u{1b}OA", [.up]), ("\u{1b}OB", [.down]), ("\u{1b}OC", [.right]), ("\u{1b}OD", [.left]),
        ("\u{1b}[H", [.home]), ("\u{1b}[F", [.end]), ("\u{1b}OH", [.home]), ("\u{1b}OF", [.end]),
        ("\u{1b}[1~", [.home]), ("\u{1b}[4~", [.end]), ("\u{1b}[7~", [.home]), ("\u{1b}[8~", [.end]),
        ("\u{1b}[3~", [.delete]), ("\u{1b}[5~", [.pageUp]), ("\u{1b}[6~", [.pageDown]), ("\u{1b}[Z", [.backTab]),
        ("\u{1b}[1;5C", [.wordRight]), ("\u{1b}[1;3D", [.wordLeft]), ("\u{1b}[1;2C", [.right]),
        ("\u{1b}b", [.wordLeft]),
        ("\u{1b}f", [.wordRight]), ("\u{1b}Oc", [.wordRight]), ("\u{1b}\u{7f}", [.deleteWord]), ("\u{1b}OM", [.enter]),
        // Alt-Enter, in the ways of several terminals.
        ("\u{1b}\r", [.newLine]), ("\u{1b}\n", [.newLine]), ("\u{1b}[13;3u", [.newLine]), ("\u{1b}[13;2u", [.newLine]),
        ("\u{1b}[27;5;13~", [.newLine]), ("\u{1b}[13u", [.enter]), ("\u{1b}[27u", [.escape]),
        ("\u{1b}[9;2u", [.backTab]),
        ("\u{1b}[99;5u", [.control("c")]), ("\u{1b}[119;5u", [.deleteWord]), ("\u{1b}[127;5u", [.deleteWord]),
        // Unknown ones are none, and what follows is.
        ("\u{1b}[15~x", [.text("x")]), ("\u{1b}[[Ax", [.text("x")]), ("\u{1b}OPx", [.text("x")]),
        ("\u{1b}[?1;2cx", [.text("x")]), ("\u{1b}[<0;10;10Mx", [.text("x")]), ("\u{1b}[1;\rx", [.enter, .text("x")]),
        ("\u{1b}]11;rgb:00/00/00\u{7}x", [.text("x")]), ("\u{1b}P1$r\u{1b}\\x", [.text("x")]),
        // Numbers that no terminal sends.
        ("\u{1b}[97;-9223372036854775808ux", [.text("x")]), ("\u{1b}[97;99999999999999999999ux", [.text("x")]),
        ("\u{1b}[97;0ux", [.text("x")]), ("\u{1b}[-9223372036854775808;5ux", [.text("x")]),
        // Two keys at once.
        ("\u{1b}[<64;10;5M", [.wheelUp]), ("\u{1b}[<65;10;5M", [.wheelDown]), ("\u{1b}[<68;1;1M", [.wheelUp]),
        ("\u{1b}[<0;10;5M\u{1b}[<0;10;5mx", [.text("x")]), ("\u{1b}[<35;1;1M", []), ("\u{1b}[<64;10;5m", []),
        ("\u{1b}[M`!!x", [.text("x")]), ("\u{1b}[M\u{1b}[Ay", [.text("y")]), ("\u{1b}[<;M", []),
        ("\u{1b}[<99999999999999999999;1;1M", []),
        ("\u{1b}hi", [.escape, .text("hi")]), ("\u{1b}\u{1b}[A", [.escape, .up]),
        ("\u{1b}\u{3}", [.escape, .control("c")]),
        ("ab\u{1b}[Dc\r", [.text("ab"), .left, .text("c"), .enter]),
        (
            "\u{1b}[200~one\rtwo\r\nthree\n\u{1b}[A\u{1b}[201~x",
            [.paste("one\ntwo\nthree\n\u{1b}[A", bytes: 18), .text("x")]
        ),
        ("\u{1b}[200~\u{1b}[201~", [.paste("", bytes: 0)]),
        ("\u{1b}[200~a\u{1b}[20\u{1b}[201~", [.paste("a\u{1b}[20", bytes: 5)]),
        // The C1 controls are no text.
        ("a\u{9b}b", [.text("ab")]),
    ]

    /// The keys of all parts, those of characters that follow each other put together.
    private func keys(_ parts: [[UInt8]]) -> [Key] {
        var reader = KeyReader()
        var keys: [Key] = []
        for key in parts.flatMap({ reader.read($0) }) {
            if case .text(let next) = key, case .text(let before) = keys.last {
                keys[keys.count - 1] = .text(before + next)
            } else {
                keys.append(key)
            }
        }
        #expect(!reader.isWaiting && !reader.isPasting)
        return keys
    }

    @Test(arguments: known) func whatTerminalsSendIsKnownWhereverItIsCut(text: String, expected: [Key]) {
        let bytes = Array(text.utf8)
        #expect(keys([bytes]) == expected)
        #expect(keys(bytes.map { [$0] }) == expected)
        for cut in bytes.indices { #expect(keys([Array(bytes[..<cut]), Array(bytes[cut...])]) == expected, "\(cut)") }
    }

    @Test func allAtOnceIsEachByItself() {
        // What ends in a character begins no other sequence.
        for (first, firstKeys) in Self.known {
            var reader = KeyReader()
            let keys = reader.read(Array((first + "\r").utf8))
            #expect(keys == firstKeys + [.enter])
        }
    }

    @Test func aPauseTellsEscapeFromASequence() {
        var reader = KeyReader()
        var keys = reader.read([0x1b])
        #expect(keys == [] && reader.isWaiting)
        keys = reader.pause()
        #expect(keys == [.escape] && !reader.isWaiting)
        keys = reader.read(Array("[A".utf8))
        #expect(keys == [.text("[A")])
        // What was cut short is no key, and eats nothing that comes later.
        for begun in ["\u{1b}[", "\u{1b}[1;", "\u{1b}O", "\u{1b}]0;title"] {
            keys = reader.read(Array(begun.utf8)) + reader.pause() + reader.read(Array("x".utf8))
            #expect(keys == [.text("x")])
        }
        keys = reader.read([0xe5, 0xae]) + reader.pause()
        #expect(keys == [.text("\u{fffd}")])
        // A paste may take its time.
        keys = reader.read(Array("\u{1b}[200~a".utf8)) + reader.pause()
        #expect(keys == [] && reader.isPasting)
        keys = reader.read(Array("\rb\u{1b}[201~".utf8))
        #expect(keys == [.paste("a\nb", bytes: 3)])
    }

    @Test(
        arguments: [
            ([0xff], "\u{fffd}"), ([0xc3, 0x28], "\u{fffd}("), ([0xe2, 0x82, 0x41], "\u{fffd}A"), ([0x80], "\u{fffd}"),
            ([0xed, 0xa0, 0x80], "\u{fffd}"), ([0xf4, 0x90, 0x80, 0x80], "\u{fffd}"),
            ([0xc0, 0xaf], "\u{fffd}\u{fffd}"),
        ] as [([UInt8], String)])
    func whatIsNoUTF8IsSeen(bytes: [UInt8], text: String) {
        #expect(keys([bytes]) == [.text(text)])
    }

    /// Of a paste no more is kept than a message may have, however long it is.
    @Test func aLongPasteIsCounted() {
        var reader = KeyReader()
        _ = reader.read(Array("\u{1b}[200~".utf8))
        let part = [UInt8](repeating: UInt8(ascii: "x"), count: 10_000)
        for _ in 0..<100 {
            let keys = reader.read(part)
            #expect(keys == [])
        }
        let keys = reader.read(Array("\u{1b}[201~".utf8))
        #expect(keys == [.paste(String(repeating: "x", count: KeyReader.longestPaste), bytes: 1_000_000)])
    }

    /// Whatever comes, a pause later a letter is that letter.
    @Test func noiseHasAnEnd() {
        var random = SeededGenerator(seed: 7)
        let alphabet =
            Array("\u{1b}\u{1b}\u{1b}[]OP;0123456789~uABc\r\n\u{7}x\\?".utf8) + [0xe5, 0xae, 0xb6, 0xff, 0x9b]
        for _ in 0..<5_000 {
            var reader = KeyReader()
            _ = reader.read(
                (0..<Int.random(in: 1...12, using: &random)).map { _ in
                    alphabet[Int.random(in: alphabet.indices, using: &random)]
                })
            _ = reader.pause()
            if reader.isPasting { continue }
            let keys = reader.read([UInt8(ascii: "k")])
            #expect(keys == [.text("k")])
        }
    }
}
