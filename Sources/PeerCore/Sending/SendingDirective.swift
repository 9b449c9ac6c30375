import Basics

/// What other components are to do about what was done in this folder.
enum SendingDirective {
    /// This peer's record has led nowhere.
    case distrust(PeerID)
    /// The batch of receipts to this peer is done with.
    case receiptsHaveEnded(PeerID)
}

/// A message whose recipient's record is needed.
struct WantedRecord {
    let id: MessageID
    let peer: PeerID
}
