import StatusView

/// A text in rows of a terminal: broken between words where it can be, within them where it must.
package struct Wrapping: Equatable, Sendable {
    package struct Row: Equatable, Sendable {
        /// Safe to show.
        package var text = ""
        /// Cells that it takes.
        package var width = 0
        /// Characters of the text before it, and in it, with those that aren't shown at its end: a line break, blanks.
        package var start = 0
        package var count = 0
    }

    /// At least one.
    package private(set) var rows: [Row] = []

    private struct Piece: Equatable, Sendable {
        var text: String
        var width: Int
    }

    /// The characters of the row that is being filled.
    private var pieces: [Piece] = []
    private var width = 0
    private var start = 0
    /// Where the row may end: so many of its characters, with the blanks after a word.
    private var breakable = 0

    /// - Parameter columns: Of cells; at least the widest character's are taken.
    package init(_ text: String, columns: Int) {
        let columns = max(columns, 4)
        for character in text {
            if character.isLineEnd {
                pieces.append(Piece(text: "", width: 0))
                finishRow(pieces.count)
                continue
            }
            let shown = Cells.shown(character)
            let isBlank = character == " " || character == "\t"
            if width + shown.width > columns {
                if isBlank {
                    // It is there, behind the row's end.
                    pieces.append(Piece(text: "", width: 0))
                    breakable = pieces.count
                    continue
                }
                finishRow(breakable > 0 ? breakable : pieces.count)
                // What was carried over may be as wide as the row.
                if width + shown.width > columns { finishRow(pieces.count) }
            }
            pieces.append(Piece(text: shown.text, width: shown.width))
            width += shown.width
            if isBlank { breakable = pieces.count }
        }
        finishRow(pieces.count)
    }

    /// Ends the row after so many of its characters; the others begin the next one.
    private mutating func finishRow(_ count: Int) {
        var row = Row(start: start, count: count)
        for piece in pieces.prefix(count) {
            row.text += piece.text
            row.width += piece.width
        }
        rows.append(row)
        start += count
        pieces.removeFirst(count)
        width = pieces.reduce(0) { $0 + $1.width }
        breakable = 0
    }

    /// The row in which a place between characters lies. One between two rows is the beginning of the second.
    func row(of offset: Int) -> Int {
        max(0, (rows.firstIndex { $0.start > offset } ?? rows.count) - 1)
    }
}

extension Character {
    /// Whether a line ends with it. What else Unicode takes for line ends is shown as a character.
    var isLineEnd: Bool { self == "\n" || self == "\r\n" }
}
