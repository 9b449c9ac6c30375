/// Texts that are being written and not sent, by peer: those here, and what the daemon has of them as far as is known.
struct ChatDrafts: Sendable {
    /// Of conversations that aren't open.
    private var texts: [String: LineEditor] = [:]
    /// What the daemon has; nothing of those of whom it hasn't said so yet.
    private var kept: [String: String] = [:]
    /// What it was asked to keep and hasn't answered.
    private var underWay: [String: String] = [:]
    /// What it was asked to keep and may have or not, as its answer never came.
    private var unsure: [String: String] = [:]
    /// What it won't keep.
    private var refused: [String: String] = [:]

    var count: Int { texts.count }

    // MARK: What is written

    mutating func take(_ peer: String) -> LineEditor { texts.removeValue(forKey: peer) ?? LineEditor() }

    mutating func put(_ editor: LineEditor, _ peer: String) { texts[peer] = editor.isEmpty ? nil : editor }

    /// Nothing is begun to a peer any more, whatever the daemon has or is being asked to keep.
    mutating func erase(_ peer: String) {
        (texts[peer], kept[peer], underWay[peer], refused[peer]) = (nil, nil, nil, nil)
        unsure[peer] = ""
    }

    /// What is being written to a peer whose conversation isn't open.
    func text(of peer: String) -> String { texts[peer]?.text ?? "" }

    /// Whether it was asked to keep a text of a peer and hasn't answered.
    func isKeeping(_ peer: String) -> Bool { underWay[peer] != nil }

    /// Whether it is known what the daemon has of a peer.
    func isKnown(_ peer: String) -> Bool { kept[peer] != nil && unsure[peer] == nil }

    // MARK: What the daemon says

    /// It has this text, of a conversation that isn't open any more.
    mutating func found(_ text: String, ofClosed peer: String) {
        guard let editor = texts[peer], let found = found(text, of: peer, written: editor) else { return }
        put(found, peer)
    }

    /// It has this text. Returns what is to stand in place of what is being written there; nil: that stays.
    mutating func found(_ text: String, of peer: String, written editor: LineEditor) -> LineEditor? {
        if unsure.removeValue(forKey: peer) == text {
            // It was written here: what stands here now is newer.
            kept[peer] = text
            return nil
        }
        let known = kept.updateValue(text, forKey: peer)
        guard editor.text != text else { return nil }
        // Something else was typed here meanwhile.
        if let known { return editor.text == known ? LineEditor(text) : nil }
        guard !editor.isEmpty, !text.isEmpty else { return editor.isEmpty ? LineEditor(text) : nil }
        // Typed before it was known that there is something already: neither is lost.
        guard editor.hasRoom(for: text.utf8.count + 1) else { return nil }
        return LineEditor(text + "\n" + editor.text)
    }

    /// It keeps this text by now.
    mutating func keeps(_ text: String, of peer: String) {
        end(text, of: peer)
        // Texts are written in the order of asking: no earlier one comes after this.
        unsure[peer] = nil
        kept[peer] = text
    }

    /// It won't keep this text, or hasn't answered.
    mutating func doesNotKeep(_ text: String, of peer: String, isRefused: Bool) {
        end(text, of: peer)
        if isRefused { refused[peer] = text } else { unsure[peer] = text }
    }

    /// An answer may come after the daemon was away, when another text is under way by then.
    private mutating func end(_ text: String, of peer: String) {
        if underWay[peer] == text { underWay[peer] = nil }
    }

    /// Somebody wants to know whether there is room by now.
    mutating func tryAgain() { refused = [:] }

    /// The daemon is away, or back: what was asked may have been done or not.
    mutating func forget() {
        unsure.merge(underWay) { $1 }
        underWay = [:]
        refused = [:]
    }

    // MARK: What it is to be told

    /// The texts that it hasn't, or may not have for long: while another is under way, that one would stand in the end. Those that it won't
    /// keep are left out. `isOnItsWay`: whether a message to somebody is on its way to the daemon;
    /// until it is there, what was begun stays kept.
    func ahead(
        open: (peer: String, text: String)?, isOnItsWay: (String) -> Bool
    ) -> [(peer: String, text: String)] {
        var all = texts.mapValues(\.text)
        for peer in [kept, underWay, unsure].flatMap(\.keys) where all[peer] == nil { all[peer] = "" }
        if let open { all[open.peer] = open.text }
        return all.filter { peer, text in
            let isKept = text == kept[peer] ?? "" && underWay[peer] == nil && unsure[peer] == nil
            return !isKept && refused[peer] != text && !(text.isEmpty && isOnItsWay(peer))
        }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// What is to be asked, one text at a time of each peer: they must not overtake one another.
    mutating func due(_ ahead: [(peer: String, text: String)]) -> [ChatRequest] {
        ahead.filter { underWay[$0.peer] == nil }.map { peer, text in
            underWay[peer] = text
            return .keepDraft(to: peer, text: text)
        }
    }
}
