import Storage
import Wire

/// How an owner's word that envelopes are done was taken.
public enum DiscardOutcome: Hashable, Sendable {
    /// So many are done: answer once this ticket is durable, and not before.
    case keep(count: Int, Ticket)
    /// So many are done, durably already.
    case kept(count: Int)
    /// Not taken.
    case refused(RefusalReason, retryAfterSeconds: UInt32)
}
