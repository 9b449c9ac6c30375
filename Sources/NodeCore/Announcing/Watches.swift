import Basics
import Exchange
import Sessions
import Wire

/// The buddies that announce what comes into the mailboxes of this node's person, and what they have announced.
///
/// They are asked to go on long before the time is over for which they agreed: that shows whether they are still there, and keeps the
/// way to them open, as the NAT in front of a client forgets a mapping that nothing is sent over. One of them is asked often enough for
/// any NAT, and the others as often as most NATs need. Where a NAT forgets sooner, announcements of the others don't get through, and that of
/// the first does. All are asked at one moment, so that a radio wakes once.
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
    /// When the first of them were last asked to go on, and when all were.
    private var renewedAt = Instant.origin
    private var allRenewedAt = Instant.origin

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
        of mailbox: MailboxID, by buddy: Contact, as identity: IdentityID, seconds: UInt32, wanted: Int, now: Instant
    ) -> Announcers {
        guard isWatched(mailbox) else { return Announcers(0) }
        let former = watches.firstIndex { $0.mailbox == mailbox && $0.buddy.id == buddy.id }
        guard seconds > 0 else { return observeEnd(of: mailbox, by: buddy.id) ?? count(mailbox) }
        if watches.isEmpty { (renewedAt, allRenewedAt) = (now, now) }
        var watch = Watch(mailbox: mailbox, buddy: buddy, identity: identity)
        if let former {
            watch.nextAt = watches.remove(at: former).nextAt
        } else if count(mailbox).count >= wanted,
            let oldest = watches.firstIndex(where: { $0.mailbox == mailbox })
        {
            watches.remove(at: oldest)
        }
        watches.append(watch)
        return count(mailbox)
    }

    /// A buddy announces nothing any more. Returns how many still do; nil where it wasn't one of them.
    mutating func observeEnd(of mailbox: MailboxID, by buddy: NodeID) -> Announcers? {
        let former = watches.firstIndex { $0.mailbox == mailbox && $0.buddy.id == buddy }
        guard let former else { return nil }
        watches.remove(at: former)
        return count(mailbox)
    }

    /// A buddy wants a new proof. Returns how many go on without; nil where it wasn't one of them.
    mutating func observeDoubt(of mailbox: MailboxID, by buddy: NodeID) -> Announcers? {
        let index = watches.firstIndex { $0.mailbox == mailbox && $0.buddy.id == buddy }
        guard let index else { return nil }
        watches[index].isDoubted = true
        return count(mailbox)
    }

    /// The buddies that want one.
    func doubted(of mailbox: MailboxID) -> [Contact] {
        watches.filter { $0.mailbox == mailbox && $0.isDoubted }.map(\.buddy)
    }

    /// The mailbox that a buddy announced mail of to one of our keys, with which it has lost its session; nil where there is none.
    func mailbox(announcedBy buddy: NodeID, to identity: IdentityID) -> MailboxID? {
        watches.first { $0.buddy.id == buddy && $0.identity == identity }?.mailbox
    }

    /// Whether a buddy has agreed, whatever the key.
    func isAnnouncer(_ buddy: NodeID, of mailbox: MailboxID) -> Bool {
        watches.contains { $0.buddy.id == buddy && $0.mailbox == mailbox }
    }

    /// Whether a buddy has agreed, in a session with one of our keys.
    func isAnnouncer(_ buddy: NodeID, of mailbox: MailboxID, to identity: IdentityID) -> Bool {
        watches.contains { $0.buddy.id == buddy && $0.mailbox == mailbox && $0.identity == identity }
    }

    /// The buddies that announce, each with the key under which it was asked.
    var buddies: [(buddy: Contact, identity: IdentityID)] { watches.map { ($0.buddy, $0.identity) } }

    /// The way out may be another: none is counted on until it agrees anew. Returns the mailboxes that had any.
    mutating func startOver() -> [MailboxID] {
        let former = mailboxes.map(\.id).filter { count($0).all > 0 }
        watches.removeAll()
        return former
    }

    /// How many there are.
    func count(_ mailbox: MailboxID) -> Announcers {
        let all = watches.lazy.filter { $0.mailbox == mailbox }
        let doubted = all.count { $0.isDoubted }
        return Announcers(all.count { _ in true } - doubted, doubted: doubted)
    }

    // MARK: Renewals

    /// How often buddies are asked to go on: the first of each mailbox, and all.
    struct Pace {
        let ofFirst: Duration
        let ofAll: Duration

        /// Where a NAT may stand in front of this node.
        static let ofClient = Pace(ofFirst: Limits.keepaliveInterval, ofAll: Limits.subscriptionRenewal)
        /// Where others reach it.
        static let ofReached = Pace(ofFirst: Limits.subscriptionRenewal, ofAll: Limits.subscriptionRenewal)
        /// Where its device is to wake seldom.
        static let inLowPower = Pace(ofFirst: Limits.renewalInLowPower, ofAll: Limits.renewalInLowPower)
    }

    /// When some are asked next to go on; nil where there are none.
    func nextRenewal(at pace: Pace) -> Instant? { watches.isEmpty ? nil : renewedAt + pace.ofFirst }

    /// Removes those that wanted a new proof when they were last asked: the look that was to give it has failed. Call it before `renewals`.
    /// Returns the mailboxes that had any.
    mutating func removeDoubted(at pace: Pace, now: Instant) -> [MailboxID] {
        guard let due = nextRenewal(at: pace), due <= now else { return [] }
        defer { watches.removeAll(where: \.isDoubted) }
        return mailboxes.map(\.id).filter { count($0).doubted > 0 }
    }

    /// Asks buddies to go on, where that is due.
    mutating func renewals(at pace: Pace, now: Instant) -> [SingleRequest] {
        guard let due = nextRenewal(at: pace), due <= now else { return [] }
        renewedAt = now
        let isForAll = now - allRenewedAt >= pace.ofAll
        if isForAll { allRenewedAt = now }
        let asked = isForAll ? watches : mailboxes.compactMap { first(of: $0.id, $0.draw ?? 0) }
        return asked.map { SingleRequest(.renewal, of: $0.mailbox, to: $0.buddy, as: $0.identity) }
    }

    /// The buddy that is asked most often, by the number that one is drawn by: nobody else can foresee which.
    private func first(of mailbox: MailboxID, _ draw: UInt64) -> Watch? {
        let all = watches.filter { $0.mailbox == mailbox && !$0.isDoubted }
        return all.min { rank($0, draw) < rank($1, draw) }
    }

    private func rank(_ watch: Watch, _ draw: UInt64) -> UInt64 {
        let (high, low) = (watch.buddy.id.bytes.words.2 ^ draw).multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
        return high ^ low
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
