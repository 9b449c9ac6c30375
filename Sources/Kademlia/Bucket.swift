import Basics

/// A k-bucket: contacts whose distance from this node lies in [2^(255 − i), 2^(256 − i)) (Kademlia, §2.2).
///
/// Both arrays keep least-recently-seen order: the head was silent longest, the tail answered last.
struct Bucket {
    var entries: [BucketEntry] = []
    /// Contacts that answered while the bucket was full (Kademlia, §4.1).
    var replacements: [BucketEntry] = []
    /// When any contact of this range last answered.
    var heard: CompactInstant
    /// Not to be refreshed before.
    var refreshDue: CompactInstant

    func index(of id: NodeID) -> Int? { entries.firstIndex { $0.id == id } }

    /// Makes an entry, which has answered, the most recently seen one.
    mutating func touch(_ index: Int, _ contact: Contact, roundTrip: Duration?, now: CompactInstant) {
        var entry = entries.remove(at: index)
        entry.observe(contact, roundTrip: roundTrip, now: now)
        entries.append(entry)
    }

    /// Adds an entry as the most recently seen one.
    mutating func append(_ entry: BucketEntry, capacity: Int) {
        // In small steps instead of doubling: a table has a dozen buckets, and most of them stay at k.
        if entries.count == entries.capacity { entries.reserveCapacity(min(capacity, entries.count + 4)) }
        entries.append(entry)
    }

    /// Takes the replacement that `contact` has here already, or a new one, after it answered.
    mutating func takeReplacement(_ contact: Contact, roundTrip: Duration?, now: CompactInstant) -> BucketEntry {
        let known = replacements.firstIndex { $0.id == contact.id }
        var entry = known.map { replacements.remove(at: $0) } ?? BucketEntry(contact)
        entry.observe(contact, roundTrip: roundTrip, now: now)
        return entry
    }

    /// Keeps an entry for when one of the bucket fails: the least recently seen one makes room.
    mutating func appendReplacement(_ entry: BucketEntry) {
        if replacements.count >= Limits.replacementsPerBucket { replacements.removeFirst() }
        replacements.append(entry)
    }
}
