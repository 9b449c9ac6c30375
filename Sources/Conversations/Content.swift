import Basics
import Cryptography

/// The content of an envelope: what one person tells another.
public struct Content: Hashable, Sendable {
    /// What it is about.
    public enum Body: Hashable, Sendable {
        /// A message to be read.
        case text(String)
        /// Messages of the other side that have arrived, and those that have been read.
        case receipt(delivered: [MessageID], read: [MessageID])
        /// Something of a later version: the number of its kind, and the whole content as it came, for that version to read.
        case unknown(UInt8, bytes: [UInt8])
    }

    /// Drawn by the sender; the same message never has two.
    public var id: MessageID
    /// The sender's previous message in this conversation, which should be read first.
    public var parent: MessageID?
    /// The sender's logical time in this conversation (Lamport, 1978); 0 for content outside the order.
    public var lamport: UInt64
    /// By the sender's clock: to be shown, never to order by.
    public var sentAt: UnixTime
    public var body: Body
    /// With which the recipient signs what they bring to the sender's mailbox: the sender accepts them.
    public var deliverySecret: DeliverySecret?
    /// What the sender calls themselves, where they say it with this message.
    public var name: NameClaim?
    /// Whom the sender introduces with this message, not verified; the text says it as well, to programs that don't know cards.
    public var introduction: Introduction?

    public init(
        id: MessageID, parent: MessageID? = nil, lamport: UInt64 = 0, sentAt: UnixTime, body: Body,
        deliverySecret: DeliverySecret? = nil, name: NameClaim? = nil,
        introduction: Introduction? = nil
    ) {
        self.id = id
        self.parent = parent
        self.lamport = lamport
        self.sentAt = sentAt
        self.body = body
        self.deliverySecret = deliverySecret
        self.name = name
        self.introduction = introduction
    }
}
