import Basics

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
        retryStoredLately(now)
        rhythm.hurry(now: now.monotonic)
        abandonCollects(&outbox)
        resumePolling(now, after: .zero)
        agenda.set(.publish, at: now.monotonic + publication.beginAnew())
    }

    /// Lookups of records under way have counted as silent whoever was asked meanwhile: they begin again.
    private mutating func restartLookups(_ outbox: inout PeerOutbox) {
        for before in records.entries where before.isUnderWay {
            var lookup = before
            let (epochs, waiting) = lookup.end()
            for epoch in epochs { errands.cancel(.record(lookup.peer, epoch), &outbox) }
            records[lookup.peer] = lookup
            for id in waiting where pendingMessages[id]?.phase == .finding {
                enter(.resting, id)
                becomeReady(id)
            }
        }
    }

    /// What is on its way may wait for answers that can't come any more, and has counted as gone whoever was silent
    /// meanwhile: what nobody has yet begins again. Buddies keep the chunks that they have of it.
    private mutating func restartSending(_ outbox: inout PeerOutbox) {
        for id in view.outboxIDs(OutboxTable.active) {
            guard let pending = pendingMessages[id], pending.phase == .sending, pending.entry.state == .queued else {
                continue
            }
            if errands.cancel(.direct(id), &outbox) { ways.abandon(to: pending.entry.to) }
            errands.cancel(.deposit(id), &outbox)
            agenda.remove(.deposit(id))
            enter(.resting, id)
            becomeReady(id)
        }
    }

    /// What is being collected may wait for answers that can't come any more: it begins again.
    private mutating func abandonCollects(_ outbox: inout PeerOutbox) {
        for mailbox in mailboxes { errands.cancel(.collect(mailbox.epoch), &outbox) }
    }
}
