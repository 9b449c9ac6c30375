/// Where things are on the screen:
///
///     Conversations      │ bob  roost1…           head
///     ───────────────────┼──────────────────      rule
///     › bob        03:52 │ 03:49 bob  Hello.      body
///       you: Hello back. │ 03:52 you  Hello back.
///                        ├──────────────────      rule
///                        │ > And th_              editor
///     Enter sends · Ctrl-Q ends                   foot
///
/// On a narrow screen, either the list or the conversation.
struct ChatGeometry: Equatable, Sendable {
    /// From so many columns on, both are there.
    static let bothFrom = 72
    /// Rows from which on there is room for rules.
    private static let ruledFrom = 10
    /// Between the two.
    static let gap = 3
    /// Before the text that is being written.
    static let prompt = "> "

    /// Columns of the list and of the conversation; 0 where it isn't there.
    let list: Int
    let conversation: Int
    let isRuled: Bool
    /// Rows of the messages, of the list, of the text that is being written, and of what is said below.
    let bodyRows: Int
    let listRows: Int
    let editorRows: Int
    let footRows: Int

    /// - Parameters:
    ///   - editor: Rows that the text would take; 0 where none is being written.
    ///   - foot: Rows that the foot would take.
    init(columns: Int, rows: Int, isOpen: Bool, editor: Int, foot: Int) {
        let columns = max(columns, 1)
        let rows = max(rows, 3)
        if columns >= ChatGeometry.bothFrom {
            list = columns >= 100 ? 32 : 26
            conversation = columns - list - ChatGeometry.gap
        } else {
            list = isOpen ? 0 : columns
            conversation = isOpen ? columns : 0
        }
        isRuled = rows >= ChatGeometry.ruledFrom
        let most = max(1, min(8, (rows - 6) / 2))
        editorRows = isOpen ? min(max(editor, 1), most) : 0
        footRows = min(max(foot, 1), ChatGeometry.mostFootRows(rows))
        let head = isRuled ? 2 : 1
        listRows = max(0, rows - head - footRows)
        bodyRows = max(0, listRows - editorRows - (isRuled && isOpen ? 1 : 0))
    }

    /// Rows of what is said below, on a screen of so many.
    static func mostFootRows(_ rows: Int) -> Int { max(1, rows / 4) }

    /// Columns of the text that is being written; one more is left for the cursor.
    var editorColumns: Int { ChatGeometry.editorColumns(conversation) }

    static func editorColumns(_ conversation: Int) -> Int { max(4, conversation - prompt.count - 1) }
}
