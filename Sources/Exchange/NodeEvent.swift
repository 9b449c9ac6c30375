import Basics
import Wire

/// What a node reports to the person it serves. `id` names the command that it answers.
public enum NodeEvent: Sendable {
    /// One round of a lookup: how many nodes have answered so far, and the closest of them.
    case lookupRound(CommandID, LookupReport)
    /// Final. The k closest nodes that answered.
    case lookupFinished(CommandID, LookupReport)

    /// Final. The newest valid record found, and how many nodes were asked and answered.
    case record(CommandID, record: [UInt8]?, answered: Int)

    /// Final. How many of the nodes found keep the record durably.
    case recordPublished(CommandID, Tally)
    /// Final. How many of the few that were asked had the record before.
    case recordChecked(CommandID, Tally)

    /// More buddies keep the envelope. Sent when the quorum is reached and when all have answered.
    case depositProgress(CommandID, Tally)
    /// Final. With a tombstone where a buddy proved that the owner has collected the envelope already.
    case depositFinished(CommandID, Tally, collected: Tombstone?)

    /// Final. How a direct delivery ended.
    case delivery(CommandID, DeliveryOutcome)

    /// A buddy must be shown that the mailbox is ours: sign `channelBinding` and the responder's ID for the mailbox.
    case challenge(CommandID, ChallengeID, mailbox: MailboxID, channelBinding: [UInt8], responder: NodeID)
    /// Envelopes that wait in the mailbox and were not offered before in this collect.
    case offer(CommandID, mailbox: MailboxID, [EnvelopeID])
    /// The bytes of an envelope that was asked for; their hash is its ID.
    case envelope(CommandID, mailbox: MailboxID, EnvelopeID, [UInt8])
    /// No buddy gave the bytes: it may be offered again in the next collect.
    case envelopeUnavailable(CommandID, mailbox: MailboxID, EnvelopeID)
    /// Final. How many buddies were found and how many of them opened the mailbox.
    case collectFinished(CommandID, mailbox: MailboxID, Tally)

    /// Final. How many buddies hold the tombstones durably.
    case discarded(CommandID, Tally)

    /// Something has come into a watched mailbox: `NodeCommand.collectAnnounced` gets it.
    case announced(mailbox: MailboxID)
    /// These buddies announce what comes into a watched mailbox. None until the first of these events.
    case announcers(mailbox: MailboxID, Announcers)

    /// A buddy says that these envelopes, which this node has brought to it, were collected. Whether the tombstones are the owner's is
    /// to be seen.
    case collected([Tombstone])

    /// An envelope that a sender brought straight to this node; answer with `NodeCommand.resolveDelivery`.
    case envelopeDelivered(DeliveryID, mailbox: MailboxID, envelope: [UInt8])

    /// What the reader of the mailbox answers, and where the buddy that has passed the offer on sees them; as the buddy says. Others may
    /// be told of it until the command is cancelled. Final with nil: nobody answers, or nobody else.
    case offerAnswered(CommandID, answer: [UInt8]?, answerer: Endpoint?)
    /// A buddy passes an offer on from somebody whom it sees at `asker`; answer with `NodeCommand.answerOffer`.
    case offerCame(OfferID, mailbox: MailboxID, offer: [UInt8], asker: Endpoint)
    /// The node answers at this endpoint: something may go straight there until `.wayClosed`. A later one counts.
    case wayOpened(CommandID, Contact)
    /// Final. The node doesn't answer there, or nothing has gone there for long.
    case wayClosed(CommandID)
    /// This node may be found elsewhere than before. Nowhere until the first of these events.
    case placeChanged(OwnPlace)

    /// Other nodes reach this node at the contact's endpoints, and no longer at the former ones. Third nodes confirmed
    /// it; in a small network it is as much as can be told.
    case reachable(at: Contact)
    /// No other node reaches this node at any endpoint any more: it takes part as a client.
    case unreachable

    /// The trust in the civil clock has changed. The clock is unconfirmed until the first of these events, and after
    /// every jump that the person's side detects itself.
    case clock(ClockStanding)

