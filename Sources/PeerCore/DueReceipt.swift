import Basics

/// A receipt that a peer is to get for a message of theirs.
struct DueReceipt {
    let to: PeerID
    let message: MessageID
    /// Whether it was read, and not only delivered.
    let isRead: Bool
}
