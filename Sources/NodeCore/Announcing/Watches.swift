import Basics
import Sessions
import Wire

/// The buddies that announce what comes into the mailboxes of this node's person, and what they have announced.
///
/// They are asked to go on long before the time is over for which they agreed: that shows whether they are still there, and keeps the
/// way to them open, as the NAT in front of a client forgets a mapping that nothing is sent over. All are asked at one moment,
/// so that a radio wakes once.
struct Watches {
    private struct Watch {
        let mailbox: MailboxID
        let buddy: Contact
        /// Under which of our keys it was asked.
        let identity: IdentityID
        /// Whether it wants a new proof that the mailbox is the person's, as its session is a new one. Until then it announces as before.
        var isDoubted = false
        /// An announcement that comes earlier is not believed yet: it comes again.
        var nextAt = Instant.origin
    }

    /// What one buddy has announced.
    struct Announced {
        let mailbox: MailboxID
        let buddy: Contact
        var entries: [MailboxEntry]
    }

    /// Each with the number by which one of its buddies is drawn.
    private var mailboxes: [(id: MailboxID, draw: UInt64?)] = []
    private var watches: [Watch] = []
    private var announced: [Announced] = []
    /// When they were last asked to go on.
    private var renewedAt = Instant.origin

    /// The least time between two announcements of one buddy that are believed: less than honest ones keep.
    private static let pause = Duration.milliseconds(50)

    // MARK: Which mailboxes

    /// Replaces the mailboxes that are watched.
    mutating func watch(_ mailboxes: [MailboxID]) {
        self.mailboxes = mailboxes.map { mailbox in
            self.mailboxes.first { $0.id == mailbox } ?? (mailbox, nil)
        }
        watches.removeAll { !mailboxes.contains($0.mailbox) }
        announced.removeAll { !mailboxes.contains($0.mailbox) }
    }

    private func isWatched(_ mailbox: MailboxID) -> Bool { mailboxes.contains { $0.id == mailbox } }

    /// The number by which one of the buddies of a mailbox is drawn, the same each time; nil where it isn't watched.
    mutating func draw(of mailbox: MailboxID, _ random: @autoclosure () -> UInt64) -> UInt64? {
        guard let index = mailboxes.firstIndex(where: { $0.id == mailbox }) else { return nil }
        let draw = mailboxes[index].draw ?? random()
        mailboxes[index].draw = draw
        return draw
    }

    // MARK: Buddies

    /// A buddy has agreed, for so many seconds. Returns how many have now. Where as many had as are wanted, the one that agreed
    /// longest ago is let go: it is asked no more.
    mutating func observeGrant(
        of mailbox: MailboxID, by buddy: Contact, as identity: IdentityID, seconds: UInt32, now: Instant
    ) -> Int {
        guard isWatched(mailbox) else { return 0 }
        let former = watches.firstIndex { $0.mailbox == mailbox && $0.buddy.id == buddy.id }
        guard seconds > 0 else { return observeEnd(of: mailbox, by: buddy.id) ?? count(mailbox) }
        if watches.isEmpty { renewedAt = now }
        var watch = Watch(mailbox: mailbox, buddy: buddy, identity: identity)
        if let former {
            watch.nextAt = watches.remove(at: former).nextAt
        } else if count(mailbox) >= Limits.announcers,
            let oldest = watches.firstIndex(where: { $0.mailbox == mailbox })
        {
            watches.remove(at: oldest)
        }
        watches.append(watch)
        return count(mailbox)
    }

    /// A buddy announces nothing any more. Returns how many still do; nil where it wasn't one of them.
    mutating func observeEnd(of mailbox: MailboxID, by buddy: NodeID) -> Int? {
        let former = watches.firstIndex { $0.mailbox == mailbox && $0.buddy.id == buddy }
        guard let former else { return nil }
        watches.remove(at: former)
        return count(mailbox)
    }

