import ControlAPI

/// What was typed is kept by the daemon: while nothing is typed for a moment, when another conversation is opened, and at the end.
extension Chat {
    /// What the daemon hasn't by now.
    var ahead: [(peer: String, text: String)] {
        drafts.ahead(open: transcript.map { ($0.peer, editor.text) }) { peer in
            outgoing.contains { $0.isOnlyHere && $0.message.to == peer }
        }
    }

    /// What it is to be asked to keep before this program ends, whether or not it was asked before; nothing while it is away.
    public var unkept: [ChatRequest] {
        trouble == nil ? ahead.map { .keepDraft(to: $0.peer, text: $0.text) } : []
    }

    /// The daemon says what was begun to somebody.
    mutating func take(_ draft: DraftReport) {
        requests.end(.draft(draft.peer), isDone: true)
        guard draft.peer == transcript?.peer else { return drafts.found(draft.text, ofClosed: draft.peer) }
        if let found = drafts.found(draft.text, of: draft.peer, written: editor) { editor = found }
    }

    /// The daemon keeps a text by now.
    mutating func keeps(_ text: String, of peer: String) {
        drafts.keeps(text, of: peer)
        // More may have been typed meanwhile.
        keepsDrafts = true
    }

    /// What the daemon is to be asked to keep now. A text isn't kept while the one in its place is read, and not before it was read once:
    /// the answer would be an old one, or that text would be lost.
    mutating func draftsDue() -> [ChatRequest] {
        guard keepsDrafts else { return [] }
        let ahead = ahead
        let ready = ahead.filter { peer, _ in
            let read = ChatRequests.Want.draft(peer)
            return !requests.isAsking(read) && (drafts.isKnown(peer) || !requests.isWanting(read))
        }
        keepsDrafts = ready.count < ahead.count
        return drafts.due(ready)
    }

    /// It doesn't, for this reason, or as it went away.
    mutating func doesNotKeep(_ text: String, of peer: String, sentence: String?, isRefused: Bool) {
        drafts.doesNotKeep(text, of: peer, isRefused: isRefused)
        guard trouble != nil || text == (peer == transcript?.peer ? editor.text : drafts.text(of: peer)) else {
            // Another text is there by now, whose answer counts.
            keepsDrafts = true
            return
        }
        guard isLeaving else {
            if let sentence { notice = Notice(sentence: "What you typed is not kept: \(sentence)") }
            return
        }
        isLeaving = false
        mayLeave = true
        let reason = sentence.map { ": \($0)" } ?? ", as Roost went away:"
        notice = Notice(sentence: "What you typed can't be kept\(reason) Ctrl-Q again leaves all the same.")
    }
}
