import StatusView
import Testing

/// Texts of others on a terminal.
@Suite struct PrintableTests {
    @Test func whatCouldActIsSeen() {
        for scalar in (0..<0x20).compactMap(Unicode.Scalar.init) where scalar != "\n" && scalar != "\t" {
            #expect(Printable.text("a\(scalar)b") == "a\(Unicode.Scalar(0x2400 + scalar.value) ?? "?")b")
        }
        for code in [
            0x7f, 0x80, 0x9b, 0x9f, 0x202a, 0x202e, 0x2066, 0x2069, 0x2028, 0x2029, 0x200b, 0x2060, 0xfeff, 0xe0041,
        ] as [UInt32] {
            guard let scalar = Unicode.Scalar(code) else { continue }
            #expect(Printable.text("a\(scalar)b") == "a\u{fffd}b", "\(code)")
            #expect(Printable.word("a\(scalar)b") == "a\u{fffd}b", "\(code)")
        }
    }

    @Test func textHasLinesAndAWordHasNone() {
        #expect(Printable.text("a\n\tb") == "a\n\tb")
        #expect(Printable.word("a\n\tb") == "a␊␉b")
        #expect(Printable.word("a\r\nb") == "a␍␊b")
    }

    @Test func languagesStayWhatTheyAre() {
        for text in ["Zoë", "שלום", "مرحبا", "你好", "👩\u{200d}👩\u{200d}👧", "می\u{200c}خواهم", "e\u{301}"] {
            #expect(Printable.word(text).unicodeScalars.elementsEqual(text.unicodeScalars))
        }
    }
}
