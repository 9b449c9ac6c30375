import Basics
import ChatView
import Testing

/// What is typed is edited by characters as people see them.
@Suite struct LineEditorTests {
    private static let pieces = [
        "a", "b", " ", "  ", "\n", "e", "\u{301}", "\u{308}", "家", "👩", "\u{200d}", "👧", "🏽", "\u{fe0f}", "🇩", "🇪", "🇫",
        "\u{1100}", "\u{1161}", "\u{11a8}", "क", "\u{94d}", "ष", "\t", "word", "\u{202e}",
    ]

    /// A text and a cursor, done over from the beginning with each change.
    private struct Model {
        var text = ""
        var cursor = 0

        /// The cursor goes behind the character in which so many bytes end.
        mutating func become(_ text: String, bytesBefore: Int) {
            self.text = text
            var bytes = 0
            cursor = 0
            for character in text where bytes < bytesBefore {
                bytes += character.utf8.count
                cursor += 1
            }
        }

        var before: String { String(text.prefix(cursor)) }
        var after: String { String(text.dropFirst(cursor)) }
        var line: (start: Int, end: Int) {
            let characters = Array(text)
            let start = characters[..<cursor].lastIndex(of: "\n").map { $0 + 1 } ?? 0
            return (start, characters[cursor...].firstIndex(of: "\n") ?? characters.count)
        }
        mutating func remove(_ range: Range<Int>) {
            let characters = Array(text)
            let first = String(characters[..<range.lowerBound])
            become(first + String(characters[range.upperBound...]), bytesBefore: first.utf8.count)
        }
        var wordStart: Int {
            let characters = Array(text)
            var index = cursor
            while index > 0, characters[index - 1].isWhitespace { index -= 1 }
            while index > 0, !characters[index - 1].isWhitespace { index -= 1 }
            return index
        }
        var wordEnd: Int {
            let characters = Array(text)
            var index = cursor
            while index < characters.count, characters[index].isWhitespace { index += 1 }
            while index < characters.count, !characters[index].isWhitespace { index += 1 }
            return index
        }
    }

    @Test(arguments: 0..<60) func itIsWhatANaiveEditorIs(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var (editor, model) = (LineEditor(), Model())
        for step in 0..<200 {
            switch Int.random(in: 0..<16, using: &random) {
            case 0..<6:
                let piece = Self.pieces[Int.random(in: Self.pieces.indices, using: &random)]
                _ = editor.insert(piece)
                let first = model.before + piece
                model.become(first + model.after, bytesBefore: first.utf8.count)
            case 6:
                editor.deleteBackward()
                if model.cursor > 0 { model.remove(model.cursor - 1..<model.cursor) }
            case 7:
                editor.deleteForward()
                if model.cursor < model.text.count { model.remove(model.cursor..<model.cursor + 1) }
            case 8:
                editor.moveLeft()
                model.cursor = max(0, model.cursor - 1)
            case 9:
                editor.moveRight()
                model.cursor = min(model.text.count, model.cursor + 1)
            case 10:
                editor.moveToLineStart()
                model.cursor = model.line.start
            case 11:
                editor.moveToLineEnd()
                model.cursor = model.line.end
            case 12:
                editor.moveWordLeft()
                model.cursor = model.wordStart
            case 13:
                editor.moveWordRight()
                model.cursor = model.wordEnd
            case 14:
                editor.deleteWord()
                model.remove(model.wordStart..<model.cursor)
            default:
                let isStart = Bool.random(using: &random)
                let (start, end) = model.line
                if isStart {
                    editor.deleteToLineStart()
                    model.remove((start == model.cursor ? max(0, start - 1) : start)..<model.cursor)
                } else {
                    editor.deleteToLineEnd()
                    model.remove(model.cursor..<(end == model.cursor ? min(model.text.count, end + 1) : end))
                }
            }
            #expect(editor.text == model.text && editor.cursor == model.cursor, "seed \(seed), step \(step)")
            #expect(editor.isEmpty == model.text.isEmpty)
        }
    }

    /// Up and down go to the same column, as far as there is one, and through all rows.
    @Test(arguments: [10, 23]) func rowsAreAsTheyAreSeen(columns: Int) {
        var editor = LineEditor("一二三四五六七八九十 and some more\n\nlast line of it")
        var rows = 0
        while editor.moveRow(-1, columns: columns) { rows += 1 }
        #expect(editor.cursor < columns && rows >= 3)
        for row in 0...rows {
            let hasMoved = editor.moveRow(1, columns: columns)
            #expect(hasMoved == (row < rows))
        }
        var empty = LineEditor()
        let moved = [empty.moveRow(-1, columns: columns), empty.moveRow(1, columns: columns)]
        #expect(moved == [false, false] && empty.isEmpty)
    }

    @Test func aTextHasABoundAndLosesNothingAtIt() {
        var editor = LineEditor(String(repeating: "x", count: LineEditor.maximumBytes - 2))
        let taken = ["家", "ab", "c"].map { editor.insert($0) }
        #expect(taken == [false, true, false])
        #expect(editor.text.utf8.count == LineEditor.maximumBytes && editor.text.hasSuffix("xab"))
    }
}
