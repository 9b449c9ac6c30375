import Basics
import Cryptography
import Wire

/// The state that this person's conversation with one peer needs between two messages: a value that its owner keeps on
/// disk.
///
/// It writes, seals and opens every message of the conversation, and each of these may change it. The change must be
/// committed in the same batch as the message, or not at all. Then a failed commit takes both back, and no state of it
/// is ever used twice or skipped.
public struct Conversation: Equatable, Sendable {
    /// The highest logical time seen or given (Lamport, 1978).
    public private(set) var lamport: UInt64 = 0
    /// The last message sent: the causal parent of the next.
    public private(set) var lastSent: MessageID?

    /// The sessions with the peer, those opened here and those that they opened.
    var sessions: [Session] = []
    /// The newest session of theirs that is not kept any more: an older one that seems to begin is a message replayed,
    /// or so late that it is sealed again.
    var dropped: SessionName?

    public init() {}

    /// Places the next message after all that were sent and seen.
    public mutating func compose(_ body: Content.Body, id: MessageID, at now: UnixTime) -> Content {
        lamport = min(lamport + 1, Limits.lamport)
        defer { lastSent = id }
        return Content(id: id, parent: lastSent, lamport: lamport, sentAt: now, body: body)
    }

    /// A message of the peer was opened.
    mutating func receive(_ content: Content) { lamport = max(lamport, content.lamport) }

    /// As a store has it.
    init(lamport: UInt64, lastSent: MessageID?, sessions: [Session], dropped: SessionName?) {
        self.lamport = lamport
        self.lastSent = lastSent
        self.sessions = sessions
        self.dropped = dropped
    }

    /// Where the conversation stands, without any key: for whoever takes it elsewhere.
    public var withoutSessions: Conversation {
        Conversation(lamport: lamport, lastSent: lastSent, sessions: [], dropped: nil)
    }

    /// The keys that may have sealed the header of the peer's next messages.
    var headerKeys: [SecretKey] { sessions.reversed().flatMap(\.headerKeys) }

    /// The day on which a session was used last; nil where there is none.
    var lastUsed: Day? { sessions.map(\.lastUsed).max() }

    /// Whether a session of it was used on this day or later.
    public func wasUsed(since day: Day) -> Bool { lastUsed.map { $0 >= day } ?? false }

    /// Whether nothing is sealed any more in a session of this name: the peer doesn't seem to hold it.
    public func isDoubted(_ name: SessionName) -> Bool {
        sessions.contains { $0.isDoubted && $0.origin.name == name }
    }

    /// The keys of messages that have not come.
    public var skippedKeys: Int { sessions.reduce(0) { $0 + $1.skippedCount } }
}
