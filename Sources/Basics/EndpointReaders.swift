/// Who may read in a person's record where their nodes are reached.
public enum EndpointReaders: String, Hashable, Sendable, CaseIterable {
    /// Whoever reads the record, and so whoever knows the peer ID.
    case everyone
    /// Those whom the person has written to: they have the person's delivery secret.
    case accepted
    /// Nobody: all mail takes the mailbox.
    case nobody
}
