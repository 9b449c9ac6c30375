/// Makes other people's text safe to show. Characters become visible that could move the cursor, rewrite what was
/// printed before, change the direction of what follows, or hide themselves.
public enum Printable {
    /// Several lines: line ends and tabs remain.
    public static func text(_ text: String) -> String { replaced(text) { $0 == "\n" || $0 == "\t" } }

    /// Part of a line of ours: the text can't begin a line of its own.
    public static func word(_ text: String) -> String { replaced(text) { _ in false } }

    private static func replaced(_ text: String, keeping isKept: (Unicode.Scalar) -> Bool) -> String {
        var safe = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case _ where isKept(scalar): safe.append(scalar)
            // The pictures of control characters, ␀ to ␟.
            case 0..<32: safe.append(Unicode.Scalar(0x2400 + scalar.value) ?? "\u{fffd}")
            case _ where isUnseen(scalar): safe.append("\u{fffd}")
            default: safe.append(scalar)
            }
        }
        return String(safe)
    }

    /// Delete and the C1 controls, direction overrides and isolates, other line ends, and what is nothing to be seen at all.
    private static func isUnseen(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x7f..<0xa0, 0x202a...0x202e, 0x2066...0x2069, 0x2028, 0x2029: true
        case 0x200b, 0x2060...0x2064, 0xfeff, 0xe0000...0xe007f: true
        default: false
        }
    }
}
