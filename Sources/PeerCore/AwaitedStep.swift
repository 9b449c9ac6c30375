import Basics
import Storage

/// What follows from a write, once that is durable.
enum AwaitedStep {
    /// A message or a batch of receipts was taken over.
    case acceptance(MessageID)
    /// A sent message has got further.
    case change(SentChange)
    /// An envelope for this peer is about to be sent.
    case envelope(MessageID, to: PeerID)
    /// What was opened, or written to oneself, is in the inbox; the ticket names it there.
    case arrival(Ticket)
    /// Mail that can't be opened was discarded.
    case unopenedDiscard(UnopenedEntry)
    /// A withheld message has its number in the order of arrival.
    case lateNumber(InboxPosition, arrival: UInt64)
    /// So many messages of an older store have theirs.
    case oldNumbers(through: UInt64)
    /// Messages of an older store have their places in conversations.
    case historyPortion
    /// The person has changed something, which others of their programs are to hear.
    case notice(PeerNotice)
    /// What others need in order to use the person's new records.
    case ownRecords
}
