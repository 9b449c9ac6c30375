import StatusView

/// What is to become of somebody whom one looks at: one key asks, and the next one answers.
public enum ChatDecision: Hashable, Sendable, CaseIterable {
    case accept
    /// Delete what they have written. They may write again.
    case refuse
    case block
    case unblock
}

extension Chat {
    /// What is asked at the bottom of the screen.
    enum Question: Equatable {
        case decision(about: String)
        /// It can't be undone.
        case refusal(of: String)

        var peer: String {
            switch self {
            case .decision(let peer), .refusal(let peer): peer
            }
        }
    }

    /// A key that answers, what it is called there, and what it does.
    private struct Choice {
        var letter: String
        var words: String
        var decision: ChatDecision
    }

    /// Whose conversation is open or selected.
    private var lookedAt: String? { transcript?.peer ?? pane.selected }

    /// Whether there is something to decide: about who asks to be heard, and who is blocked.
    var isToDecide: Bool {
        guard let peer = lookedAt, peer != setting.me else { return false }
        return [.request, .blocked].contains(pane.standing(of: peer))
    }

    // MARK: Keys

    /// Asks what is to become of whom one looks at.
    mutating func askForDecision() {
        guard let peer = lookedAt else { return }
        guard peer != setting.me else {
            notice = Notice(sentence: "This is you: there is nothing to decide.", isBad: false)
            return
        }
        guard trouble == nil else {
            notice = Notice(sentence: "Roost is not running: decide when it is back.")
            return
        }
        question = .decision(about: peer)
    }

    /// A key answers a question, or ends it. Nil: it is to do what it does elsewhere, as what is typed must not be lost.
    mutating func answer(_ question: Question, _ key: Key) -> [ChatDirective]? {
        self.question = nil
        let text: String
        switch key {
        case .text(let typed): text = typed
        case .paste: return nil
        default: return []
        }
        guard let choice = choices(question).first(where: { $0.letter == text.uppercased() }) else { return nil }
        if choice.decision == .refuse, case .decision(let peer) = question {
            self.question = .refusal(of: peer)
            return []
        }
        return [.ask(.decide(choice.decision, about: question.peer))]
    }

    private func choices(_ question: Question) -> [Choice] {
        guard case .decision(let peer) = question else {
            return [Choice(letter: "Y", words: "Y deletes", decision: .refuse)]
        }
        let block = Choice(letter: "B", words: "B blocks", decision: .block)
        switch pane.standing(of: peer) {
        case .request:
            return [
                Choice(letter: "A", words: "A accepts", decision: .accept),
                Choice(letter: "R", words: "R refuses", decision: .refuse), block,
            ]
        case .blocked: return [Choice(letter: "U", words: "U unblocks", decision: .unblock)]
        case .accepted, nil: return [block]
        }
    }

    // MARK: Answers

    /// The daemon has done it.
    mutating func decided(_ decision: ChatDecision, about peer: String) {
        requests.want(.list)
        let name = shortName(peer)
        let sentence =
            switch decision {
            case .accept: "\(name) is accepted."
            case .refuse: "What \(name) had written is deleted. They may write again."
            case .block: "\(name) is blocked: what they write is dropped unseen. Ctrl-T takes that back."
            case .unblock: "\(name) is not blocked any more."
            }
        notice = Notice(sentence: sentence, isBad: false)
        guard decision == .refuse else { return }
        // What was begun to them is deleted as well, also what is being kept just now.
        if transcript?.peer == peer {
            editor = LineEditor()
            close()
        }
        drafts.erase(peer)
        keepsDrafts = true
        pane.remove(peer)
    }

    // MARK: What is said

    /// What a question says, and its keys.
    func words(of question: Question) -> (sentence: String, keys: String) {
        let name = shortName(question.peer)
        let keys = (choices(question).map(\.words) + ["Esc doesn't"]).joined(separator: " · ")
        guard case .decision(let peer) = question else {
            return ("Delete all that \(name) has written, and what you began to write to them, for good?", keys)
        }
        let sentence =
            switch pane.standing(of: peer) {
            case .request: "\(name) asks to be heard. Refusing deletes what they wrote."
            case .blocked: "\(name) is blocked."
            case .accepted, nil: "Block \(name)? What they write is then dropped unseen, and they are not told."
            }
        return (sentence, keys)
    }

    /// What somebody is called in a sentence.
    private func shortName(_ peer: String) -> String {
        // They choose it: it must not hide what is said of them.
        let most = min(Chat.longestName, max(Chat.shortID + 1, columns / 2))
        return Cells.fitted(known(peer) ?? Printable.word("\(peer.prefix(Chat.shortID))…"), columns: most)
    }

    /// Characters of an ID, and columns of a name, that leave room for the rest.
    private static let shortID = 14
    private static let longestName = 40
}
