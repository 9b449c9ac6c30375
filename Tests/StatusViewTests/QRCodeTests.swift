import StatusView
import Testing

/// QR codes as they are drawn. `Scripts` and people have scanners; here the drawing is held to the code, and the code to its standard.
@Suite struct QRCodeTests {
    private static let digits = String(repeating: "0123456789", count: 6)

    /// The patterns by which a scanner finds it (ISO/IEC 18004, §6.3.3), and the size of sixty digits at level M: version 2.
    @Test func itIsTheCodeOfSixtyDigits() throws {
        let code = try #require(QRCode(Self.digits))
        #expect(code.width == 25 && code.columns == 33)
        for (row, column) in [(0, 0), (0, 18), (18, 0)] {
            for y in 0..<7 {
                for x in 0..<7 {
                    let ring = max(abs(x - 3), abs(y - 3))
                    #expect(code.isDark(row: row + y, column: column + x) == (ring != 2), "\(row + y), \(column + x)")
                }
            }
        }
        #expect(QRCode(String(Self.digits.reversed())) != code)
    }

    @Test(arguments: [Style.plain, .coloured]) func theDrawingIsTheCode(style: Style) throws {
        let code = try #require(QRCode(Self.digits))
        let lines = code.lines(style: style)
        #expect(lines.count == 17)
        for (index, line) in lines.enumerated() {
            var text = Substring(line)
            if style == .coloured {
                #expect(line.hasPrefix("\u{1b}[38;5;16;48;5;231m") && line.hasSuffix("\u{1b}[0m"))
                text = line.dropFirst("\u{1b}[38;5;16;48;5;231m".count).dropLast("\u{1b}[0m".count)
            }
            #expect(text.count == 33)
            for (place, character) in text.enumerated() {
                for half in 0..<2 {
                    let isDrawn = character == "█" || character == (half == 0 ? "▀" : "▄")
                    let isDark = code.isDark(row: 2 * index + half - 4, column: place - 4)
                    #expect(isDrawn == (isDark == (style == .coloured)), "line \(index), \(place)")
                }
            }
        }
    }

    @Test func textsOfOtherSizesHaveNone() {
        #expect(QRCode("") == nil && QRCode(String(repeating: "1", count: 129)) == nil && QRCode("1\u{0}2") == nil)
        #expect(QRCode(String(repeating: "x", count: 128)) != nil)
    }
}
