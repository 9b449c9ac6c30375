import Basics
import Exchange

/// What a `PeerAgent` wants done and made known. The driver owns one, drains it after every call and reuses it.
public struct PeerOutbox: Sendable {
    /// For the node, in this order. A `.fetch` has the ID of the collect it answers.
    public var commands: [(id: CommandID, command: NodeCommand)] = []
    /// For observers of the agent, in this order.
    public var notices: [PeerNotice] = []

    /// What there is to count, since the driver last looked.
    public var activity = PeerActivity()
    /// How often rare branches were reached, where the driver counts them.
    public var marks = Marks()
    /// The rare paths that are switched on: none, but in simulations that ask for it.
    public var buggify = Buggify()

    public init() {}

    /// Empties both, keeping their storage.
    public mutating func removeAll() {
        commands.removeAll(keepingCapacity: true)
        notices.removeAll(keepingCapacity: true)
    }
}

/// News for the person.
public enum PeerNotice: Hashable, Sendable {
    /// The message that `send` returned is durable: from now on it arrives exactly once, or is reported as failed.
    case accepted(MessageID)
    /// The message that `send` returned could not be made durable and is forgotten; the sentence says why.
    case notAccepted(MessageID, reason: String)
    /// The state of a sent message has changed.
    case changed(SentMessage)
    /// A message has arrived, is durable and is next in order.
    case received(IncomingMessage)
    /// Messages of the conversation with this peer were marked as read or deleted, or its peer was accepted or blocked.
    case conversationChanged(PeerID)
    /// What this person has begun to write to a peer is another text, or none.
    case draftChanged(PeerID)
}

/// Why a `PeerAgent` wants to be woken.
public enum PeerDeadline: Hashable, Sendable {
    /// A message or receipt is due to be sent, or sent again.
    case sending
    /// Receipts are due to be gathered into an envelope.
    case receipts
    /// A mailbox is due to be looked into.
    case polling
    /// Envelopes that are done are due to be discarded.
    case discarding
    /// The own records are due to be published.
    case publishing
    /// A withheld message has waited long enough for the one before it.
    case ordering
    /// Messages of an older store are due to get their numbers, or their places in conversations.
    case numbering
    /// Expiry and the change of epochs.
    case housekeeping
}
