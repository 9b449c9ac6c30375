/// What is left of a name when all is taken away by which two names can look alike and be different: so two with the same skeleton may
/// be taken for one another. (The idea is that of UTS #39 §4; the table is a small one, of the letters that resemble Latin most.)
///
/// Case, accents, blanks, punctuation and symbols don't count, forms for typesetting are as the letters that they are forms of, and letters and
/// digits that look alike are one.
public enum NameSkeleton {
    public static func of(_ name: String) -> String {
        var skeleton = ""
        for scalar in name.lowercased().replacing("cl", with: "d").unicodeScalars {
            if let letters = lookalikes[scalar] ?? base(of: scalar) {
                skeleton.unicodeScalars.append(contentsOf: letters.unicodeScalars)
            } else if counts(scalar) {
                skeleton.unicodeScalars.append(scalar)
            }
        }
        guard !skeleton.isEmpty else { return name }
        return pairs.reduce(skeleton) { $0.replacing($1.key, with: $1.value) }
    }

    /// The Latin letter that another is with an accent, or in a form for typesetting, by its name in the standard: `LATIN SMALL LETTER E
    /// WITH ACUTE`, `FULLWIDTH LATIN SMALL LETTER E`, `MATHEMATICAL BOLD SMALL E`, `SCRIPT SMALL E`; nil where it is none.
    private static func base(of scalar: Unicode.Scalar) -> String? {
        let words = scalar.properties.name?.split(separator: " ").prefix { $0 != "WITH" } ?? []
        guard !scalar.isASCII, words.contains(where: forms.contains), let last = words.last, last.utf8.count == 1
        else { return nil }
        let letter = last.lowercased()
        return letter.unicodeScalars.first.flatMap { lookalikes[$0] } ?? letter
    }

    private static let forms: Set<Substring> = [
        "LATIN", "MATHEMATICAL", "SCRIPT", "BLACK-LETTER", "DOUBLE-STRUCK",
    ]

    /// Whether two names may be taken for one another.
    public static func isAlike(_ one: String, _ other: String) -> Bool { of(one) == of(other) }

    private static func counts(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: false
        case .spaceSeparator, .dashPunctuation, .connectorPunctuation, .otherPunctuation: false
        case .openPunctuation, .closePunctuation, .initialPunctuation, .finalPunctuation: false
        case .modifierSymbol, .otherSymbol, .mathSymbol, .currencySymbol: false
        default: true
        }
    }

    /// Two letters that look like one, besides `cl`, which would be found in names with `ci` as well where `i` is as `l`.
    private static let pairs: KeyValuePairs = ["rn": "m", "vv": "w"]

    /// Small letters and digits, and the Latin letter that each looks like, itself or as a capital.
    private static let lookalikes: [Unicode.Scalar: String] = {
        let rows: KeyValuePairs = [
            "a": "аαɑꓮᎪ", "b": "вьβꓐᏴ", "c": "сϲⅽꓚᏟ", "d": "ԁđⅾꓓᎠᏧ", "e": "еєεꓰᎬ", "f": "ꓝ", "g": "ɡꓖᏀᏳ",
            "h": "һнհℎꓧᎻ", "j": "јյꓙᎫ", "k": "кκꓗᏦ", "l": "i1|ıіιӏłǀⅰⅼℹꓡꓲᏞᎥ", "ll": "ⅱ", "lll": "ⅲ", "lv": "ⅳ",
            "lx": "ⅸ", "m": "мμⅿꓟᎷ", "n": "ηոпꓠ", "o": "0оοօøσꓳ", "p": "рρꓑᏢ", "q": "ԛզ", "r": "гɼꓣᎡᏒ",
            "s": "5ѕ$ꓢᏕᏚ", "t": "тτꓔᎢ", "u": "υսцꓴ", "v": "νѵⅴꓦᏙ", "vl": "ⅵ", "vll": "ⅶ", "vlll": "ⅷ", "w": "ԝωѡꓪᎳᏔ",
            "x": "хχⅹꓫ", "xl": "ⅺ", "xll": "ⅻ", "y": "уγүꓬᎩ", "z": "ꓜᏃ", "ae": "æ", "oe": "œ", "ss": "ß",
        ]
        return rows.reduce(into: [:]) { table, row in
            for scalar in row.value.lowercased().unicodeScalars { table[scalar] = row.key }
        }
    }()
}
