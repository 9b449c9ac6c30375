import Basics
import PeerCore

extension RoostNode {
    /// What this person has begun to write to a peer and hasn't sent; nil where that is nothing.
    public func draft(to peer: PeerID) -> Draft? { station?.agent?.draft(to: peer) }

    /// All that was begun: at most `Limits.drafts`, in the order of the peers' IDs.
    public func drafts() -> [Draft] { station?.agent?.drafts() ?? [] }

    /// Keeps what was begun to a peer in place of what was before, or removes it with an empty text; returns once that is durable.
    public func setDraft(_ text: String, to peer: PeerID) async throws(ServiceError) {
        switch try await durably({ station?.setDraft(text, to: peer, now: SystemClock.now(), into: &effects) }) {
        case .kept: break
        case .tooLong:
            throw ServiceError(
                .messageInvalid,
                "The text is longer than \(Limits.textSize) bytes, which no message may be: shorten it.")
        case .full:
            throw ServiceError(
                .outboxFull,
                "There are \(Limits.drafts) texts that are begun and not sent, or more than \(Limits.draftBytes) bytes of them: send or remove some."
            )
        }
    }

    /// Whether this person lets others know what they have read, and so sees what others have read of theirs.
    public func tellsOfReading() -> Bool { station?.agent?.tellsOfReading ?? true }

    /// Has others know, or not, what is read from now on; returns once that is durable.
    public func setTellsOfReading(_ isOn: Bool) async throws(ServiceError) {
        try await durably { station?.setTellsOfReading(isOn, now: SystemClock.now(), into: &effects) }
    }
}
