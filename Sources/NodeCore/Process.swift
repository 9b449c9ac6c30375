import Basics
import Exchange
import Sessions
import Wire

/// Something a node does over several requests: a lookup, a deposit, reading a mailbox.
///
/// A process is a puppet: `next` says what it wants, the node does it and tells it what came of it. It does no I/O, so
/// that each can be followed step by step.
protocol Process {
    /// The command that this answers, or nil for the node's own upkeep.
    var command: CommandID? { get }
    /// Under which of our static keys its requests travel.
    var identity: IdentityID { get }
    /// The mailbox that it reads, or nil.
    var collects: MailboxID? { get }
    /// What it is, and its search where it has one: for counting.
    var operation: Activity.Operation { get }
    var searched: Search? { get }
    /// What became of each node that it asked to do something: for reports.
    var visitStates: [VisitState] { get }
    /// The bytes that the ranges in its requests refer to.
    var payload: [UInt8] { get }

    /// Whether the node has found its network through this.
    var hasJoined: Bool { get }

    /// Whether this is to join the network.
    var isJoining: Bool { get }

    /// What to do now. Called again until it says `.wait`, `.held` or `.finished`. `turns` tell whether a chunk may be sent
    /// now, and to whom.
    mutating func next(now: Now, turns: inout TransferTurns, events: inout [NodeEvent]) -> ProcessStep

    /// Whether it has done what its command waits for, and goes on for the sake of stragglers.
    var isTrailing: Bool { get }

    /// Waits for stragglers no longer: others need the room.
    mutating func conclude()

    /// The answer to a request of this process.
    mutating func observe(_ response: Response, body: RawSpan, to token: RequestToken, from context: ResponseContext)

    /// Whether the process itself asks again when told of a delay, as transfers do. Otherwise the node repeats requests.
    func repeatsItself(_ token: RequestToken) -> Bool

    /// How long to wait for the answer to a request, where the process knows better than the node.
    func timeout(of token: RequestToken) -> Duration?

    /// A request has waited long; its answer still counts.
    mutating func observeDelay(of token: RequestToken, now: Now)

    /// A request was given up.
    mutating func observeFailure(of token: RequestToken, now: Now)

    /// The node told a buddy's challenge as `challenge`; its answer will come under that name.
    mutating func observeChallenge(_ challenge: ChallengeID, to token: RequestToken)

    /// Answers a challenge. Returns whether it was this process's.
    mutating func authorize(_ challenge: ChallengeID, signature: Signature?) -> Bool

    /// Answers an offer: which envelopes are wanted.
    mutating func fetch(_ envelopes: [EnvelopeID])
}

extension Process {
    var collects: MailboxID? { nil }
    var payload: [UInt8] { [] }
    var searched: Search? { nil }
    var visitStates: [VisitState] { [] }
    var hasJoined: Bool { false }
    var isJoining: Bool { false }
    var isTrailing: Bool { false }
    mutating func conclude() {}
    func repeatsItself(_ token: RequestToken) -> Bool { false }
    func timeout(of token: RequestToken) -> Duration? { nil }
    mutating func observeDelay(of token: RequestToken, now: Now) {}
    mutating func observeChallenge(_ challenge: ChallengeID, to token: RequestToken) {}
    mutating func authorize(_ challenge: ChallengeID, signature: Signature?) -> Bool { false }
    mutating func fetch(_ envelopes: [EnvelopeID]) {}
}

/// What a process wants next.
enum ProcessStep {
    /// Send this request; tell what comes of it under this token.
    case ask(Contact, Request, RequestToken)
    /// Tell the person's side to prove that a mailbox is theirs in the session with this buddy.
    case challenge(Contact, mailbox: MailboxID, RequestToken)
    /// Nothing before an answer comes, or before this instant.
    case wait(until: Instant?)
    /// The same, but it would send a chunk now if it might.
    case held(until: Instant?)
    /// It is over; its final event has been written.
    case finished
}

/// What a process calls one of its requests.
enum RequestToken: Hashable, Sendable {
    /// A step of the search for the closest nodes.
    case search(NodeID)
    /// One sending of a chunk, or one question, to the buddy with this index.
    case visit(Int, detail: Int = 0)
}

/// Who answered, and how long it took.
struct ResponseContext {
    let sender: NodeID
    /// How it takes part, as its session states.
    let mode: NodeMode
    /// Where it answered from.
    let endpoint: Endpoint
    let roundTrip: Duration
    /// Whether `roundTrip` is the time on the way: the request was sent at once, and once.
    let isTimed: Bool
    let now: Now

    /// The round trip where it was measured.
    var measured: Duration? { isTimed ? roundTrip : nil }
}
