import Basics

extension PeerAgent {
    /// Has what is owed to a peer sent soon. Where to, is looked for while receipts gather.
    mutating func scheduleReceipts(for peer: PeerID) {
        receipts.scheduleBatch(for: peer, &turn)
        guard turn.isJoined, turn.clock.isUsable else { return }
        carry(directory.prepare(for: peer, &turn))
    }

    /// Sends what is owed to a peer.
    mutating func sendReceipts(to peer: PeerID) {
        if let content = receipts.nextBatch(for: peer, &turn) { accept(content, to: peer, .receipt, key: nil) }
    }
}
