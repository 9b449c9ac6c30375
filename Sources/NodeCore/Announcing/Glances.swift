import Basics

extension Limits {
    /// Buddies that are asked once an hour whether another copy of a profile has published: each would say so, and one may have gone.
    static let keepersChecked = 2
}

/// Which of a mailbox's buddies are asked where a few are enough: where others announce what comes, or hardly anything comes any more.
///
/// They are the same for an hour, as long as a session lasts before it gives way to another, so that it is opened for all looks of that hour.
/// Then they are others. Which, nobody else can foresee.
struct Glances {
    private var secret: UInt64?

    /// A few of a mailbox's `buddies`, but none of those that announce what comes.
    mutating func choose(
        among buddies: [Contact], besides announcers: (NodeID) -> Bool, now: Instant,
        _ random: @autoclosure () -> UInt64
    ) -> [Contact] {
        let secret = self.secret ?? random()
        self.secret = secret
        let hour = UInt64(clamping: now.sinceOrigin.components.seconds / Glances.seconds)
        let others = buddies.filter { !announcers($0.id) }
        let number = secret &+ hour
        return Array(others.sorted { rank($0, number) < rank($1, number) }.prefix(Limits.buddiesGlanced))
    }

    private static let seconds: Int64 = 3_600

    private func rank(_ buddy: Contact, _ number: UInt64) -> UInt64 {
        let (high, low) = (buddy.id.bytes.words.3 ^ number).multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
        return high ^ low
    }
}
