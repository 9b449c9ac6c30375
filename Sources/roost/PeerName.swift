import Basics

/// Which texts may be names of the address book: those that look like what they are, on any terminal.
enum PeerName {
    /// No word with more characters than this was meant as a name rather than as a peer ID.
    static let longest = 32

    /// Whether a text on the command line is meant as a name: it doesn't look like a peer ID.
    static func isMeant(by text: String) -> Bool {
        (1...longest).contains(text.count) && !text.lowercased().hasPrefix("roost1")
    }

    /// Why a text can't be given as a name; nil where it can.
    static func objection(to text: String) -> String? {
        if text.isEmpty { return "A name is not empty." }
        if text.count > longest { return "A name has at most \(longest) characters." }
        if text.lowercased().hasPrefix("roost1") {
            return "A name doesn't begin with roost1, as peer IDs do: `roost peers add NAME ID`."
        }
        if text.lowercased().hasPrefix(PeerLink.scheme) {
            return "A name doesn't begin with \(PeerLink.scheme), as links do: `roost peers add NAME ID`."
        }
        if text.hasPrefix("-") { return "A name doesn't begin with -, as options do." }
        if text.unicodeScalars.contains(where: \.properties.isWhitespace) {
            return "A name is one word, without blanks and line ends."
        }
        if let unseen = SeenText.firstUnseen(in: text) {
            return
                "A name may have only visible characters, and \(SeenText.code(of: unseen)) isn't one: type it without."
        }
        return nil
    }

    /// A text of several words, or of too many characters, as a name, with a number behind it where that is taken; nil where more is wrong.
    static func oneWord(_ text: String, isTaken: (String) -> Bool) -> String? {
        let word = text.unicodeScalars.split(whereSeparator: \.properties.isWhitespace).map(String.init)
            .joined(separator: "-")
        for number in 1...mostOfOneName {
            let end = number == 1 ? "" : "-\(number)"
            let name = String(word.prefix(longest - end.count)) + end
            guard objection(to: name) == nil else { return nil }
            if !isTaken(name) { return name }
        }
        return nil
    }

    /// Names that differ by their number alone: more of them nobody wrote by hand.
    private static let mostOfOneName = 99

    /// Whether two names are the same but for case.
    static func isSameButForCase(_ one: String, _ other: String) -> Bool { one.lowercased() == other.lowercased() }
}
