import ControlAPI
import Platform
import StatusView

/// What is on the screen.
public struct ChatPage: Sendable {
    /// As many as the screen has rows; they may be wider than it.
    public var lines: [Line]
    /// Where the cursor is, from 0; nil where nothing can be written.
    public var cursor: (row: Int, column: Int)?
}

extension Chat {
    /// The size for which all is laid out: of a smaller screen, the upper left part is shown.
    var columns: Int { max(size.columns, 20) }
    var rows: Int { max(size.rows, 5) }

    var geometry: ChatGeometry {
        ChatGeometry(
            columns: columns, rows: rows, isOpen: transcript != nil, editor: editorRows.rows.count, foot: foot.count)
    }

    /// Finds out which messages are on the screen, and how the text that is being written is wrapped.
    mutating func layOut() {
        guard let peer = transcript?.peer else { return }
        if laidOut != editor || laidOutColumns != geometry.editorColumns {
            (laidOut, laidOutColumns) = (editor, geometry.editorColumns)
            editorRows = Wrapping(editor.text, columns: laidOutColumns)
        }
        let geometry = geometry
        transcript?.outgoing = outgoing.filter { $0.message.to == peer }
        transcript?.layOut(columns: geometry.conversation, rows: geometry.bodyRows)
    }

    /// The screen as it is now.
    public func page(now: Date) -> ChatPage {
        let geometry = geometry
        let list = geometry.list > 0 ? listLines(geometry, now) : []
        let (conversation, cursor) = geometry.conversation > 0 ? conversationLines(geometry) : ([], nil)
        var lines: [Line] = []
        for row in 0..<(rows - geometry.footRows) {
            let left = row < list.count ? list[row] : Line()
            let right = row < conversation.count ? conversation[row] : Line()
            if geometry.list == 0 {
                lines.append(right)
            } else if geometry.conversation == 0 {
                lines.append(left)
            } else {
                lines.append(joined(left, right, row, geometry))
            }
        }
        lines += foot.prefix(geometry.footRows)
        let left = geometry.list == 0 ? 0 : geometry.list + ChatGeometry.gap
        lines.removeLast(max(0, lines.count - max(size.rows, 1)))
        return ChatPage(
            lines: lines, cursor: cursor.flatMap { $0.row < lines.count ? ($0.row, left + $0.column) : nil })
    }

    private func joined(_ left: Line, _ right: Line, _ row: Int, _ geometry: ChatGeometry) -> Line {
        let ruled = geometry.isRuled ? 1 : -1
        let isEditorsRule = geometry.isRuled && transcript != nil && row == 2 + geometry.bodyRows
        let between = row == ruled ? "─┼─" : isEditorsRule ? " ├─" : " │ "
        var line = left.filled(to: geometry.list).adding(between, .faint)
        line.add(right)
        return line
    }

    // MARK: The list

    private func listLines(_ geometry: ChatGeometry, _ now: Date) -> [Line] {
        let unread = pane.unread(besides: "")
        var head = Line("Conversations", .strong)
        if unread > 0 { head = withRight(head, "\(unread) new", .good, geometry.list) }
        var lines = [head]
        if geometry.isRuled { lines.append(rule(geometry.list)) }
        let focused = transcript == nil
        lines += pane.lines(
            columns: geometry.list, rows: geometry.listRows, isFocused: focused, name: name, moment: setting.moment,
            now: now)
        return lines
    }

    private func rule(_ columns: Int, _ words: String = "", _ role: Style.Role = .faint) -> Line {
        guard !words.isEmpty, Cells.width(words) + 4 <= columns else {
            return Line(String(repeating: "─", count: columns), .faint)
        }
        let rest = columns - Cells.width(words) - 2
        return Line(String(repeating: "─", count: rest - 2) + " ", .faint).adding(words, role).adding(" ──", .faint)
    }

    private func withRight(_ line: Line, _ words: String, _ role: Style.Role, _ columns: Int) -> Line {
        let width = Cells.width(words)
        return line.filled(to: max(0, columns - width)).adding(words, role)
    }

