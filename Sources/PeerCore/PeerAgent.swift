import Basics
import Conversations
import Cryptography
import Exchange

/// What serves a person: it brings their messages to others, fetches what waits for them, and tells the truth about both.
public struct PeerAgent {
    public let id: PeerID
    var view: StoreView

    /// Rebuilds everything from the store. `seed` is secret and never used twice.
    public init(profile: ProfileKey, suite: CipherSuite, store: any StoreReader, seed: Bytes32, now: Now) {
        id = profile.peerID
        view = StoreView(base: store)
    }

    /// Begins; called once, before any event.
    public mutating func start(now: Now, into outbox: inout PeerOutbox) {}

    /// Takes what the node reports.
    public mutating func handle(_ event: NodeEvent, now: Now, into outbox: inout PeerOutbox) {}

    /// Does what is due; harmless when nothing is.
    public mutating func handleDeadline(now: Now, into outbox: inout PeerOutbox) {}

    /// All writes up to a ticket of `takeWrites` are durable, or lost.
    public mutating func handleCommit(
        through ticket: Ticket, _ result: CommitResult, now: Now, into outbox: inout PeerOutbox
    ) {}

    /// When to call `handleDeadline` next, and why.
    public var nextDeadline: (at: Instant, reason: PeerDeadline)? { nil }

    /// Whether `takeWrites` has anything to give.
    public var hasWrites: Bool { view.hasWrites }

    /// The writes since the last call: to be committed in one transaction, after all earlier ones.
    public mutating func takeWrites() -> (writes: [StoreWrite], through: Ticket) { view.takeWrites() }
}

extension PeerAgent {
    /// Takes a message over. It is accepted when the notice `.accepted` says so, and refused with `.notAccepted`.
    ///
    /// A `key` makes a repeated call the same message: the ID returned is the first call's, and its notice may have come.
    public mutating func send(
        _ text: String, to peer: PeerID, key: String?, now: Now, into outbox: inout PeerOutbox
    ) throws(SendError) -> MessageID { throw .outboxFull }

    /// Whether a message of one's own is durable: its `.accepted` has been given.
    public func isAccepted(_ id: MessageID) -> Bool { false }

    /// A sent message as it stands.
    public func message(_ id: MessageID) -> OutgoingMessage? { nil }

    /// Sent messages in the order in which they were accepted, after the given one.
    public func outgoingMessages(after: MessageID? = nil, limit: Int = .max) -> [OutgoingMessage] { [] }

    /// How many sent messages are under way.
    public var pendingCount: Int { 0 }

    /// Stops sending a message.
    public mutating func cancel(_ id: MessageID, now: Now, into outbox: inout PeerOutbox) -> CancelOutcome { .unknown }

    /// Received messages in conversation order.
    public func inbox(_ filter: InboxFilter, now: Now) -> [IncomingMessage] { [] }

    /// Marks received messages read, durably soon, and lets their senders know.
    public mutating func markRead(_ ids: [MessageID], now: Now, into outbox: inout PeerOutbox) {}
}
