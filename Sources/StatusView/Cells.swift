/// How much room text takes on a terminal, in cells, of which wide characters take two (UAX #11).
///
/// Terminals agree on single characters, and not on what is made of several, such as families of emoji. So each cluster says as
/// well whether its width is certain: behind one that isn't, the cursor has to be placed.
public enum Cells {
    /// What is shown of one character of a text (a grapheme cluster, UAX #29).
    public struct Shown: Equatable, Sendable {
        public var text: String
        /// Cells that it takes.
        public var width: Int
        /// Whether each terminal gives it that width.
        public var isCertain: Bool
    }

    /// Marks in a row that are shown. No language stacks more; hundreds would cover the lines around them.
    public static let marksInARow = 4
    /// Scalars of one cluster that are shown: two people with skin tones who kiss take ten.
    public static let scalarsOfACluster = 16
    /// A tab.
    private static let tab = Shown(text: "    ", width: 4, isCertain: true)

    /// One character, made safe (`Printable.word`). What has no width of its own gets something to stand on, or isn't shown.
    public static func shown(_ character: Character) -> Shown {
        if let byte = character.asciiValue, character.utf8.count == 1 {
            if (0x20..<0x7f).contains(byte) { return Shown(text: String(character), width: 1, isCertain: true) }
            if byte == 9 { return tab }
        }
        let scalars = Printable.word(String(character)).unicodeScalars
        var text = String.UnicodeScalarView()
        var (width, marks, kept) = (0, 0, 0)
        var isEmoji = false
        for scalar in scalars {
            let own = Cells.width(of: scalar)
            marks = own == 0 ? marks + 1 : 0
            guard marks <= marksInARow, kept < scalarsOfACluster else { continue }
            if kept == 0, own == 0 {
                // Format characters that stand alone show nothing; a mark without a letter stands on a circle.
                guard scalar.properties.generalCategory != .format else { continue }
                text.append("\u{25cc}")
                width = 1
            }
            text.append(scalar)
            kept += 1
            width += own
            isEmoji = isEmoji || scalar == "\u{fe0f}" || scalar.properties.isEmojiModifier || isRegional(scalar)
            isEmoji = isEmoji || (scalar == "\u{200d}" && (text.first?.properties.isEmoji ?? false))
        }
        if isEmoji, kept > 1 { return Shown(text: String(text), width: 2, isCertain: false) }
        // Emoji are added every year, and older terminals show new ones as narrow.
        let isNew = (text.first?.value ?? 0) >= 0x1f000
        return Shown(text: String(text), width: width, isCertain: (kept <= 1 && !isNew) || width <= 1)
    }

    /// Several lines, made safe (`Printable.text`): characters of more scalars than a letter with its marks, and marks without a letter,
    /// are as they are `shown`. All else stays as it is: line ends, tabs, and format characters by which directions of writing are told.
    public static func text(_ text: String) -> String {
        if text.utf8.allSatisfy({ (0x20..<0x7f).contains($0) || $0 == 10 || $0 == 9 }) { return text }
        return Printable.text(text).reduce(into: "") { $0 += isOrdinary($1) ? String($1) : shown($1).text }
    }

    private static func isOrdinary(_ character: Character) -> Bool {
        let scalars = character.unicodeScalars
        guard scalars.count <= 1 + marksInARow, let first = scalars.first else { return false }
        return width(of: first) > 0 || (scalars.count == 1 && first.properties.generalCategory == .format)
    }

    /// Cells of a text on one line.
    public static func width(_ text: String) -> Int {
        if text.utf8.allSatisfy({ (0x20..<0x7f).contains($0) }) { return text.utf8.count }
        return text.reduce(0) { $0 + shown($1).width }
    }

    /// As much of a text as fits, its width, and whether that is all of it.
    static func prefix(_ text: String, columns: Int) -> (text: String, width: Int, isWhole: Bool) {
        var (kept, width) = ("", 0)
        for character in text {
            let next = shown(character)
            guard width + next.width <= columns else { return (kept, width, false) }
            kept += next.text
            width += next.width
        }
        return (kept, width, true)
    }

    /// A text that fits: one that is too long ends in “…”.
    public static func fitted(_ text: String, columns: Int) -> String {
        // A long text isn't looked at further than it can be shown.
        let all = prefix(text, columns: columns)
        return all.isWhole || columns < 1 ? all.text : prefix(text, columns: columns - 1).text + "…"
    }

    /// Cells of a scalar by itself.
    static func width(of scalar: Unicode.Scalar) -> Int {
        if scalar.value < 0x300 { return 1 }
        switch scalar.value {
        // Vowels and final consonants of Hangul syllables written in parts.
        case 0x1160...0x11ff, 0xd7b0...0xd7ff: return 0
        default: break
        }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: return isWide(scalar) ? 2 : 1
        }
    }

    private static func isRegional(_ scalar: Unicode.Scalar) -> Bool { (0x1f1e6...0x1f1ff).contains(scalar.value) }

    /// EastAsianWidth.txt of Unicode 15.1, the classes W and F; blocks are not cut around what isn't assigned in them.
    private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x1100...0x115f, 0x2329...0x232a, 0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0xa4cf,
            0xa960...0xa97f, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe10...0xfe19, 0xfe30...0xfe6f, 0xff01...0xff60,
            0xffe0...0xffe6, 0x16fe0...0x18dff, 0x1aff0...0x1b2ff, 0x1f200...0x1f2ff, 0x20000...0x3fffd:
            true
        default: scalar.properties.isEmojiPresentation
        }
    }
}
