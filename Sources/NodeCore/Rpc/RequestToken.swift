import Basics

/// What an operation calls one of its requests. `attempt` is the index of the node asked, among those that it does
/// something at.
enum RequestToken: Hashable, Sendable {
    /// A step of the search for the closest nodes.
    case search(NodeID)
    /// A question that one datagram answers.
    case question(Question, attempt: Int)
    /// One sending of a chunk, by its number in the transfer to or from that node.
    case chunk(attempt: Int, sending: Int)
    /// The same, of the transfer of one envelope among several.
    case envelopeChunk(attempt: Int, entry: Int, sending: Int)
    /// A request of a comparison of what two nodes keep, by its number.
    case comparison(Int)

    /// What a question is about.
    enum Question: Sendable {
        /// A ping, to open a session.
        case session
        case authorization
        /// Whether the node announces what comes into a mailbox.
        case subscription
        /// What has come into a mailbox, told to a client.
        case announcement
        /// A page of the list of a mailbox's envelopes.
        case page
        /// Whether the node discards envelopes.
        case discard
        /// The tombstone of an envelope.
        case tombstone
        /// Whether the node keeps an envelope.
        case keeping
        /// What the reader of a mailbox answers to an offer.
        case passage
        /// Whether the node reaches another.
        case reach
    }

    /// Whether the transfer that it belongs to repeats it when told that it is late. Other requests the node repeats.
    var isRepeatedByTransfer: Bool {
        switch self {
        case .chunk, .envelopeChunk: true
        case .search, .question, .comparison: false
        }
    }
}

/// How long a request has been without an answer.
enum Silence {
    /// Longer than expected; an answer still counts.
    case late
    /// It was given up: no answer will be reported.
    case final
}

/// Which node answered, and how long it took.
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
