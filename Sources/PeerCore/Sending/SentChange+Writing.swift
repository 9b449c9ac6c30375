import Basics
import Storage

extension Turn {
    /// Writes down that an outbox entry has changed. Observers hear of it when that is durable: a failed commit would
    /// take it back.
    mutating func writeChange(of id: MessageID, from before: OutboxEntry, to after: OutboxEntry) {
        let ticket = view.putOutboxEntry(id, after)
        guard after.kind == .message else { return }
        self.after(ticket, .change(SentChange(id: id, before: before, after: after)))
    }
}
