/// What is left of a name when all is taken away by which two names can look alike and be different: so two with the same skeleton may
/// be taken for one another. (The idea is that of UTS #39 §4; the table is a small one, of the scripts that resemble Latin most.)
///
/// Case, accents, blanks and punctuation don't count, forms for typesetting are as the letters that they are forms of, and letters and
/// digits that look alike are one.
public enum NameSkeleton {
    public static func of(_ name: String) -> String {
        var skeleton = ""
        for scalar in name.lowercased().unicodeScalars where counts(scalar) {
            skeleton.unicodeScalars.append(contentsOf: (lookalikes[scalar] ?? base(of: scalar)).unicodeScalars)
        }
        guard !skeleton.isEmpty else { return name }
        return pairs.reduce(skeleton) { $0.replacing($1.key, with: $1.value) }
    }

    /// The Latin letter that another is with an accent, or in a form for typesetting, by its name in the standard: `LATIN SMALL LETTER E
    /// WITH ACUTE`, `FULLWIDTH LATIN SMALL LETTER E`, `MATHEMATICAL BOLD SMALL E`.
    private static func base(of scalar: Unicode.Scalar) -> String {
        let words = scalar.properties.name?.split(separator: " ").prefix { $0 != "WITH" } ?? []
        guard !scalar.isASCII, words.contains("LATIN") || words.contains("MATHEMATICAL"), let last = words.last,
            last.utf8.count == 1
        else { return String(scalar) }
        let letter = last.lowercased()
        return letter.unicodeScalars.first.flatMap { lookalikes[$0] } ?? letter
    }

    /// Whether two names may be taken for one another.
    public static func isAlike(_ one: String, _ other: String) -> Bool { of(one) == of(other) }

    private static func counts(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: false
        case .spaceSeparator, .dashPunctuation, .connectorPunctuation, .otherPunctuation: false
        case .openPunctuation, .closePunctuation, .initialPunctuation, .finalPunctuation, .modifierSymbol: false
        default: true
        }
    }

    /// Two letters that look like one.
    private static let pairs: KeyValuePairs = ["rn": "m", "vv": "w"]

    /// Small letters and digits, and the Latin letter that each looks like, itself or as a capital.
    private static let lookalikes: [Unicode.Scalar: String] = {
        let rows: KeyValuePairs = [
            "a": "аαɑ", "b": "вьβ", "c": "сϲ", "d": "ԁđ", "e": "еєε", "g": "ɡ", "h": "һнհ", "j": "јյ", "k": "кκ",
            "l": "i1|ıіιӏłǀ", "m": "мμ", "n": "ηոп", "o": "0оοօøσ", "p": "рρ", "q": "ԛզ", "r": "гɼ", "s": "5ѕ$",
            "t": "тτ", "u": "υսц", "v": "νѵ", "w": "ԝωѡ", "x": "хχ", "y": "уγү", "ss": "ß", "ae": "æ", "oe": "œ",
        ]
        return rows.reduce(into: [:]) { table, row in
            for scalar in row.value.unicodeScalars { table[scalar] = row.key }
        }
    }()
}