    // MARK: The conversation

    private func conversationLines(_ geometry: ChatGeometry) -> ([Line], cursor: (row: Int, column: Int)?) {
        guard let transcript else { return (hint(geometry), nil) }
        var lines = [head(transcript.peer, geometry)]
        if geometry.isRuled { lines.append(rule(geometry.conversation)) }
        lines += transcript.lines
        if geometry.isRuled { lines.append(editorsRule(transcript, geometry)) }
        let (editor, cursor) = editorLines(geometry)
        let first = lines.count
        return (lines + editor, (first + cursor.row, cursor.column))
    }

    private func hint(_ geometry: ChatGeometry) -> [Line] {
        var lines = [Line()]
        if geometry.isRuled { lines.append(rule(geometry.conversation)) }
        lines.append(Line())
        let sentence =
            pane.selected != nil
            ? "Enter opens the conversation."
            : "Give others your ID, and theirs a name: `roost id`, `roost peers add NAME ID`."
        lines += Line.wrap(sentence, columns: geometry.conversation).map { Line($0, .faint) }
        return lines
    }

    private func head(_ peer: String, _ geometry: ChatGeometry) -> Line {
        let elsewhere = geometry.list == 0 ? pane.unread(besides: peer) : 0
        let decided = pane.standing(of: peer).flatMap { $0 == .accepted ? nil : $0 }
        let requests = geometry.list == 0 ? pane.newRequests : 0
        let aside = elsewhere > 0 ? "\(elsewhere) new elsewhere" : requests > 0 ? Chat.requests(requests) : ""
        var words = decided.map(Chat.words) ?? aside
        func room() -> Int { geometry.conversation - (words.isEmpty ? 0 : words.count + 2) }
        // Whoever has no name here is known by the ID alone: before that, the rest gives way.
        let isLabelled = known(peer) != nil && !isNamed(peer)
        if isLabelled, let decided, room() < 2 * Chat.idRoom { words = decided.name }
        let label = isLabelled ? max(room() - Chat.idRoom, room() / 2) : room()
        var line = Line(Cells.fitted(name(peer), columns: label), isLabelled ? .plain : .strong)
        let rest = room() - line.width - 2
        if known(peer) != nil, rest >= Chat.leastID {
            line.add("  " + Cells.fitted(peer, columns: min(rest, 24)), .faint)
        }
        return words.isEmpty ? line : withRight(line, words, .good, geometry.conversation)
    }

    private static func requests(_ count: Int) -> String { count == 1 ? "1 request" : "\(count) requests" }

    /// Columns of an ID that are enough to know it again, and what is kept for it, with the blanks before it.
    private static let leastID = 12
    private static let idRoom = 16

    /// What the head of a conversation says of a peer who isn't accepted.
    private static func words(for standing: PeerStanding) -> String {
        standing == .blocked ? "blocked" : "a request: an answer accepts"
    }

    private func editorsRule(_ transcript: Transcript, _ geometry: ChatGeometry) -> Line {
        let bytes = LineEditor.maximumBytes - editor.text.utf8.count
        if bytes < LineEditor.maximumBytes / 16 { return rule(geometry.conversation, "room for \(bytes) bytes") }
        guard transcript.window.isLoaded, !transcript.isAtEnd else { return rule(geometry.conversation) }
        let new = transcript.unread.count
        return new > 0
            ? rule(geometry.conversation, "\(new) new below: PgDn", .good)
            : rule(geometry.conversation, "more below: PgDn")
    }

    private func editorLines(_ geometry: ChatGeometry) -> ([Line], cursor: (row: Int, column: Int)) {
        let wrapping = editorRows
        let place = editor.place(in: wrapping)
        let first = max(0, place.row - geometry.editorRows + 1)
        let lines = wrapping.rows[first..<min(first + geometry.editorRows, wrapping.rows.count)].enumerated().map {
            number, row in
            Line(first + number == 0 ? ChatGeometry.prompt : "  ", .faint).adding(row.text)
        }
        return (lines, (place.row - first, ChatGeometry.prompt.count + place.column))
    }
}
