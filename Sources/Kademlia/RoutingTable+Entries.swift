import Basics

// How entries are added, moved and removed. Only this file changes their places, and with them where buckets begin.
extension RoutingTable {
    /// Makes room for so many contacts, and no more.
    mutating func reserve(_ count: Int) {
        entries.reserveCapacity(count)
        identities.reserve(count)
    }

    /// Adds a newcomer to its bucket, as the most recently seen.
    mutating func insert(_ contact: Contact, in index: Int, roundTrip: Duration?, now: CompactInstant) {
        former.remove(contact.id)
        let place = buckets[index].members.upperBound
        open(place, for: contact, in: index, roundTrip: roundTrip, now: now)
        buckets[index].grow(by: 1)
        recordMember(place)
    }

    /// A replacement gets a place in the bucket.
    mutating func promote(_ waiting: Int, to place: Int, in index: Int) {
        move(waiting, to: place)
        buckets[index].grow(by: 1, waiting: -1)
        recordMember(place)
    }

    private mutating func recordMember(_ place: Int) {
        tally.insert(blocks(at: place))
        count += 1
    }

    mutating func removeMember(_ place: Int, in index: Int) {
        tally.remove(blocks(at: place))
        count -= 1
        close(place, in: index)
        buckets[index].grow(by: -1)
    }

    /// Adds a newcomer to the replacements. If there are too many, the least recently seen one is evicted.
    mutating func insertWaiting(_ contact: Contact, in index: Int, roundTrip: Duration?, now: CompactInstant) {
        let waiting = buckets[index].waiting
        guard waiting.count == Limits.replacementsPerBucket, let first = waiting.first else {
            open(waiting.upperBound, for: contact, in: index, roundTrip: roundTrip, now: now)
            return buckets[index].grow(waiting: 1)
        }
        marks.insert(.waitingEvicted)
        identities.replace(first, by: contact)
        entries[first] = entry(contact, roundTrip: roundTrip, now: now)
        move(first, to: waiting.upperBound - 1)
    }

    mutating func removeWaiting(_ place: Int, in index: Int) {
        close(place, in: index)
        buckets[index].grow(waiting: -1)
    }

    /// Moves an entry to another place of its bucket; the entries between shift.
    mutating func move(_ place: Int, to other: Int) {
        entries.move(place, to: other)
        identities.move(place, to: other)
    }

    /// An entry for a contact that answers for the first time.
    private func entry(_ contact: Contact, roundTrip: Duration?, now: CompactInstant) -> BucketEntry {
        var entry = BucketEntry(contact, jitter: jitter(of: contact.id), now: now)
        entry.observe(roundTrip)
        return entry
    }

    private mutating func open(
        _ place: Int, for contact: Contact, in index: Int, roundTrip: Duration?, now: CompactInstant
    ) {
        entries.insertInSmallSteps(entry(contact, roundTrip: roundTrip, now: now), at: place)
        identities.insert(contact, at: place)
        shift(behind: index, by: 1)
    }

    private mutating func close(_ place: Int, in index: Int) {
        entries.remove(at: place)
        identities.remove(place)
        shift(behind: index, by: -1)
    }

    /// All entries behind a bucket have moved: updates where the buckets begin.
    private mutating func shift(behind index: Int, by change: Int) {
        for later in buckets.indices[(index + 1)...] {
            buckets[later].start = UInt16(Int(buckets[later].start) + change)
        }
    }
}
