import Basics

/// Who keeps the mailboxes of this node's person, as found a short while ago: looking for mail every few seconds must
/// not mean a lookup every few seconds.
///
/// New nodes may come closer meanwhile, and get deposits first; but each deposit lies with a majority of all buddies, so
/// that those remembered have it as well.
struct KnownBuddies: Sendable {
    private static let lifetime = Duration.seconds(300)
    /// The mailboxes of the epochs in which mail may lie, and as many again.
    private static let mailboxes = 16

    private var entries: [(mailbox: MailboxID, buddies: [Contact], until: Instant)] = []

    /// The buddies of a mailbox, or none where they must be searched for.
    func buddies(of mailbox: MailboxID, now: Instant) -> [Contact] {
        entries.first { $0.mailbox == mailbox && now < $0.until }?.buddies ?? []
    }

    /// Takes note of what a search found.
    mutating func remember(_ buddies: [Contact], of mailbox: MailboxID, now: Instant) {
        forget(mailbox)
        if entries.count >= KnownBuddies.mailboxes { entries.removeFirst() }
        entries.append((mailbox, buddies, now + KnownBuddies.lifetime))
    }

    /// Too many of them don't answer any more.
    mutating func forget(_ mailbox: MailboxID) { entries.removeAll { $0.mailbox == mailbox } }
}
