/// Which texts look like what they are, on any terminal and any page: those of which every character is seen.
///
/// Names are such texts, those of the address book as well as those that people give themselves: a character that isn't seen would
/// make two names that look alike, and one that turns the direction of writing would change what stands around the name.
public enum SeenText {
    /// The first character that can't be seen or that changes what stands around it; nil where there is none. Blanks count as seen.
    public static func firstUnseen(in text: String) -> Unicode.Scalar? {
        let scalars = Array(text.unicodeScalars)
        return scalars.indices.first { !isSeen($0, of: scalars) }.map { scalars[$0] }
    }

    /// As it is written in sentences: `U+200B`.
    public static func code(of scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// Marks over one another that a letter may have: writing needs three or four.
    private static let marks = 4

    private static func isSeen(_ index: Int, of scalars: [Unicode.Scalar]) -> Bool {
        let scalar = scalars[index]
        let before = index > 0 ? scalars[index - 1] : nil
        let after = index + 1 < scalars.count ? scalars[index + 1] : nil
        switch scalar.value {
        // Braille's empty pattern, the empty head of a note, and blanks among hieroglyphs, which are letters and symbols.
        case 0x2800, 0x1d159, 0x13441, 0x13442: return false
        // What joins emoji, and what says that they have colours (UTS #51), stands beside one.
        case 0x200d: return before.map(isPartOfEmoji) == true && after.map(isPartOfEmoji) == true
        case 0xfe0f: return before.map(isEmoji) == true
        default: break
        }
        if scalar.properties.isDefaultIgnorableCodePoint { return false }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: return false
        // An accent belongs to a letter.
        case .nonspacingMark, .enclosingMark, .spacingMark: return index > 0 && !isHeaped(index, scalars)
        default: return true
        }
    }

    /// Whether so many marks stand before this one that they reach into the lines above and below.
    private static func isHeaped(_ index: Int, _ scalars: [Unicode.Scalar]) -> Bool {
        guard index >= marks else { return false }
        return scalars[(index - marks)..<index].allSatisfy(isMark)
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .spacingMark: true
        default: false
        }
    }

    /// Digits and the like, of which keycaps are made, don't count.
    private static func isEmoji(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isEmoji && scalar.value > 0xff }

    private static func isPartOfEmoji(_ scalar: Unicode.Scalar) -> Bool { isEmoji(scalar) || scalar.value == 0xfe0f }
}
