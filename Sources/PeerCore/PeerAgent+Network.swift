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
        restartSending(&outbox)
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

    /// What is on its way may wait for answers that can't come any more, and has counted as gone whoever was silent
    /// meanwhile: what nobody has yet begins again. Buddies keep the chunks that they have of it.
    private mutating func restartSending(_ outbox: inout PeerOutbox) {
        for id in view.outboxIDs(OutboxTable.active) {
            guard let parcel = parcels[id], parcel.phase == .sending, parcel.entry.state == .queued else { continue }
            for command in [parcel.direct, parcel.deposit] {
                guard let command else { continue }
                errands.end(command)
                outbox.commands.append((errands.unanswered(), .cancel(command)))
            }
            if parcel.direct != nil { ways.abandon(to: parcel.entry.to) }
            parcels[id]?.direct = nil
            parcels[id]?.deposit = nil
            agenda.remove(.deposit(id))
            enter(.resting, id)
            becomeReady(id)
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
