import Basics

/// How often a mailbox of the person's is looked into.
///
/// The present one every 12 to 25 s at first. While buddies announce what comes, each interval is twice the last, up to 9.5 minutes:
/// sessions then still stay open. It begins short, as who has just joined knows the closest buddies only after some looks. Where the device
/// is to wake seldom it begins at five minutes.
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

    /// How often a mailbox is looked into that senders don't use now. What comes into it was written while they did, or will be by clocks
    /// that are ahead: so it waits for a fortieth, at most, of the time for which its writer has waited already.
    static func interval(of epoch: Epoch, _ now: UnixTime) -> Duration {
        let end = epoch.advanced(by: 1).start
        let away = end <= now ? now.seconds(since: end) : max(0, epoch.start.seconds(since: now))
        return min(max(.seconds(away / 40), seldom), longestUnused)
    }

    private static let longestUnused = Duration.seconds(3 * 3_600)

    private let power: PowerSetting
    private var changedAt: Instant?

    init(power: PowerSetting) { self.power = power }

    /// How many buddies are asked to announce what comes.
    var announcers: Int { power.announcers }

    /// The network has changed, or is back.
    mutating func hurry(now: Instant) { changedAt = now }

    /// How long after a look the next is due, at most. `announcedLooks`: after so many looks in a row enough buddies announced what
    /// comes.
    func interval(announcedLooks: Int = 0, now: Instant) -> Duration {
        let longest = power == .low ? Limits.renewalInLowPower : PollingRhythm.longest
        let calm = min(longest * (1 << min(announcedLooks, 5)), PollingRhythm.seldom)
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
