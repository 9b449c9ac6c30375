import Basics
import Conversations

/// Which pending messages the envelopes are of that were brought to mailboxes since the program began: a buddy may say at once that
/// one was collected.
struct DepositedEnvelopes {
    /// Oldest first.
    private var entries: [(envelope: EnvelopeID, message: MessageID)] = []

    /// The pending message that an envelope is of.
    subscript(envelope: EnvelopeID) -> MessageID? { entries.first { $0.envelope == envelope }?.message }

    /// An envelope is being brought to a mailbox. Of so many the oldest is forgotten: it is found out when it is brought again.
    mutating func insert(_ envelope: EnvelopeID, of message: MessageID) {
        remove(message)
        if entries.count >= Limits.collectionsAwaited { entries.removeFirst() }
        entries.append((envelope, message))
    }

    /// It is known of a message what became of it.
    mutating func remove(_ message: MessageID) { entries.removeAll { $0.message == message } }
}
