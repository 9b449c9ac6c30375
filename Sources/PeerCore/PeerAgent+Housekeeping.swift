import Basics
import Conversations

/// What an agent may do by the civil clock: what its node said last, unless the clock has jumped since.
struct ClockGuard {
    private var reported = ClockStanding.unconfirmed
    private var watch: ClockWatch
    private var hasJumped = false
    /// Whether it was known to be wrong, or has jumped, since it could be used last.
    private var wasInDoubt = false
    /// How many seconds behind the civil clock is to be erased.
    var erasureDelay: Int64 = 0

    init(_ now: Now) { watch = ClockWatch(now) }

    /// To be called before anything is done by civil time.
    mutating func look(_ now: Now) {
        hasJumped = watch.hasJumped(now)
        if hasJumped { wasInDoubt = true }
    }

    mutating func report(_ standing: ClockStanding, _ now: Now) {
        reported = standing
        watch = ClockWatch(now)
        hasJumped = false
        if !standing.isUsable { wasInDoubt = true }
    }

    /// Whether the clock can be used again after it was in doubt; asked once.
    mutating func takeRecovery() -> Bool {
        guard isUsable else { return false }
        defer { wasInDoubt = false }
        return wasInDoubt
    }

    var standing: ClockStanding { hasJumped ? .unconfirmed : reported }

    /// As `ClockStanding` has it.
    var isConfirmed: Bool { standing.isConfirmed }
    var isUsable: Bool { standing.isUsable }

    /// The time by which may be done what can't be undone: erasing, expiring, giving up. Nil while nothing may.
    func erasingTime(_ now: Now) -> UnixTime? {
        isConfirmed ? now.utc.advanced(bySeconds: -erasureDelay) : nil
    }
}

/// What happens because time goes by.
extension PeerAgent {
    /// The change of epochs, expiry, and what may be forgotten: at every UTC midnight, and hourly in case clocks jump.
    mutating func keepHouse(_ now: Now, _ outbox: inout PeerOutbox) {
        // While the clock is in doubt the mailboxes of before it was are the best guess.
        if mailboxes.isEmpty || clock.isUsable, updateMailboxes(now.utc) {
            acceptDeliveries(&outbox)
            resumePolling(now, after: .zero)
            // At the boundary there is no hurry: this epoch's record has been out for days, unless the machine slept.
            if isJoined, !publication.covers(now.utc.epoch) { agenda.set(.publish, at: now.monotonic) }
        }
        let forgotten = clock.erasingTime(now).map { forgetOutdated(by: $0, now, &outbox) } ?? 0
        let toMidnight = now.utc.day.advanced(by: 1).start.seconds(since: now.utc)
        let next: Duration =
            forgotten == Limits.removalsPerSweep ? Limits.sweepStep : .seconds(max(1, min(3_600, toMidnight)))
        agenda.set(.housekeeping, at: now.monotonic + next)
    }

    /// Does what can't be undone. Returns how much was forgotten of what is known of envelopes, or of deleted messages.
    private mutating func forgetOutdated(by time: UnixTime, _ now: Now, _ outbox: inout PeerOutbox) -> Int {
        expireMessages(by: time, now, &outbox)
        for prekey in prekeys.removeOutdated(today: time.day) {
            view.remove(.profile, ProfileTable.prekeyKey(prekey.epoch))
        }
        view.removeUnopened(unopenedMail.removeExpired(before: doneDays(now.utc).lowerBound))
        return max(
            view.forgetDone(before: doneDays(time).lowerBound, limit: Limits.removalsPerSweep),
            view.forgetDeleted(by: time.day, limit: Limits.removalsPerSweep))
    }

    /// The node says how far the clock can be relied on: what waited for it goes on.
    mutating func clockStands(_ standing: ClockStanding, _ now: Now) {
        clock.report(standing, now)
        guard standing.isUsable else { return }
        dateMessages(now)
        agenda.set(.housekeeping, at: now.monotonic)
        if clock.takeRecovery() {
            // Every wait that the clock was the cause of ends: what was not of its time may be of this one's.
            for index in mailboxes.indices { mailboxes[index].forgetUndated() }
            resumePolling(now, after: .zero)
        }
        if isJoined, publication.isWaitingForClock { agenda.set(.publish, at: now.monotonic) }
        retryUnstored(now)
    }
}
