import Basics
import Storage
import Wire

/// The result of bringing something to a node that is to keep it.
public enum KeepOutcome: Hashable, Sendable {
    /// These chunks of it have arrived.
    case partial(UInt128)
    /// All of it has arrived: answer `kept` once this ticket is durable, and not before.
    case keep(Ticket)
    /// It is durable already: answer `kept`.
    case kept
    /// The owner has collected it already; this is the proof.
    case collected(Tombstone)
    /// Not taken.
    case refused(RefusalReason, retryAfterSeconds: UInt32)

    static func refused(_ reason: RefusalReason) -> KeepOutcome {
        .refused(reason, retryAfterSeconds: reason == .busy ? Limits.retryAfterBusy : 0)
    }

    /// Nothing more is kept at present for this account, or for any.
    static var nodeFull: KeepOutcome { .refused(.nodeFull, retryAfterSeconds: Limits.retryAfterNodeFull) }

    /// The mailbox has no room for this sender's mail until its owner has been there.
    static var mailboxFull: KeepOutcome { .refused(.mailboxFull, retryAfterSeconds: Limits.retryAfterMailboxFull) }
}
