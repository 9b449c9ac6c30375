import Basics

/// What other components are to do about what was done in this folder.
enum SendingDirective {
    /// This peer's record has led nowhere.
    case distrust(PeerID)
    /// Nothing arrives over the way to this peer.
    case giveUpWay(PeerID)
    /// This peer isn't reached straight, as far as can be told, and something waits for them in this mailbox.
    case wantWay(PeerID, MailboxID)
    /// The batch of receipts to this peer is done with.
    case receiptsHaveEnded(PeerID)
}

/// A message whose recipient's record is needed.
struct WantedRecord {
    let id: MessageID
    let peer: PeerID
}
