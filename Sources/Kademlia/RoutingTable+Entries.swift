import Basics

// How entries are added, moved and removed. Only this file changes their places, and with them where buckets begin.
extension RoutingTable {
    /// Adds a newcomer to its bucket, as the most recently seen.
    mutating func insert(_ contact: Contact, in index: Int, roundTrip: Duration?, now: CompactInstant) {
        let place = buckets[index].members.upperBound
        open(place, for: contact, in: index, roundTrip: roundTrip, now: now)
        buckets[index].grow(by: 1)
        recordMember(place)
    }

    /// A replacement gets a place in the bucket.
    mutating func promote(_ waiting: Int, to place: Int, in index: Int) {
        entries.move(waiting, to: place)
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
        let card = Int(entries[first].card)
        cards.replace(card, by: contact)
        entries[first] = entry(contact, on: card, roundTrip: roundTrip, now: now)
        entries.move(first, to: waiting.upperBound - 1)
    }

    mutating func removeWaiting(_ place: Int, in index: Int) {
        close(place, in: index)
        buckets[index].grow(waiting: -1)
    }

    /// An entry for a contact that answers for the first time and has a card.
    private mutating func entry(
        _ contact: Contact, on card: Int, roundTrip: Duration?, now: CompactInstant
    ) -> BucketEntry {
        if let roundTrip { cards.observe(roundTrip, on: card) }
        var entry = BucketEntry(contact.id, jitter: jitter(of: contact.id), card: card, now: now)
        entry.expect(at: cards.contact(entry))
        entry.observe(at: contact)
        return entry
    }

    private mutating func open(
        _ place: Int, for contact: Contact, in index: Int, roundTrip: Duration?, now: CompactInstant
    ) {
        let card = buckets[index].all.upperBound
        cards.insert(contact, at: card)
        shift(behind: index, by: 1)
        let entry = entry(contact, on: card, roundTrip: roundTrip, now: now)
        entries.insertInSmallSteps(entry, at: place)
    }

    private mutating func close(_ place: Int, in index: Int) {
        let all = buckets[index].all
        let (card, last) = (entries[place].card, UInt16(all.upperBound - 1))
        for other in all where entries[other].card == last { entries[other].card = card }
        cards.remove(Int(card), last: Int(last))
        shift(behind: index, by: -1)
        entries.remove(at: place)
    }

    /// All entries and cards behind a bucket are about to move: updates the places kept of them.
    private mutating func shift(behind index: Int, by change: Int) {
        for place in buckets[index].all.upperBound..<entries.count {
            entries[place].card = UInt16(Int(entries[place].card) + change)
        }
        for later in buckets.indices[(index + 1)...] {
            buckets[later].start = UInt16(Int(buckets[later].start) + change)
        }
    }
}

extension [BucketEntry] {
    /// Moves an entry to another place; the entries between shift.
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
