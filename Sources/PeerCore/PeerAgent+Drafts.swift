import Basics
import Storage

/// What was begun and not sent.
extension PeerAgent {
    /// What this person has begun to write to a peer, as it is on disk; nil where that is nothing.
    public func draft(to peer: PeerID) -> Draft? { turn.view.durable.draft(to: peer) }

    /// All that was begun, as it is on disk: at most `Limits.drafts`, in the order of the peers' IDs.
    public func drafts() -> [Draft] { turn.view.durable.drafts() }

    /// Keeps what was begun to a peer in place of what was before, or removes it with an empty text: for good once `lastWrite` is
    /// durable.
    public mutating func setDraft(
        _ text: String, to peer: PeerID, now: Now, into outbox: inout PeerOutbox
    ) -> DraftOutcome {
        during(now, &outbox) { $0.setDraft(text, to: peer) }
    }

    private mutating func setDraft(_ text: String, to peer: PeerID) -> DraftOutcome {
        guard !text.isEmpty else {
            removeDraft(to: peer)
            return .kept
        }
        guard text.utf8.count <= Limits.textSize else { return .tooLong }
        // By its bytes: texts that only look alike are two.
        if let known = turn.view.draft(to: peer), known.text.utf8.elementsEqual(text.utf8) { return .kept }
        guard turn.view.hasRoom(forDraftOf: text.utf8.count, to: peer) else { return .full }
        turn.view.putDraft(text, to: peer, changedAt: turn.now.utc)
        turn.after(lastWrite, .notice(.draftChanged(peer)))
        return .kept
    }

    /// What was begun is sent, or its conversation deleted.
    mutating func removeDraft(to peer: PeerID) {
        guard turn.view.removeDraft(to: peer) else { return }
        turn.after(lastWrite, .notice(.draftChanged(peer)))
    }

    /// A text is sent: if it is what was begun, that has ended with it, in the same batch. So no crash between the two leaves a text that
    /// was sent as one that wasn't.
    mutating func endDraft(_ text: String, to peer: PeerID) {
        guard let draft = turn.view.draft(to: peer), draft.text.utf8.elementsEqual(text.utf8) else { return }
        removeDraft(to: peer)
    }
}
