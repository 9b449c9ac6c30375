import Basics
import StatusView

/// A text that is being written: characters as people see them (grapheme clusters, UAX #29), and a cursor between two of them.
public struct LineEditor: Equatable, Sendable {
    /// Bytes of UTF-8 at most.
    public static let maximumBytes = Limits.textSize

    private var before = ""
    private var after = ""

    public init(_ text: String = "") {
        before = String(decoding: text.utf8.prefix(LineEditor.maximumBytes), as: UTF8.self)
    }

    public var text: String { before + after }
    public var isEmpty: Bool { before.isEmpty && after.isEmpty }
    /// Characters before the cursor.
    public var cursor: Int { before.count }

    /// Whether so many more bytes may be added.
    public func hasRoom(for bytes: Int) -> Bool {
        before.utf8.count + after.utf8.count + bytes <= LineEditor.maximumBytes
    }

    // MARK: Changes

    /// Inserts a text, or changes nothing if there is no room for it.
    public mutating func insert(_ text: String) -> Bool {
        guard hasRoom(for: text.utf8.count) else { return false }
        before += text
        settle()
        return true
    }

    public mutating func deleteBackward() {
        guard !before.isEmpty else { return }
        before.removeLast()
        settle()
    }

    public mutating func deleteForward() {
        guard !after.isEmpty else { return }
        after.removeFirst()
        settle()
    }

    /// The word before the cursor, with the blanks between.
    public mutating func deleteWord() {
        before = LineEditor.withoutLastWord(before)
        settle()
    }

    /// From the beginning of the line to the cursor; at the beginning, the line break before.
    public mutating func deleteToLineStart() {
        if before.last?.isLineEnd == true { return deleteBackward() }
        before = String(before[..<LineEditor.lastLine(of: before)])
        settle()
    }

    /// From the cursor to the end of the line; at the end, the line break.
    public mutating func deleteToLineEnd() {
        if after.first?.isLineEnd == true { return deleteForward() }
        after = String(after[LineEditor.firstLine(of: after)...])
        settle()
    }

    public mutating func clear() { self = LineEditor() }

    // MARK: The cursor

    public mutating func moveLeft() {
        guard let last = before.popLast() else { return }
        after = String(last) + after
    }

    public mutating func moveRight() {
        guard !after.isEmpty else { return }
        before.append(after.removeFirst())
    }

    public mutating func moveWordLeft() { move(to: LineEditor.withoutLastWord(before).count) }

    public mutating func moveWordRight() {
        let rest = after.drop { $0.isWhitespace }.drop { !$0.isWhitespace }
        before += after[..<rest.startIndex]
        after = String(rest)
    }

    public mutating func moveToLineStart() {
        let start = LineEditor.lastLine(of: before)
        after = before[start...] + after
        before = String(before[..<start])
    }

    public mutating func moveToLineEnd() {
        let end = LineEditor.firstLine(of: after)
        before += after[..<end]
        after = String(after[end...])
    }

    /// One row up or down, as the text is wrapped. False, and nothing changes, where there is none.
    public mutating func moveRow(_ step: Int, columns: Int) -> Bool {
        let text = text
        let wrapping = Wrapping(text, columns: columns)
        let place = place(in: wrapping)
        let target = place.row + step
        guard wrapping.rows.indices.contains(target) else { return false }
        let row = wrapping.rows[target]
        var (offset, width) = (0, 0)
        let isLast = target == wrapping.rows.count - 1
        for character in text.dropFirst(row.start).prefix(row.count) {
            let next = width + Cells.shown(character).width
            // Behind the last character of a row begins the next one.
            guard next <= place.column, isLast || offset + 1 < row.count, !character.isLineEnd else { break }
            width = next
            offset += 1
        }
        move(to: row.start + offset)
        return true
    }

    private mutating func move(to offset: Int) {
        let text = text
        let index = text.index(text.startIndex, offsetBy: min(offset, text.count))
        before = String(text[..<index])
        after = String(text[index...])
    }

    // MARK: What is shown

    /// Row and column of the cursor in the wrapped text.
    func place(in wrapping: Wrapping) -> (row: Int, column: Int) {
        let cursor = cursor
        let number = wrapping.row(of: cursor)
        let row = wrapping.rows[number]
        let width = before.suffix(cursor - row.start).reduce(0) { $0 + ($1.isLineEnd ? 0 : Cells.shown($1).width) }
        // Blanks behind the end of the row take no room.
        return (number, min(width, row.width))
    }

    // MARK: Inside

    /// A change may have joined what stands on both sides of the cursor to one character: the cursor goes behind it.
    private mutating func settle() {
        let tail = before[LineEditor.lastLine(of: before)...]
        guard !tail.isEmpty, !after.isEmpty else { return }
        // No character reaches over the end of a line.
        let line = tail + after[..<LineEditor.firstLine(of: after)]
        let here = tail.utf8.count
        var end = 0
        for character in line where end < here { end += character.utf8.count }
        guard end > here else { return }
        let joined = after.utf8.prefix(end - here)
        before += String(decoding: joined, as: UTF8.self)
        after = String(decoding: after.utf8.dropFirst(end - here), as: UTF8.self)
    }

    private static func lastLine(of text: String) -> String.Index {
        text.lastIndex(where: \.isLineEnd).map { text.index(after: $0) } ?? text.startIndex
    }

    private static func firstLine(of text: String) -> String.Index {
        text.firstIndex(where: \.isLineEnd) ?? text.endIndex
    }

    private static func withoutLastWord(_ text: String) -> String {
        var rest = text[...]
        while rest.last?.isWhitespace == true { rest.removeLast() }
        while rest.last?.isWhitespace == false { rest.removeLast() }
        return String(rest)
    }
}
