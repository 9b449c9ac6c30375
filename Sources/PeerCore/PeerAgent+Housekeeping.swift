import Basics
import Conversations
import Exchange

/// What an agent may do by the civil clock: what its node said last, unless the clock has jumped since.
struct ClockGuard {
    private var reported = ClockStanding.unconfirmed
    private var watch: ClockWatch
    private var hasJumped = false

    init(_ now: Now) { watch = ClockWatch(now) }

    /// To be called before anything is done by civil time.
    mutating func look(_ now: Now) { hasJumped = watch.hasJumped(now) }

    mutating func report(_ standing: ClockStanding, _ now: Now) {
        reported = standing
        watch = ClockWatch(now)
        hasJumped = false
    }

    var standing: ClockStanding { hasJumped ? .unconfirmed : reported }

    /// As `ClockStanding` has it.
    var isConfirmed: Bool { standing.isConfirmed }
    var isUsable: Bool { standing.isUsable }
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
        let forgotten = clock.isConfirmed ? forgetOutdated(now, &outbox) : 0
        let toMidnight = now.utc.day.advanced(by: 1).start.seconds(since: now.utc)
        let next: Duration =
            forgotten == Limits.removalsPerSweep ? Limits.sweepStep : .seconds(max(1, min(3_600, toMidnight)))
        agenda.set(.housekeeping, at: now.monotonic + next)
    }

    /// Does what can't be undone. Returns how much was forgotten of what is known of envelopes, or of deleted messages.
    private mutating func forgetOutdated(_ now: Now, _ outbox: inout PeerOutbox) -> Int {
        expireParcels(now, &outbox)
        for prekey in prekeys.removeOutdated(today: now.utc.day) {
            view.remove(.profile, ProfileTable.prekeyKey(prekey.epoch))
        }
        view.removeUnopened(unopenedMail.removeExpired(before: doneDays(now.utc).lowerBound))
        return max(
            view.forgetDone(before: doneDays(now.utc).lowerBound, limit: Limits.removalsPerSweep),
            view.forgetDeleted(by: now.utc.day, limit: Limits.removalsPerSweep))
    }

    /// The node says how far the clock can be relied on: what waited for it goes on.
    mutating func clockStands(_ standing: ClockStanding, _ now: Now) {
        clock.report(standing, now)
        guard standing.isUsable else { return }
        dateParcels(now)
        agenda.set(.housekeeping, at: now.monotonic)
        if isJoined, publication.isWaitingForClock { agenda.set(.publish, at: now.monotonic) }
        retryUnstored(now)
    }
}
