import StatusView

/// What is said at the bottom of the screen.
extension Chat {
    /// What has to be said, else the keys.
    var foot: [Line] {
        if let question { return foot(question) }
        if let notice { return said(notice.sentence, notice.isBad ? .bad : .plain) }
        if let trouble { return said(trouble, .bad) }
        if isPasting { return [Line("Pasting…", .faint)] }
        return [Line(keys, .faint)]
    }

    private var mostRows: Int { ChatGeometry.mostFootRows(rows) }

    private func said(_ sentence: String, _ role: Style.Role) -> [Line] {
        Chat.rows(sentence, columns: columns, most: mostRows).map { Line($0, role) }
    }

    /// What is asked, where there is room for that, and the keys that answer.
    private func foot(_ question: Question) -> [Line] {
        let (sentence, keys) = words(of: question)
        let answers = said(keys, .strong)
        let room = mostRows - answers.count
        return (room > 0 ? Chat.rows(sentence, columns: columns, most: room).map { Line($0) } : []) + answers
    }

    /// A sentence in rows, broken between words unless one is wider than the screen. Of what is longer than the rows, the end is left out.
    static func rows(_ sentence: String, columns: Int, most: Int) -> [String] {
        let rows = Wrapping(sentence, columns: columns).rows.map(\.text)
        guard rows.count > most, let last = rows.prefix(most).last else { return rows }
        var words = last.split(separator: " ")
        while words.count > 1, Cells.width(words.joined(separator: " ")) + 2 > columns { words.removeLast() }
        return rows.prefix(most - 1) + [Cells.fitted(words.joined(separator: " ") + " …", columns: columns)]
    }

    /// The keys, as they stand from left to right: the most important of them where not all fit.
    private var keys: String {
        let decides = isToDecide ? [(1, "Ctrl-T decides")] : []
        let all: [(rank: Int, text: String)] =
            transcript == nil
            ? [(3, "Up/Down choose"), (2, "Enter opens")] + decides + [(0, "Ctrl-Q ends")]
            : [(2, "Enter sends"), (6, "Alt-Enter new line"), (5, "PgUp back"), (4, "Tab next")] + decides + [
                (3, "Esc list"), (0, "Ctrl-Q ends"),
            ]
        var shown: [Bool] = all.map { _ in false }
        var rest = columns + Chat.between.count
        for index in all.indices.sorted(by: { all[$0].rank < all[$1].rank }) {
            let width = all[index].text.count + Chat.between.count
            guard width <= rest else { continue }
            rest -= width
            shown[index] = true
        }
        return zip(all, shown).filter(\.1).map(\.0.text).joined(separator: Chat.between)
    }

    private static let between = " · "
}
