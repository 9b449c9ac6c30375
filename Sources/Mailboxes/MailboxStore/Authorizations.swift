import Basics

/// Which sessions have shown that which mailboxes are theirs.
struct Authorizations: Sendable {
    private struct Grant {
        let session: UInt64
        let mailbox: MailboxID
    }

    /// In the order in which they were given, so that the first is the oldest.
    private var grants: [Grant] = []

    /// Lets a session read a mailbox. Where the session or the node has too many grants, the oldest gives way: its owner
    /// authorizes again.
    mutating func grant(_ mailbox: MailboxID, to session: UInt64) {
        guard !contains(mailbox, session) else { return }
        if grants.count(where: { $0.session == session }) >= Limits.authorizationsPerSession,
            let oldest = grants.firstIndex(where: { $0.session == session })
        {
            grants.remove(at: oldest)
        }
        if grants.count >= Limits.authorizations { grants.removeFirst() }
        grants.append(Grant(session: session, mailbox: mailbox))
    }

    func contains(_ mailbox: MailboxID, _ session: UInt64) -> Bool {
        grants.contains { $0.session == session && $0.mailbox == mailbox }
    }

    mutating func forget(session: UInt64) { grants.removeAll { $0.session == session } }

    var count: Int { grants.count }
}