    /// A buddy wants a new proof. Returns how many go on without; nil where it wasn't one of them.
    mutating func observeDoubt(of mailbox: MailboxID, by buddy: NodeID) -> Int? {
        let index = watches.firstIndex { $0.mailbox == mailbox && $0.buddy.id == buddy }
        guard let index else { return nil }
        watches[index].isDoubted = true
        return count(mailbox)
    }

    /// The mailbox that a buddy announced mail of to one of our keys, with which it has lost its session; nil where there is none.
    func mailbox(announcedBy buddy: NodeID, to identity: IdentityID) -> MailboxID? {
        watches.first { $0.buddy.id == buddy && $0.identity == identity }?.mailbox
    }

    /// Whether a buddy has agreed, in a session with one of our keys.
    func isAnnouncer(_ buddy: NodeID, of mailbox: MailboxID, to identity: IdentityID) -> Bool {
        watches.contains { $0.buddy.id == buddy && $0.mailbox == mailbox && $0.identity == identity }
    }

    /// The buddies that announce, each with the key under which it was asked.
    var buddies: [(buddy: Contact, identity: IdentityID)] { watches.map { ($0.buddy, $0.identity) } }

    /// The way out may be another: none is counted on until it agrees anew. Returns the mailboxes that had any.
    mutating func startOver() -> [MailboxID] {
        let former = mailboxes.map(\.id).filter { count($0) > 0 }
        watches.removeAll()
        return former
    }

    private func count(_ mailbox: MailboxID) -> Int { watches.count { $0.mailbox == mailbox && !$0.isDoubted } }

    // MARK: Renewals

    /// When they are asked next to go on; nil where there are none. `isClient`: whether a NAT may stand in front of this node.
    func nextRenewal(isClient: Bool) -> Instant? {
        watches.isEmpty ? nil : renewedAt + (isClient ? Limits.keepaliveInterval : Limits.subscriptionRenewal)
    }

    /// Asks all buddies to go on, where that is due.
    mutating func renewals(isClient: Bool, now: Instant) -> [SingleRequest] {
        guard let due = nextRenewal(isClient: isClient), due <= now else { return [] }
        renewedAt = now
        // Nobody has shown the new session with it that the mailbox is theirs: the look that was to do it has failed.
        watches.removeAll(where: \.isDoubted)
        return watches.map { SingleRequest(.renewal, of: $0.mailbox, to: $0.buddy, as: $0.identity) }
    }

    // MARK: Announcements

    /// A node announces mail to one of our keys. Returns whether it is believed: not of a buddy that isn't counted on, as its agreement is
    /// still on its way or it was let go, and not too soon after the last.
    mutating func observe(
        _ entries: [MailboxEntry], in mailbox: MailboxID, by buddy: NodeID, to identity: IdentityID, now: Instant
    ) -> Bool {
        let index = watches.firstIndex {
            $0.mailbox == mailbox && $0.buddy.id == buddy && $0.identity == identity
        }
        guard let index, watches[index].nextAt <= now else { return false }
        watches[index].nextAt = now + Watches.pause
        if let former = announced.firstIndex(where: { $0.mailbox == mailbox && $0.buddy.id == buddy }) {
            // As many as one announcement has: with so many its list is read.
            let new = entries.filter { !announced[former].entries.contains($0) }
            announced[former].entries += new.prefix(Limits.entriesPerPage - announced[former].entries.count)
        } else {
            if announced.count >= Limits.announcementsWaiting { announced.removeFirst() }
            announced.append(Announced(mailbox: mailbox, buddy: watches[index].buddy, entries: entries))
        }
        return true
    }

    /// Hands over what was announced of a mailbox, in the order in which it came.
    mutating func removeAnnounced(in mailbox: MailboxID) -> [Announced] {
        defer { announced.removeAll { $0.mailbox == mailbox } }
        return announced.filter { $0.mailbox == mailbox }
    }
}
