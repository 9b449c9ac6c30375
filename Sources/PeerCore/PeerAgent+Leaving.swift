import Basics

/// The end of the program: what others are to hear of what was done leaves first. Whoever comes by for seconds only would
/// leave senders without a word, and buddies with mail that is done, until they come again.
extension PeerAgent {
    /// Whether others are to hear something that may leave soon: receipts, unless they were tried in vain already, and
    /// tombstones. False where nobody can be reached.
    public var owesOthers: Bool {
        guard isJoined, clock.isUsable else { return false }
        if mailboxes.contains(where: { !$0.tombstones.isEmpty || errands.isUnderWay(.discard($0.epoch)) }) {
            return true
        }
        let batches = receiptBatches.values.filter { pendingMessages[$0]?.failures == 0 }
        return !batches.isEmpty || view.peersOwedReceipts().contains { receiptBatches[$0] == nil }
    }

    /// Has what others are to hear leave at once, receipts by both ways at the same time: the program is about to end.
    public mutating func hurry(now: Now, into outbox: inout PeerOutbox) {
        isLeaving = true
        guard owesOthers else { return }
        for mailbox in mailboxes { startDiscard(mailbox.epoch, &outbox) }
        for peer in view.peersOwedReceipts() {
            agenda.remove(.receipts(peer))
            batchReceipts(for: peer, now)
        }
        for id in view.outboxIDs(OutboxTable.active) where pendingMessages[id]?.entry.kind == .receipt {
            becomeReady(id)
            startDeposit(id, now, &outbox)
        }
        startReady(now, &outbox)
    }
}
