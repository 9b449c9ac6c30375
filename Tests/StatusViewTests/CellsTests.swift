import StatusView
import Testing

/// Texts take as much room as they are given.
@Suite struct CellsTests {
    @Test(arguments: [
        ("", 0), ("abc", 3), ("Zoë", 3), ("e\u{301}", 1), ("你好", 4), ("ｱ", 1), ("한", 2),
        ("\u{1112}\u{1161}\u{11ab}", 2),
        ("👩", 2), ("👩\u{200d}👩\u{200d}👧", 2), ("🇩🇪", 2), ("❤\u{fe0f}", 2), ("👍🏽", 2), ("─│…", 3), ("שלום", 4), ("क्षि", 3),
        ("\t", 4), ("\u{1b}", 1), ("\u{202e}", 1), ("\u{301}", 1), ("\u{200e}", 0), ("\u{ad}", 1),
    ])
    func eachCharacterHasAWidth(text: String, width: Int) {
        #expect(Cells.width(text) == width)
        #expect(Line(text).width == width)
    }

    /// Marks without end cover neither the lines around them nor take time.
    @Test func marksAreFew() {
        let zalgo = "a" + String(repeating: "\u{301}", count: 32_768) + "b"
        let shown = Cells.shown(zalgo[zalgo.startIndex])
        #expect(shown.text.unicodeScalars.count == 1 + Cells.marksInARow && shown.width == 1)
        #expect(Line(zalgo).text(columns: 2).unicodeScalars.count == 2 + Cells.marksInARow)
        let joined = Array(repeating: "👩", count: 1_000).joined(separator: "\u{200d}")
        #expect(Cells.shown(joined[joined.startIndex]).text.unicodeScalars.count <= Cells.scalarsOfACluster)
        // Alone they stand on something, instead of on what was before.
        #expect(Cells.shown("\u{301}").text == "\u{25cc}\u{301}" && Cells.shown("\u{200e}").text == "")
    }

    /// In texts of several lines as well, whatever stands between the marks that has no width; what people write stays as it is.
    @Test func textsOfSeveralLinesHaveFewMarks() {
        let marks = String(repeating: "\u{301}", count: 32_000)
        let four = String(repeating: "\u{301}", count: Cells.marksInARow)
        for (text, shown) in [
            ("e\(marks)", "e\(four)"), ("a\n\(marks)b", "a\n\u{25cc}\(four)b"),
            ("a\te\(marks)\r\n\u{1b}", "a\te\(four)␍\n␛"),
            ("e\(four)\u{200e}\(four)\u{200e}\(four)", "e\(four)\u{200e}\u{25cc}\(four)\u{200e}\u{25cc}\(four)"),
        ] {
            #expect(Cells.text(text).unicodeScalars.elementsEqual(shown.unicodeScalars), "\(shown)")
        }
        for text in [
            "", "a\n\n\tb\n", "Zoë", "e\(four)", "שָׁלוֹם\u{200e}!", "مرحبا", "你好", "👩🏽\u{200d}❤\u{fe0f}\u{200d}💋\u{200d}👩🏽",
            "می\u{200c}خواهم", "क्षि", "\u{1112}\u{1161}\u{11ab}", "🇩🇪",
        ] { #expect(Cells.text(text).unicodeScalars.elementsEqual(text.unicodeScalars), "\(text)") }
    }

    @Test func whatIsTooLongIsCutBetweenCharacters() {
        #expect(Cells.fitted("abcdef", columns: 6) == "abcdef")
        #expect(Cells.fitted("abcdefg", columns: 6) == "abcde…")
        #expect(Cells.fitted("你好世界", columns: 7) == "你好世…" && Cells.fitted("你好世界", columns: 6) == "你好…")
        #expect(Cells.fitted("👩\u{200d}👧x", columns: 2) == "…" && Cells.fitted("abc", columns: 0) == "")
        #expect(Line("你好").adding("x", .strong).text(columns: 3) == "你")
        #expect(Line("你好").filled(to: 3).text() == "你 " && Line("a").filled(to: 3).text() == "a  ")
    }

    /// What comes behind characters of uncertain width is told its column.
    @Test func columnsHoldOnEveryTerminal() {
        let family = "👩\u{200d}👩\u{200d}👧"
        #expect(Line("plain").adding(" text", .strong).placed(columns: 20, style: .plain) == "plain text")
        #expect(Line(family + "ab").placed(columns: 20, style: .plain) == family + "\u{1b}[3Gab")
        #expect(Line("│").adding("ab").placed(columns: 20, style: .plain) == "│\u{1b}[2Gab")
        #expect(Line("abcdef").placed(columns: 3, style: .coloured) == "abc")
        #expect(Line("你好", .strong).placed(columns: 3, style: .coloured) == "\u{1b}[1m你\u{1b}[0m")
    }
}
