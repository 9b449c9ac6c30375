import Basics
import Conversations

/// Receipts: owed durably from the moment a message is durable, gathered by peer, and sent as envelopes like any other.
///
/// They are owed for what lay in a mailbox, and for what was read; to a direct delivery its acceptance is the receipt.
/// For receipts there are none: they are done with when a quorum keeps them.
extension PeerAgent {
    /// How long receipts gather: a mailbox is read in bursts.
    private static let gathering = Duration.milliseconds(500)
    /// How long receipts wait when those of too many peers are under way.
    private static let postponement = Duration.seconds(600)
    /// An envelope that is still offered so many seconds after its receipt: the receipt may have been lost.
    private static let repetitionSeconds: Int64 = 3_600

    mutating func scheduleReceipts(for peer: PeerID, _ now: Now) {
        guard !agenda.contains(.receipts(peer)) else { return }
        agenda.set(.receipts(peer), at: now.monotonic + (isLeaving ? .zero : PeerAgent.gathering))
    }

    /// Moves what is owed to a peer into an outbox entry: in one batch, so that it is always in exactly one of them.
    mutating func batchReceipts(for peer: PeerID, _ now: Now) {
        guard receiptBatches[peer] == nil else { return }
        guard receiptBatches.count < Limits.receiptBatches else {
            return agenda.set(.receipts(peer), at: now.monotonic + jitter.jittered(PeerAgent.postponement))
        }
        let owed = view.owedReceipts(to: peer, limit: Limits.receiptsPerEnvelope)
        guard !owed.isEmpty else { return }
        for receipt in owed { view.remove(.conversations, ConversationTable.owedKey(peer, receipt.id)) }
        let content = Content(
            id: secrets.messageID(), sentAt: now.utc,
            body: .receipt(
                delivered: owed.filter { $0.receipt == .delivered }.map(\.id),
                read: owed.filter { $0.receipt == .read }.map(\.id)))
        receiptBatches[peer] = content.id
        accept(content, to: peer, .receipt, nil, now)
    }

    /// A peer says that a message of ours has arrived, or was read. True even when it is late.
    mutating func confirm(
        _ id: MessageID, by peer: PeerID, _ state: MessageState, _ now: Now, _ outbox: inout PeerOutbox
    ) {
        guard let entry = view.outboxEntry(id), entry.kind == .message, entry.to == peer, entry.epoch != nil,
            entry.state != .read, entry.state != state
        else { return }
        conclude(id, as: state, via: entry.via ?? .mailbox, now, &outbox)
    }

    /// A buddy still offers an envelope that is done: perhaps its sender never heard that it has arrived.
    mutating func repeatReceipt(_ done: DoneEntry, _ envelope: EnvelopeID, expiry: Day, _ now: Now) {
        guard let message = done.message, let sender = done.sender, sender != id else { return }
        if let last = done.receiptAt, (0..<PeerAgent.repetitionSeconds).contains(now.utc.seconds(since: last)) {
            return
        }
        var repeated = done
        repeated.receiptAt = now.utc
        view.put(.inbox, InboxTable.doneKey(expiry, envelope), repeated.encoded)
        view.putOwedReceipt(view.trueReceipt(for: message, from: sender), to: sender, for: message)
        scheduleReceipts(for: sender, now)
    }
}
