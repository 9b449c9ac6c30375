import Basics

/// How often a mailbox of the person's is looked into.
///
/// The present one every 12 to 25 s at first. While buddies announce what comes, each interval is twice the last, up to 9.5 minutes:
/// sessions then still stay open. It begins short, as who has just joined knows the closest buddies only after some looks.
///
/// After a change of network it is several times a second, and slows down within half a minute: senders that know this node where it
/// was leave their mail with the buddies until they hear where it is now.
struct PollingRhythm {
    /// Up to so long after a change, so long between two looks, jittered. All together some 20 looks, of 20 buddies each.
    private static let steps: [(until: Duration, interval: Duration)] = [
        (.seconds(3), .milliseconds(500)), (.seconds(10), .seconds(2)), (.seconds(30), .seconds(5)),
    ]
    private static let longest = Duration.seconds(25)
    /// For mailboxes that are announced, and those in which hardly anything comes: less than the ten minutes for which sessions outlast
    /// silence, so that a look needs no handshakes.
    static let seldom = Duration.seconds(570)

    /// How often a mailbox is looked into that senders don't use now: the rarer, the longer ago its epoch ended, or the farther off it
    /// is. What comes into it was written then, and not sent before now.
    static func interval(of epoch: Epoch, _ now: UnixTime) -> Duration {
        let end = epoch.advanced(by: 1).start
        let away = end <= now ? now.seconds - end.seconds : max(0, epoch.start.seconds - now.seconds)
        return min(max(.seconds(away / 24), seldom), rarest)
    }

    /// A quarter of a day: of four looks in a day one at least finds the buddies at home.
    private static let rarest = Duration.seconds(6 * 3_600)

    /// The same where nobody announces what comes, in low power.
    private static let seldomUnannounced = Duration.seconds(300)

    private let power: PowerSetting
    private var changedAt: Instant?

    init(power: PowerSetting) { self.power = power }

    /// How many buddies are asked to announce what comes.
    var announcersAsked: Int { power.announcers }

    /// How many are to do so for looks to become rare. In low power they do so in any case.
    var announcersWanted: Int { power == .low ? 0 : 2 }

    /// The network has changed, or is back.
    mutating func hurry(now: Instant) { changedAt = now }

    /// How long after a look the next is due, at most. `announcedLooks`: after so many looks in a row enough buddies announced what
    /// comes. `isAnnounced`: one does now.
    func interval(announcedLooks: Int = 0, isAnnounced: Bool = true, now: Instant) -> Duration {
        let calm = min(
            PollingRhythm.longest * (1 << min(announcedLooks, 5)),
            isAnnounced ? PollingRhythm.seldom : PollingRhythm.seldomUnannounced)
        guard let changedAt else { return calm }
        return PollingRhythm.steps.first { now - changedAt < $0.until }?.interval ?? calm
    }

    /// How long a look that has found nothing may last before the next replaces it: it may be waiting for a buddy that has moved
    /// as well, while mail is brought to the other buddies. Nil when no change was so lately: then it may take its time.
    func patience(now: Instant) -> Duration? {
        guard let changedAt, now - changedAt < PollingRhythm.impatient else { return nil }
        return PollingRhythm.shortestLook
    }

    /// For so long after a change.
    private static let impatient = Duration.seconds(3)
    /// Enough for a few round trips, but less than it takes to give a silent buddy up.
    private static let shortestLook = Duration.seconds(1)
}
