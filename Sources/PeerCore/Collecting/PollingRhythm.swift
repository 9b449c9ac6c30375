import Basics

/// How often the person's present mailbox is looked into: twice a minute or so, and ever less often from several times a
/// second in the half minute after the network has changed. Senders that know this node where it was leave their mail with
/// the buddies until they hear where it is now.
struct PollingRhythm {
    /// Up to so long after a change, so long between two looks, jittered. All together some 20 looks, of 20 buddies each.
    private static let steps: [(until: Duration, interval: Duration)] = [
        (.seconds(3), .milliseconds(500)), (.seconds(10), .seconds(2)), (.seconds(30), .seconds(5)),
    ]
    private static let longest = Duration.seconds(25)

    private var changedAt: Instant?

    /// The network has changed, or is back.
    mutating func hurry(now: Instant) { changedAt = now }

    /// How long after a look the next is due, at most.
    func interval(now: Instant) -> Duration {
        guard let changedAt else { return PollingRhythm.longest }
        return PollingRhythm.steps.first { now - changedAt < $0.until }?.interval ?? PollingRhythm.longest
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
