import Basics
import Storage
import Wire

/// When expired things are removed, and how many at once.
struct Expiry {
    /// When `sweep` is due: right after the start, as things have expired meanwhile.
    private(set) var nextSweep: Instant

    init(now: Instant) { nextSweep = now }

    func isDue(_ now: Instant) -> Bool { now >= nextSweep }

    /// Removes the first few things that have expired by the time `erasing`, and returns them; removes nothing if
    /// `erasing` is nil. `isIndexSound` tells whether the whole index of mailboxes has been compared; if not, the next
    /// step is due a moment later.
    mutating func sweep(
        erasing: UnixTime?, isIndexSound: Bool, now: Instant, quota: inout Quota, store: inout StoreView
    ) -> [ExpiryEntry] {
        guard let erasing else {
            quota.mark(.sweepWaitsForClock)
            nextSweep = now + (isIndexSound ? Limits.sweepPause : Limits.sweepStep)
            return []
        }
        let due = expired(today: erasing.day, store: store)
        for entry in due {
            quota.erase(entry, store: &store)
            quota.mark(entry.kind.expiryMark)
        }
        if due.count == Limits.removalsPerSweep { quota.mark(.sweepGoesOn) }
        let isDone = due.count < Limits.removalsPerSweep && !quota.hasUncharged && isIndexSound
        nextSweep = now + (isDone ? Limits.sweepInterval : Limits.sweepStep)
        quota.refreshUsage(store)
        return due
    }

    /// The first few entries whose day of removal has come.
    private func expired(today: Day, store: StoreView) -> [ExpiryEntry] {
        var due: [ExpiryEntry] = []
        store.scan(.expiries, prefix: []) { key, _ in
            guard let entry = ExpiryEntry(key), !(today < entry.removal), due.count < Limits.removalsPerSweep else {
                return false
            }
            due.append(entry)
            return true
        }
        return due
    }
}
