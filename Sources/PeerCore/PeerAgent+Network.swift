import Basics
import Exchange

// What a person's side does when the network changes that its machine is in, or comes back after an outage.
extension PeerAgent {
    /// The machine has other addresses or other ways out than before, or has regained them: what waits because something
    /// failed is tried again at once. To be called by the driver, after `Node.networkChanged`.
    public mutating func networkChanged(now: Now, into outbox: inout PeerOutbox) {
        clock.look(now)
        beginAnew(now, &outbox)
        startReady(now, &outbox)
    }

    /// Ends every pause that a failure began.
    mutating func beginAnew(_ now: Now, _ outbox: inout PeerOutbox) {
        guard isJoined else { return }
        ways.reopen()
        records.forgetMisses()
        restartLookups(&outbox)
        retryUnstored(now)
        rhythm.hurry(now: now.monotonic)
        abandonCollects(&outbox)
        resumePolling(now, after: .zero)
        publishAnew(now)
    }

    /// Lookups of records under way have counted as silent whoever was asked meanwhile: they begin again.
    private mutating func restartLookups(_ outbox: inout PeerOutbox) {
        for before in records.entries where !before.lookups.isEmpty {
            for lookup in before.lookups {
                errands.end(lookup.command)
                outbox.commands.append((errands.unanswered(), .cancel(lookup.command)))
            }
            var entry = before
            entry.lookups = []
            entry.waiting = []
            records[entry.peer] = entry
            for id in before.waiting where parcels[id]?.phase == .finding {
                enter(.resting, id)
                becomeReady(id)
            }
        }
    }

    /// What is being collected may wait for answers that can't come any more: it begins again.
    private mutating func abandonCollects(_ outbox: inout PeerOutbox) {
        for index in mailboxes.indices {
            guard let command = mailboxes[index].collect else { continue }
            errands.end(command)
            outbox.commands.append((errands.unanswered(), .cancel(command)))
            mailboxes[index].collect = nil
        }
    }

    /// What fell short is published at once; what did not, once the node may know where it is seen now.
    private mutating func publishAnew(_ now: Now) {
        let pause = publication.failures > 0 ? Duration.zero : Publication.patience
        publication.failures = 0
        publication.startOver()
        agenda.set(.publish, at: now.monotonic + pause)
    }
}