    /// Erasing must stay this many seconds behind the civil clock, because the clock gained that much at once lately.
    /// There is no delay until the first of these events. It comes before the `.clock` that confirms such a clock.
    case erasureDelay(seconds: Int64)

    /// The node has joined: it knows others, or it is the first of its network.
    case joined

    /// Other nodes answer again, after a time in which none did: what failed meanwhile may work now.
    case networkReturned

    /// Final. The command was not carried out: too many are under way, or it took too long. Try again later.
    case busy(CommandID)
}

extension NodeEvent {
    /// The command that this event answers, or nil for what the node reports on its own.
    public var command: CommandID? {
        switch self {
        case .lookupRound(let id, _), .lookupFinished(let id, _), .record(let id, _, _), .recordPublished(let id, _),
            .recordChecked(let id, _), .depositProgress(let id, _), .depositFinished(let id, _, _),
            .delivery(let id, _),
            .challenge(let id, _, _, _, _), .offer(let id, _, _), .envelope(let id, _, _, _),
            .envelopeUnavailable(let id, _, _), .collectFinished(let id, _, _), .discarded(let id, _), .busy(let id),
            .offerAnswered(let id, _, _), .wayOpened(let id, _), .wayClosed(let id):
            id
        case .announced, .announcers, .collected, .envelopeDelivered, .offerCame, .placeChanged, .reachable,
            .unreachable, .clock, .erasureDelay, .joined, .networkReturned:
            nil
        }
    }
}

/// How many buddies announce what comes into a mailbox.
public struct Announcers: Hashable, Sendable {
    /// Those that are counted on.
    public var count: Int
    /// Those that want a new proof that the mailbox is one's own, as a session gave way to another: the next look gives it.
    public var doubted: Int

    public init(_ count: Int, doubted: Int = 0) {
        self.count = count
        self.doubted = doubted
    }

    /// Both together.
    public var all: Int { count + doubted }
}

/// How many of the nodes found did what was asked.
public struct Tally: Hashable, Sendable {
    /// How many did it; durably, where the command asks for that.
    public var done: Int
    /// How many were found: at most k, and those of a deposit that turned out to be closer when others had been brought it.
    public var found: Int
    /// The most frequent reason for a refusal, or nil.
    public var refusal: RefusalReason?

    public init(done: Int = 0, found: Int = 0, refusal: RefusalReason? = nil) {
        self.done = done
        self.found = found
        self.refusal = refusal
    }

    /// The number of buddies that makes a deposit safe to report: a majority of those found, at least 3 unless fewer
    /// exist.
    public var quorum: Int { min(found, max(3, found / 2 + 1)) }

    /// Whether enough did it. If no node was found, that is never enough.
    public var hasQuorum: Bool { found > 0 && done >= quorum }
}

/// How a direct delivery ended.
public enum DeliveryOutcome: Hashable, Sendable {
    /// The recipient's own node has it durably.
    case accepted
    /// The recipient's node refused it.
    case refused(RefusalReason)
    /// No node answered in time.
    case unreachable
}

/// What a lookup has found.
public struct LookupReport: Hashable, Sendable {
    /// One node that answered.
    public struct Entry: Hashable, Sendable {
        public let contact: Contact
        public let roundTrip: Duration
        /// The time from the start of the lookup to its answer.
        public let answeredAfter: Duration
        public init(contact: Contact, roundTrip: Duration, answeredAfter: Duration) {
            self.contact = contact
            self.roundTrip = roundTrip
            self.answeredAfter = answeredAfter
        }
    }

    public var target: Bytes32
    /// Those that answered, closest first, at most k.
    public var closest: [Entry]
    /// Rounds: one more whenever an answer came from a node closer than any before.
    public var rounds: Int
    /// Requests sent.
    public var requests: Int
    public var elapsed: Duration

    public init(target: Bytes32, closest: [Entry], rounds: Int, requests: Int, elapsed: Duration) {
        self.target = target
        self.closest = closest
        self.rounds = rounds
        self.requests = requests
        self.elapsed = elapsed
    }
}
