import Storage
import Wire

/// The result of an owner's tombstones.
public enum DiscardOutcome: Hashable, Sendable {
    /// `count` envelopes are done: answer once this ticket is durable, and not before.
    case keep(count: Int, Ticket)
    /// `count` envelopes are done, durably already.
    case kept(count: Int)
    /// Not taken.
    case refused(RefusalReason, retryAfterSeconds: UInt32)
}
