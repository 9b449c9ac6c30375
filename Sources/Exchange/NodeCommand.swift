import Basics
import Wire

/// Names a command that a `PeerAgent` or a person gave to a node, and with it all events that answer it.
public struct CommandID: Hashable, Comparable, Sendable {
    public let number: UInt64
    public init(number: UInt64) { self.number = number }
    public static func < (left: CommandID, right: CommandID) -> Bool { left.number < right.number }
}

/// What a person's command is for. Each purpose at each location uses its own ephemeral client key, so that a buddy can
/// neither tie a mailbox to a node nor one epoch to the next.
public enum Purpose: UInt8, Hashable, Sendable {
    case deposit = 1
    case collect = 2
    case publish = 3
    case fetchRecord = 4
    case deliver = 5
}

/// What a node is asked to do on behalf of a person or an operator. Each is answered by `NodeEvent`s of the same
/// `CommandID`, the last of which is marked final in its documentation.
public enum NodeCommand: Sendable {
    /// Find the nodes closest to a point of the keyspace. Answered by `.lookupRound` and, finally, `.lookupFinished`.
    case lookup(target: Bytes32)

    /// Find the newest valid record at a location. Finally `.record`.
    case fetchRecord(at: Location)

    /// Keep a signed record at the nodes closest to its location. Finally `.recordPublished`.
    case publishRecord(at: Location, record: [UInt8])

    /// Ask a few of these nodes whether they keep a signed record; who lacks it is brought it. Finally `.recordChecked`.
    case checkRecord(at: Location, record: [UInt8])

    /// Find the nodes closest to a mailbox, as an envelope will be deposited there in a moment. No events.
    case approach(mailbox: MailboxID)

    /// Keep an envelope at the nodes closest to a mailbox. `.depositProgress`, and finally `.depositFinished`. The
    /// mailbox's key, whose hash is its location, lets the node tell the owner's tombstone from a buddy's lie.
    case deposit(mailbox: MailboxID, key: BlindedKey, envelope: [UInt8])

    /// Deliver an envelope straight to one of the recipient's own nodes, in this order. Finally `.delivery`.
    case deliver(mailbox: MailboxID, envelope: [UInt8], to: [Contact])

    /// Have buddies of a mailbox pass an offer on to who reads it: `Limits.chunkSize` bytes at most. Finally `.offerAnswered`.
    case offer(mailbox: MailboxID, [UInt8])

    /// Answers an `.offerCame`; nil: the asker is to see nothing that differs from an absence. No events.
    case answerOffer(OfferID, [UInt8]?)

    /// Open a way to a node behind a NAT, which does the same at this moment with the same number: say hello at all these
    /// endpoints. `.wayOpened`, perhaps several times, and finally `.wayClosed`.
    case openWay(to: PublicKey, at: [Endpoint], attested: Endpoint, nonce: UInt64)

    /// List what waits in a mailbox of one's own. `.challenge` for each buddy, `.offer` as lists come in; it stays open
    /// for `.fetch` until `.collectFinished`, which is final and comes once all has been listed and fetched.
    case collect(mailbox: MailboxID, key: BlindedKey)

    /// The same at a few of the mailbox's buddies, other ones by and by; at all of them, where it isn't known well enough who they are.
    case glance(mailbox: MailboxID, key: BlindedKey)

    /// From now on have buddies of these mailboxes of one's own announce what comes into them: each collect of one of them
    /// asks three of its buddies, or one where the device is to wake seldom. `.announcers` and `.announced`, until this is given again without the mailbox.
    case watch([MailboxID])

    /// Like `.collect`, but only of what was announced since the last time. No buddy is searched for.
    case collectAnnounced(mailbox: MailboxID, key: BlindedKey)

    /// Answers a `.challenge`: the signature by the mailbox's blinded key, or nil to leave that buddy out.
    case authorize(challenge: ChallengeID, signature: Signature?)

    /// Answers an `.offer` of the collect with this same command ID: which of the envelopes are wanted. Each comes as
    /// `.envelope`, or as `.envelopeUnavailable` where no buddy gave valid bytes.
    case fetch([EnvelopeID])

    /// Tell the buddies of a mailbox of one's own that envelopes are done. Finally `.discarded`.
    case discard(mailbox: MailboxID, key: BlindedKey, tombstones: [Tombstone])

    /// From now on envelopes delivered straight to this node are accepted for these mailboxes only. No events.
    case acceptDeliveries(for: [MailboxID])

    /// Answers an `.envelopeDelivered`. No events.
    case resolveDelivery(DeliveryID, DeliveryAnswer)

    /// Give up a command under way. No events.
    case cancel(CommandID)
}

/// Names one challenge of one buddy in one session.
public struct ChallengeID: Hashable, Sendable {
    public let number: UInt64
    public init(number: UInt64) { self.number = number }
}

/// Names one envelope that a sender delivered straight to this node and that waits to be accepted.
public struct DeliveryID: Hashable, Sendable {
    public let number: UInt64
    public init(number: UInt64) { self.number = number }
}

/// Names one offer that a buddy has passed on, and that waits for an answer.
public struct OfferID: Hashable, Sendable {
    public let number: UInt64
    public init(number: UInt64) { self.number = number }
}

/// What the sender of a direct delivery is told.
public enum DeliveryAnswer: Hashable, Sendable {
    /// The recipient has it durably.
    case accepted
    /// The recipient doesn't take it.
    case refused(RefusalReason)
}
