import Wire

/// One page of what waits in a mailbox.
public struct MailboxPage: Hashable, Sendable {
    /// By ascending envelope ID.
    public var entries: [MailboxEntry] = []
    /// Whether there are more after the last entry.
    public var more = false
}
