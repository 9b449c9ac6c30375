import Basics
import Storage

extension Turn {
    /// Writes down that an outbox entry has changed. Observers hear of it when that is durable: a failed commit would
    /// take it back.
    mutating func writeChange(of id: MessageID, from before: OutboxEntry, to after: OutboxEntry) {
        let ticket = view.putOutboxEntry(id, after)
        guard after.kind == .message else { return }
        moveInTime(id, before, after)
        noteToldName(of: id, before, after)
        self.after(ticket, .change(SentChange(id: id, before: before, after: after)))
    }

    /// A message that was accepted by a clock in doubt has got another time.
    private mutating func moveInTime(_ id: MessageID, _ before: OutboxEntry, _ after: OutboxEntry) {
        guard before.acceptedAt != after.acceptedAt, let lamport = view.outboxContent(id)?.lamport else { return }
        let position = InboxPosition(lamport: lamport, from: person, id: id)
        view.removeTime(before.acceptedAt, of: position, with: after.to)
        view.putTime(after.acceptedAt, of: position, with: after.to, .sent)
    }

    /// Notes that the recipient now knows the name that this message carried. Not if it was sealed more than once: which envelope was
    /// opened is unknown.
    private mutating func noteToldName(of id: MessageID, _ before: OutboxEntry, _ after: OutboxEntry) {
        guard after.state == .delivered || after.state == .read, let sealing = before.sealing, sealing.repetitions == 0,
            let name = view.outboxContent(id)?.name
        else { return }
        view.nameWasTold(name, to: after.to, in: sealing.keys.generation, today: now.utc.day)
    }
}
