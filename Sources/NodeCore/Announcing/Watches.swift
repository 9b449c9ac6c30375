import Basics
import Sessions
import Wire

/// The buddies that announce what comes into the mailboxes of this node's person, and what they have announced.
///
/// They are asked to go on long before the time is over for which they agreed: that shows whether they are still there, and keeps the
/// way to them open, as the NAT in front of a client forgets a mapping that nothing is sent over. All are asked at one moment,
/// so that a radio wakes once; as seldom as that NAT lets them, which is measured with one of them.
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
    private var lifetime = MappingLifetime()
    private var test: Test?
    /// How many there were, so that each buddy has its turn.
    private var tests = 0

    /// A buddy that is let alone for so long, and then announces nothing.
    private struct Test {
        let mailbox: MailboxID
        let buddy: NodeID
        let begunAt: Instant
        let silence: UInt32

        var due: Instant { begunAt + .seconds(Int64(silence)) }
        /// By then it has been repeated four times.
        var end: Instant { due + .seconds(8) }
    }

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
    ) -> Int {
        guard isWatched(mailbox) else { return 0 }
        let former = watches.firstIndex { $0.mailbox == mailbox && $0.buddy.id == buddy.id }
        guard seconds > 0 else { return observeEnd(of: mailbox, by: buddy.id) ?? count(mailbox) }
        if watches.isEmpty { renewedAt = now }
        var watch = Watch(mailbox: mailbox, buddy: buddy, identity: identity)
        if let former {
            watch.nextAt = watches.remove(at: former).nextAt
        } else if count(mailbox) >= wanted,
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
        endTest(of: buddy, in: mailbox)
        return count(mailbox)
    }

    /// A buddy wants a new proof. Returns how many go on without; nil where it wasn't one of them.
    mutating func observeDoubt(of mailbox: MailboxID, by buddy: NodeID) -> Int? {
        let index = watches.firstIndex { $0.mailbox == mailbox && $0.buddy.id == buddy }
        guard let index else { return nil }
        watches[index].isDoubted = true
        endTest(of: buddy, in: mailbox)
        return count(mailbox)
    }

    /// The buddies that want one.
    func doubted(in mailbox: MailboxID) -> [Contact] {
        watches.filter { $0.mailbox == mailbox && $0.isDoubted }.map(\.buddy)
    }

    /// The mailbox that a buddy announced mail of to one of our keys, with which it has lost its session; nil where there is none.
    func mailbox(announcedBy buddy: NodeID, to identity: IdentityID) -> MailboxID? {
        watches.first { $0.buddy.id == buddy && $0.identity == identity }?.mailbox
    }

    /// Whether a buddy has agreed, in a session with one of our keys.
    func isAnnouncer(_ buddy: NodeID, of mailbox: MailboxID, to identity: IdentityID) -> Bool {
        watches.contains { $0.buddy.id == buddy && $0.mailbox == mailbox && $0.identity == identity }
    }

    /// The same, whatever the key.
    func isAnnouncer(_ buddy: NodeID, of mailbox: MailboxID) -> Bool {
        watches.contains { $0.buddy.id == buddy && $0.mailbox == mailbox }
    }

    /// The way out may be another: none is counted on until it agrees anew. Returns the mailboxes that had any.
    mutating func startOver() -> [MailboxID] {
        let former = mailboxes.map(\.id).filter { count($0) > 0 }
        watches.removeAll()
        test = nil
        lifetime.leave()
        return former
    }

    private func count(_ mailbox: MailboxID) -> Int { watches.count { $0.mailbox == mailbox && !$0.isDoubted } }

    // MARK: Renewals

    /// How often they are asked.
    enum Pace: Equatable {
        /// As seldom as the NAT lets them that may stand in front of this node.
        case measured
        case each(Duration)
    }

    /// When they are asked next to go on; nil where there are none.
    func nextRenewal(at pace: Pace) -> Instant? {
        guard !watches.isEmpty else { return nil }
        let interval =
            switch pace {
            case .measured: lifetime.interval
            case .each(let duration): duration
            }
        let renewal = renewedAt + interval
        return test.map { min($0.end, renewal) } ?? renewal
    }

    /// Asks all buddies to go on, where that is due; one of them may be let alone.
    mutating func renewals(at pace: Pace, isSilenceBroken: Bool, now: Instant) -> [SingleRequest] {
        let overdue = test.flatMap { $0.end <= now ? $0 : nil }
        if let overdue {
            test = nil
            let isStillThere = watches.contains { $0.buddy.id == overdue.buddy && $0.mailbox == overdue.mailbox }
            if isStillThere, !isSilenceBroken { lifetime.observe(hasArrived: false, now: now) }
        }
        guard let due = nextRenewal(at: pace), due <= now else {
            // It may not have been found through the NAT for a while: it is asked now.
            return overdue.map { test in request(watches.filter { $0.buddy.id == test.buddy }) } ?? []
        }
        renewedAt = now
        // Nobody has shown the new session with it that the mailbox is theirs: the look that was to do it has failed.
        watches.removeAll(where: \.isDoubted)
        let isBegun = pace == .measured && beginTest(now: now)
        return request(watches.filter { isBegun || !isLetAlone($0) })
    }

    private func request(_ watches: [Watch]) -> [SingleRequest] {
        watches.map { watch in
            let silence = isLetAlone(watch) ? test?.silence : nil
            return SingleRequest(
                .renewal(silence: silence ?? 0), of: watch.mailbox, to: watch.buddy, as: watch.identity)
        }
    }

    // MARK: How long a NAT remembers

    /// Others see this node in this address block.
    mutating func enter(_ block: Account) { lifetime.enter(block) }

    /// Whether a buddy is to be sent nothing.
    private func isLetAlone(_ watch: Watch) -> Bool {
        test.map { $0.buddy == watch.buddy.id && $0.mailbox == watch.mailbox } ?? false
    }

    /// Lets one buddy alone from now on, if something is to be tried: two others go on announcing.
    private mutating func beginTest(now: Instant) -> Bool {
        guard test == nil, let mailbox = mailboxes.first?.id, let silence = lifetime.nextTry(now: now) else {
            return false
        }
        let candidates = watches.filter { $0.mailbox == mailbox }
        guard candidates.count >= Limits.announcers else { return false }
        tests += 1
        test = Test(
            mailbox: mailbox, buddy: candidates[tests % candidates.count].buddy.id, begunAt: now, silence: silence)
        return true
    }

    private mutating func endTest(of buddy: NodeID, in mailbox: MailboxID) {
        if test.map({ $0.buddy == buddy && $0.mailbox == mailbox }) ?? false { test = nil }
    }

    /// A buddy announces nothing, as it was asked. Returns whether that is expected.
    mutating func observeSilenceOver(
        in mailbox: MailboxID, by buddy: NodeID, to identity: IdentityID, isBroken: Bool, now: Instant
    ) -> Bool {
        guard isAnnouncer(buddy, of: mailbox, to: identity), let test, test.buddy == buddy, test.mailbox == mailbox,
            now + .seconds(1) >= test.due
        else { return false }
        self.test = nil
        if !isBroken { lifetime.observe(hasArrived: true, now: now) }
        return true
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
