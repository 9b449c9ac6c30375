import Platform

/// What keys do.
extension Chat {
    mutating func take(_ key: Key, _ now: Date) -> [ChatDirective] {
        switch key {
        case .control("q"): return leave("Ctrl-Q")
        case .control("c"): return leave("Ctrl-C")
        case .control("d") where editor.isEmpty: return leave("Ctrl-D")
        default: break
        }
        mayLeave = false
        isLeaving = false
        if let question, let directives = answer(question, key) { return directives }
        switch key {
        case .control("l"): return [.redraw]
        case .control("t"): askForDecision()
        case .control("z"): return [.suspend]
        case .tab, .control("n"): turn(by: 1)
        case .backTab, .control("p"): turn(by: -1)
        default: return transcript == nil ? takeInList(key) : takeInConversation(key, now)
        }
        return []
    }

    /// Ends, if nothing is lost by it, or if that was said.
    private mutating func leave(_ key: String) -> [ChatDirective] {
        let waiting = outgoing.count { $0.isOnlyHere }
        // What was refused is asked for once more, so that its refusal is heard.
        drafts.tryAgain()
        guard !mayLeave, waiting > 0 || !ahead.isEmpty else { return [.leave] }
        mayLeave = true
        if waiting == 0, trouble == nil {
            // It ends when the daemon has answered.
            isLeaving = true
            keepsDrafts = true
            return []
        }
        let what =
            waiting > 0
            ? "\(waiting == 1 ? "A message has" : "\(waiting) messages have") not reached Roost on this machine"
            : "What you typed can't be kept while Roost is not running"
        notice = Notice(sentence: "\(what): \(key) again leaves all the same.")
        return []
    }

    // MARK: The list

    /// The next conversation in the list: selected, and opened where one is open.
    private mutating func turn(by step: Int) {
        guard transcript != nil else { return pane.select(by: step, goingRound: true) }
        guard !isDraftRoomUsedUp else { return refuseDraft() }
        pane.select(by: step, goingRound: true)
        if let peer = pane.selected { show(peer) }
    }

    private mutating func refuseDraft() {
        notice = Notice(
            sentence: "There are \(Chat.maximumDrafts) texts that are not sent: send or remove this one first.")
    }

    private mutating func takeInList(_ key: Key) -> [ChatDirective] {
        switch key {
        case .up: pane.select(by: -1, goingRound: false)
        case .down: pane.select(by: 1, goingRound: false)
        case .wheelUp: pane.select(by: -1, goingRound: false)
        case .wheelDown: pane.select(by: 1, goingRound: false)
        case .pageUp: pane.select(by: -max(1, rows / 2 - 2), goingRound: false)
        case .pageDown: pane.select(by: max(1, rows / 2 - 2), goingRound: false)
        case .home: pane.select(by: -ConversationsPane.maximum, goingRound: false)
        case .end: pane.select(by: ConversationsPane.maximum, goingRound: false)
        case .enter, .right: if let peer = pane.selected { show(peer) }
        case .text, .paste:
            notice = Notice(sentence: "Enter opens the conversation; then you can write.", isBad: false)
        default: break
        }
        return []
    }

    // MARK: The conversation

    private mutating func takeInConversation(_ key: Key, _ now: Date) -> [ChatDirective] {
        let geometry = geometry
        switch key {
        case .enter: return send(now)
        case .control("r"): return sendAgain()
        case .escape:
            if isDraftRoomUsedUp { refuseDraft() } else { close() }
        case .pageUp: scroll(-max(1, geometry.bodyRows - 1))
        case .pageDown: scroll(max(1, geometry.bodyRows - 1))
        case .wheelUp: scroll(-Chat.wheelLines)
        case .wheelDown: scroll(Chat.wheelLines)
        case .end where editor.isEmpty:
            transcript?.jumpToEnd()
            if transcript?.window.hasLater == true { requests.want(.newest) }
        case .text(let text): insert(text)
        case .newLine: insert("\n")
        case .paste(let text, let bytes): paste(text, bytes)
        default: edit(key, columns: geometry.editorColumns)
        }
        return []
    }

    private mutating func scroll(_ step: Int) {
        let geometry = geometry
        transcript?.scroll(step, columns: geometry.conversation, rows: geometry.bodyRows)
    }

    private mutating func insert(_ text: String) {
        if !editor.insert(text) {
            notice = Notice(
                sentence: "A message has at most \(Chat.maximumText) bytes: send this one, and go on in the next.")
        }
    }

    private mutating func paste(_ text: String, _ bytes: Int) {
        if bytes > LineEditor.maximumBytes {
            notice = Notice(
                sentence:
                    "The pasted text has more than \(Chat.maximumText) bytes, and was not taken: paste it in parts.")
        } else if !editor.insert(text) {
            notice = Notice(
                sentence:
                    "With the pasted text the message would have more than \(Chat.maximumText) bytes: it was not taken."
            )
        }
    }

    static let maximumText = "65,536"
    /// Lines of a notch of the wheel, as most programs have it.
    private static let wheelLines = 3

    private mutating func edit(_ key: Key, columns: Int) {
        switch key {
        case .left, .control("b"): editor.moveLeft()
        case .right, .control("f"): editor.moveRight()
        case .up: _ = editor.moveRow(-1, columns: columns)
        case .down: _ = editor.moveRow(1, columns: columns)
        case .wordLeft: editor.moveWordLeft()
        case .wordRight: editor.moveWordRight()
        case .home, .control("a"): editor.moveToLineStart()
        case .end, .control("e"): editor.moveToLineEnd()
        case .backspace: editor.deleteBackward()
        case .delete, .control("d"): editor.deleteForward()
        case .deleteWord: editor.deleteWord()
        case .control("u"): editor.deleteToLineStart()
        case .control("k"): editor.deleteToLineEnd()
        default: break
        }
    }
}
