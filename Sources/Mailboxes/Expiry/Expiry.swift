import Basics
import Storage
import Wire

extension Buddy {
    /// Removes what has expired, in small steps, and half-open sets that timed out. To be called when `nextDeadline` has
    /// come; calling it more often is harmless.
    ///
    /// One step removes at most `Limits.removalsPerSweep` things; where more remain, the next is due a moment later.
    /// What has expired by the time `erasing` goes; while the clock is in doubt that is nil and nothing goes: a clock that is
    /// ahead would have mail thrown out.
    public mutating func sweep(now: Now, erasing: UnixTime?, store: inout StoreView) {
        assembler.removeExpired(now: now.monotonic)
        guard now.monotonic >= nextSweep else { return }
        if !isPaused(now) {
            chargeOlder(store: &store)
            index.compare(limit: bounds.comparedPerSweep, now: now.monotonic, store: &store)
        }
        guard let erasing else {
            nextSweep = now.monotonic + (index.isSound ? Limits.sweepPause : Limits.sweepStep)
            return
        }
        let due = expired(today: erasing.day, store: store)
        for entry in due { remove(entry, store: &store) }
        let isDone = due.count < Limits.removalsPerSweep && !holdings.hasUncharged && index.isSound
        nextSweep = now.monotonic + (isDone ? Limits.sweepInterval : Limits.sweepStep)
        usage = store.nodeUsage()
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

    /// Removes something, which has expired or gives way, with all that belongs to it.
    mutating func remove(_ entry: ExpiryEntry, store: inout StoreView) {
        discharge(entry.kind, entry.key, until: entry.removal, store: &store)
        guard let location = entry.location else { return }
        switch entry.kind {
        case .envelope:
            var held: Int?
            store.readHead(.envelopes, entry.key) { size, _ in held = size }
            guard let size = held else { return }
            store.removeEnvelope(entry.key)
            store.updateUsage(of: location) {
                $0.envelopes -= 1
                $0.bytes -= size
            }
        case .tombstone:
            guard store.contains(.tombstones, entry.key) else { return }
            store.remove(.tombstones, entry.key)
            store.updateUsage(of: location) { $0.tombstones -= 1 }
        case .record:
            guard store.contains(.records, entry.key) else { return }
            store.remove(.records, entry.key)
            handOvers.forget(location)
            var node = store.nodeUsage()
            node.records -= 1
            store.putNodeUsage(node)
        }
    }
}
