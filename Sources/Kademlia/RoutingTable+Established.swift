import Basics

extension RoutingTable {
    /// Fills an empty table as if its node had known these contacts for hours: each has answered when it was asked, all
    /// buckets have been refreshed, and what is due next comes at moments by chance. For simulations of networks that are
    /// too large to join one node after the other.
    ///
    /// - Parameters:
    ///   - contacts: with the round trip to each. Those for which there is no place are left out.
    ///   - age: how long the node has been there; each contact has been known for at least half of it.
    ///   - random: draws since when each is known, when it was heard last, and when buckets are refreshed.
    public mutating func establish(
        _ contacts: [(contact: Contact, roundTrip: Duration)], age: Duration, now: Instant,
        by random: inout SeededGenerator
    ) {
        precondition(entries.isEmpty, "the table is new")
        reserve(contacts.count)
        for (contact, roundTrip) in contacts {
            guard let index = bucketIndex(of: contact.id), !isCrowded(contact.blocks, of: contact.id, in: index) else {
                continue
            }
            extend(to: index, now: CompactInstant(now))
            guard buckets[index].members.count < bucketSize else { continue }
            anybody.observe(roundTrip)
            let since = CompactInstant(now.advanced(by: .zero - age / 2 - random.within(age / 2)))
            insert(contact, in: index, roundTrip: roundTrip, now: since)
        }
        let near = bucketHolding(nearest: Limits.nearContacts)
        for index in buckets.indices {
            let silence = index >= near ? Limits.checkIntervalNearLongest : Limits.checkIntervalFar
            hear(membersOf: index, within: silence * 3 / 4, now: now, by: &random)
            buckets[index].isExplored = true
            buckets[index].refreshDue = CompactInstant(now + random.within(Limits.refreshIntervalFilling))
        }
        planUpkeep()
    }

    /// All contacts of a bucket were heard at moments by chance, as far back as none needs a check yet.
    private mutating func hear(
        membersOf index: Int, within silence: Duration, now: Instant, by random: inout SeededGenerator
    ) {
        let members = buckets[index].members
        // In order: the head was silent longest.
        let moments = members.map { _ in CompactInstant(now.advanced(by: .zero - random.within(silence))) }.sorted()
        for (place, moment) in zip(members, moments) { entries[place].observe(now: moment) }
        buckets[index].heard = moments.last ?? .past
        heard = max(heard, buckets[index].heard)
    }

    /// When the first check and the first refresh are due.
    private mutating func planUpkeep() {
        let ownRange = bucketHolding(nearest: bucketSize)
        let near = bucketHolding(nearest: Limits.nearContacts)
        for index in buckets.indices {
            refreshDeadline = min(refreshDeadline, refreshDue(of: index, ownRange: ownRange))
            for place in buckets[index].members {
                checkDeadline = min(checkDeadline, checkDue(of: entries[place], isNear: index >= near))
            }
        }
    }
}

extension SeededGenerator {
    /// A span of time shorter than `duration`, each as likely as any other.
    fileprivate mutating func within(_ duration: Duration) -> Duration {
        let (seconds, attoseconds) = duration.components
        let tenths = UInt64(seconds) * 10 + UInt64(attoseconds / 100_000_000_000_000_000)
        return .milliseconds(100 * Int64(next().multipliedFullWidth(by: max(1, tenths)).high))
    }
}
