import Basics
import Conversations
import Storage

/// Receipts: owed durably from the moment a message is durable, gathered by peer, and sent as envelopes like any other.
///
/// They are owed for what lay in a mailbox, and for what was read; for a direct delivery, its acceptance is the
/// receipt. There are no receipts for receipts: a batch is done with when a quorum keeps it.
struct Receipts {
    /// The batch of receipts under way to a peer: one at a time, so that the next gathers more.
    private var batches: [PeerID: MessageID] = [:]

    /// How long receipts gather: what was fetched together becomes durable together. What comes later gathers while these are under way.
    private static let gathering = Duration.milliseconds(100)
    /// How long receipts wait when those of too many peers are under way.
    private static let postponement = Duration.seconds(600)

    /// Begins with the batches that the outbox holds, and with what the store says is owed.
    mutating func load(_ underWay: [(id: MessageID, to: PeerID)], _ turn: inout Turn) {
        batches = [:]
        for batch in underWay { batches[batch.to] = batch.id }
        for peer in turn.view.peersOwedReceipts() { scheduleBatch(for: peer, &turn) }
    }

    /// Writes down that a peer is owed a receipt, in the batch of the message that it is for. It is sent once it is scheduled.
    func owe(_ receipt: DueReceipt, _ turn: inout Turn) {
        turn.view.putOwedReceipt(receipt.isRead ? .read : .delivered, to: receipt.to, for: receipt.message)
    }

    /// Has what is owed to a peer sent soon, together with what else is owed by then.
    func scheduleBatch(for peer: PeerID, _ turn: inout Turn) {
        guard !turn.agenda.contains(.receipts(peer)) else { return }
        let isHurried = turn.isLeaving || turn.buggifies(.receiptsAtOnce)
        turn.schedule(.receipts(peer), in: isHurried ? .zero : Receipts.gathering)
    }

    /// Moves what is owed to a peer into an outbox entry: in one batch, so that it is always in exactly one of them. Returns what
    /// is to be sent; nil where nothing is to be now.
    mutating func nextBatch(for peer: PeerID, _ turn: inout Turn) -> Content? {
        guard batches[peer] == nil else { return nil }
        guard batches.count < Limits.receiptBatches else {
            turn.mark(.receiptBatchesFull)
            turn.schedule(.receipts(peer), in: turn.jitter.jittered(Receipts.postponement))
            return nil
        }
        let owed = turn.view.owedReceipts(to: peer, limit: Limits.receiptsPerEnvelope)
        guard !owed.isEmpty else { return nil }
        for receipt in owed { turn.view.remove(.conversations, ReceiptTable.owedKey(peer, receipt.id)) }
        let content = Content(
            id: turn.secrets.messageID(), sentAt: turn.now.utc,
            body: .receipt(
                delivered: owed.filter { $0.receipt == .delivered }.map(\.id),
                read: owed.filter { $0.receipt == .read }.map(\.id)))
        batches[peer] = content.id
        return content
    }

    /// The batch under way to a peer is done with.
    mutating func batchHasEnded(to peer: PeerID, _ turn: inout Turn) {
        batches[peer] = nil
        scheduleBatch(for: peer, &turn)
    }

    /// The batches under way, in the order of the peers' IDs.
    var underWay: [(to: PeerID, batch: MessageID)] {
        batches.map { (to: $0.key, batch: $0.value) }.sorted { $0.to < $1.to }
    }

    /// The peers who are owed receipts that don't gather any longer, as the program is about to end.
    func peersToHurry(_ turn: inout Turn) -> [PeerID] {
        let peers = turn.view.peersOwedReceipts()
        for peer in peers { turn.unschedule(.receipts(peer)) }
        return peers
    }

    /// Whether receipts for peers may leave soon. `isFresh`: whether no attempt to send a batch has failed yet.
    func owesPeers(_ view: StoreView, isFresh: (MessageID) -> Bool) -> Bool {
        let underWay = batches.values.filter(isFresh)
        return !underWay.isEmpty || view.peersOwedReceipts().contains { batches[$0] == nil }
    }
}
