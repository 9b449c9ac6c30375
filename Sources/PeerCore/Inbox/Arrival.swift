import Basics
import Conversations
import Exchange

/// An envelope that was opened, and what it brings. It goes from `Inbox.open` to `Inbox.store`.
struct Letter {
    let opened: OpenedEnvelope
    let envelope: EnvelopeID
    /// The mailbox that it was sealed for.
    let epoch: Epoch
    let expiry: Day
    /// The sender that waits for confirmation, if the envelope was delivered directly.
    let delivery: DeliveryID?
}

/// What is being made durable of something that has come.
struct Arrival {
    /// The envelope and where it lay; nil for what this person wrote to themselves.
    var envelope: EnvelopeID?
    var epoch = Epoch(number: 0)
    var expiry = Day(number: 0)
    /// Whether buddies hold it.
    var isInMailbox = false
    /// Senders that wait to hear what became of it.
    var deliveries: [DeliveryID] = []
    /// What they are told.
    var answer = DeliveryAnswer.accepted
    /// The message that was in it, unless it was there before.
    var position: InboxPosition?
    /// The peer that is owed a receipt.
    var owed: PeerID?

    /// The envelope, where buddies are to be told that it is done.
    var envelopeInMailbox: EnvelopeID? { isInMailbox ? envelope : nil }
}
