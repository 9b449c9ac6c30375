/// What somebody has done at a keyboard.
public enum Key: Equatable, Sendable {
    /// Characters, as they were typed.
    case text(String)
    /// A text that was pasted: it is no keys. Of one that is longer than `KeyReader.longestPaste`, the beginning; `bytes` are of all.
    case paste(String, bytes: Int)
    case enter
    /// A new line in the text: Alt-Enter, Ctrl-J.
    case newLine
    case tab, backTab
    case escape
    case up, down, left, right
    case wordLeft, wordRight
    case home, end
    case pageUp, pageDown
    /// The wheel of a mouse, one notch.
    case wheelUp, wheelDown
    case backspace, delete
    /// The word before the cursor: Ctrl-W, Alt-Backspace.
    case deleteWord
    /// A control character that is none of the others, by its letter: `a` is Ctrl-A.
    case control(Character)
}
