import Basics

// How entries come, move and go. Only here do they change places, and with them where buckets begin.
extension RoutingTable {
    /// A newcomer gets a place, as the most recently seen of its bucket.
    mutating func insert(_ contact: Contact, in index: Int, roundTrip: Duration?, now: CompactInstant) {
        let place = buckets[index].members.upperBound
        open(place, for: entry(contact, roundTrip: roundTrip, now: now), in: index)
        buckets[index].grow(by: 1)
        noteMember(place)
    }

    /// One that waited gets a place.
    mutating func promote(_ waiting: Int, to place: Int, in index: Int) {
        entries.move(waiting, to: place)
        buckets[index].grow(by: 1, waiting: -1)
        noteMember(place)
    }

    private mutating func noteMember(_ place: Int) {
        tally.insert(blocks(at: place))
        count += 1
    }

    mutating func removeMember(_ place: Int, in index: Int) {
        tally.remove(blocks(at: place))
        count -= 1
        buckets[index].grow(by: -1)
        close(place, in: index)
    }

    /// A newcomer waits for a place from now on. Where too many do, the least recently seen one makes room.
    mutating func insertWaiting(_ contact: Contact, in index: Int, roundTrip: Duration?, now: CompactInstant) {
        let waiting = buckets[index].waiting
        guard waiting.count == Limits.replacementsPerBucket, let first = waiting.first else {
            open(waiting.upperBound, for: entry(contact, roundTrip: roundTrip, now: now), in: index)
            return buckets[index].grow(waiting: 1)
        }
        cards.remove(Int(entries[first].card))
        entries[first] = entry(contact, roundTrip: roundTrip, now: now)
        entries.move(first, to: waiting.upperBound - 1)
    }

    mutating func removeWaiting(_ place: Int, in index: Int) {
        buckets[index].grow(waiting: -1)
        close(place, in: index)
    }

    /// An entry for one that answers for the first time.
    private mutating func entry(_ contact: Contact, roundTrip: Duration?, now: CompactInstant) -> BucketEntry {
        let card = cards.add(contact)
        if let roundTrip { cards.observe(roundTrip, on: card) }
        var entry = BucketEntry(contact.id, jitter: jitter(of: contact.id), card: card, now: now)
        entry.expect(at: cards.contact(entry))
        return entry
    }

    private mutating func open(_ place: Int, for entry: BucketEntry, in index: Int) {
        entries.reserveInSmallSteps()
        entries.insert(entry, at: place)
        for later in buckets.indices[(index + 1)...] { buckets[later].start += 1 }
    }

    private mutating func close(_ place: Int, in index: Int) {
        cards.remove(Int(entries[place].card))
        entries.remove(at: place)
        for later in buckets.indices[(index + 1)...] { buckets[later].start -= 1 }
    }
}

extension [BucketEntry] {
    /// Moves an entry to another place; those between make room.
    mutating func move(_ place: Int, to other: Int) {
        let entry = self[place]
        if place < other {
            for index in place..<other { self[index] = self[index + 1] }
        } else {
            for index in (other..<place).reversed() { self[index + 1] = self[index] }
        }
        self[other] = entry
    }
}
