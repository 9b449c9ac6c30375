import Basics

/// The buddies of the mailboxes of this node's person, as found a short while ago: looking for mail every few seconds
/// must not mean a lookup every few seconds.
///
/// New nodes may come closer meanwhile, and get deposits first; but each deposit lies with a majority of all buddies, so
/// that those remembered have it as well. That holds where searches agree: what was found is believed for half a minute,
/// and for twice as long, up to half an hour, whenever another search finds mostly the same.
struct KnownBuddies: Sendable {
    private let firstLifetime: Duration
    private let longestLifetime: Duration
    /// How many are remembered.
    private let mailboxes: Int

    private struct Entry {
        let mailbox: MailboxID
        let buddies: [Contact]
        let foundAt: Instant
        /// The time for which searches have found mostly the same.
        let agreed: Duration
        let lifetime: Duration
        let until: Instant
    }

    private var entries: [Entry] = []

    init(
        mailboxes: Int, firstLifetime: Duration = .seconds(30), longestLifetime: Duration = .seconds(1_800)
    ) {
        self.mailboxes = mailboxes
        self.firstLifetime = firstLifetime
        self.longestLifetime = longestLifetime
    }

    /// The buddies of a mailbox, or none where they must be searched for.
    func buddies(of mailbox: MailboxID, now: Instant) -> [Contact] {
        entries.first { $0.mailbox == mailbox && now < $0.until }?.buddies ?? []
    }

    /// Those of which a few are enough for a look, for a day: searches have agreed on them for a while. That one of the few has gone shows,
    /// and all are searched for then.
    func settled(of mailbox: MailboxID, now: Instant) -> [Contact] {
        let entry = entries.first { $0.mailbox == mailbox && $0.agreed >= KnownBuddies.settling }
        return entry.flatMap { now - $0.foundAt < KnownBuddies.day ? $0.buddies : nil } ?? []
    }

    private static let day = Duration.seconds(24 * 3_600)
    /// Two looks, where they are rare. Whoever has just joined finds others from one search to the next.
    private static let settling = Duration.seconds(570)

    /// What an operation found out about the buddies of a mailbox.
    enum Finding {
        /// A search found these.
        case found([Contact])
        /// Too few of those remembered answered: search again.
        case lost
    }

    /// Remembers or forgets the buddies of a mailbox.
    mutating func observe(_ finding: Finding, of mailbox: MailboxID, now: Instant) {
        switch finding {
        case .found(let buddies): remember(buddies, of: mailbox, now: now)
        case .lost: forget(mailbox)
        }
    }

    private mutating func remember(_ buddies: [Contact], of mailbox: MailboxID, now: Instant) {
        let before = entries.first { $0.mailbox == mailbox }
        let same =
            before.map { before in buddies.count { buddy in before.buddies.contains { $0.id == buddy.id } } } ?? 0
        let (lifetime, agreed): (Duration, Duration) =
            if let before, 4 * same >= 3 * buddies.count {
                (before.lifetime * 2, before.agreed + (now - before.foundAt))
            } else {
                (firstLifetime, .zero)
            }
        forget(mailbox)
        if entries.count >= mailboxes { entries.removeFirst() }
        let bounded = min(lifetime, longestLifetime)
        entries.append(
            Entry(
                mailbox: mailbox, buddies: buddies, foundAt: now, agreed: agreed, lifetime: bounded,
                until: now + bounded))
    }

    /// Forgets all: the network is larger than it seemed.
    mutating func removeAll() { entries.removeAll() }

    private mutating func forget(_ mailbox: MailboxID) { entries.removeAll { $0.mailbox == mailbox } }
}
