import Basics
import Cryptography
import Wire

/// The state that this person's conversation with one peer needs between two messages: a value that its owner keeps on
/// disk.
///
/// It writes, seals and opens every message of the conversation, and each of these may change it. The change must be
/// committed in the same batch as the message, or not at all. Then a failed commit takes both back, and no state of it
/// is ever used twice or skipped.
public struct Conversation: Hashable, Sendable {
    /// The highest logical time seen or given (Lamport, 1978).
    public private(set) var lamport: UInt64 = 0
    /// The last message sent: the causal parent of the next.
    public private(set) var lastSent: MessageID?

    public init() {}

    /// Places the next message after all that were sent and seen.
    public mutating func compose(_ body: Content.Body, id: MessageID, at now: UnixTime) -> Content {
        lamport = min(lamport + 1, Limits.lamport)
        defer { lastSent = id }
        return Content(id: id, parent: lastSent, lamport: lamport, sentAt: now, body: body)
    }

    /// The bytes of a new envelope for the peer whose record is given; as `EnvelopeCipher.seal`. The changed
    /// conversation is committed with the envelope.
    public mutating func seal(
        _ content: Content, to record: PeerRecord, mailbox: MailboxID, expiry: Day, signer: DeliverySigner? = nil,
        with cipher: EnvelopeCipher, generator: inout SecureGenerator
    ) throws(SealError) -> [UInt8] {
        try cipher.seal(content, to: record, mailbox: mailbox, expiry: expiry, signer: signer, generator: &generator)
    }

    /// Opens an envelope from a mailbox of this person; as `EnvelopeCipher.open`. Its sender is known only once it is
    /// open; then `find` is asked for the conversation with that peer. The result has that conversation as the envelope
    /// changed it, which is committed with the message.
    public static func open(
        _ envelope: [UInt8], mailbox: MailboxID, prekeys: PrekeyRing, with cipher: EnvelopeCipher,
        senders: inout VerifiedSenders, find: (PeerID) -> Conversation
    ) throws(OpenError) -> OpenedEnvelope {
        let (sender, content) = try cipher.open(
            envelope, mailbox: mailbox, prekeys: prekeys, senders: &senders)
        var conversation = find(sender)
        conversation.receive(content)
        return OpenedEnvelope(sender: sender, content: content, conversation: conversation)
    }

    /// A message of the peer was opened.
    private mutating func receive(_ content: Content) { lamport = max(lamport, content.lamport) }
}

/// The content of an envelope.
public struct OpenedEnvelope: Sendable {
    /// The sender; verified.
    public let sender: PeerID
    public let content: Content
    /// The conversation with the sender, once the content is on disk.
    public let conversation: Conversation
}

extension Conversation {
    /// As it is kept on disk: tagged fields, 1 the logical time u64, 2 the last message sent.
    public init(_ span: RawSpan) throws(DecodeError) {
        var fields = FieldReader(span)
        while let (tag, value) = try fields.next(span) {
            switch tag {
            case 1: lamport = try value.integer(span)
            case 2: lastSent = MessageID(try value.integer(span))
            default: break
            }
        }
    }

    public var encoded: [UInt8] {
        var fields = FieldWriter()
        fields.integer(1, lamport)
        if let lastSent { fields.bytes(2, lastSent.array) }
        return fields.bytes
    }
}
