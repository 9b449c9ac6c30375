import Basics

extension RoutingTable {
    /// Bytes of the room reserved.
    package var memory: Int {
        buckets.memory + entries.memory + cards.memory + tally.memory
    }

    /// Traps where an invariant doesn't hold. For tests: it looks at every contact.
    package func checkInvariants() {
        precondition(MemoryLayout<BucketEntry>.stride == 32, "a simulation holds millions of entries")
        precondition(MemoryLayout<ContactCard>.stride == 72, "a simulation holds millions of cards")
        precondition(buckets.count <= 256)
        precondition(count == buckets.reduce(0) { $0 + $1.members.count }, "the count is that of all entries")
        var tallied = BlockTally()
        for bucket in buckets { for place in bucket.members { tallied.insert(blocks(at: place)) } }
        precondition(tallied == tally, "each entry is tallied once")
        checkPlaces()
        let ownRange = bucketHolding(nearest: bucketSize)
        let near = bucketHolding(nearest: Limits.nearContacts)
        for (index, bucket) in buckets.enumerated() {
            precondition(bucket.members.count <= bucketSize)
            precondition(bucket.waiting.count <= Limits.replacementsPerBucket)
            precondition(bucket.waiting.isEmpty || bucket.members.count == bucketSize, "nobody waits for nothing")
            checkOrder(entries[bucket.members])
            checkOrder(entries[bucket.waiting])
            for place in bucket.all {
                let (entry, contact) = (entries[place], cards.contact(entries[place]))
                precondition(bucketIndex(of: contact.id) == index, "a contact is in the bucket of its distance")
                precondition(self.place(of: contact.id, in: bucket.all) == place, "a contact is in one place")
                precondition(bucket.all.contains(Int(entry.card)), "a bucket's cards lie where its entries do")
                precondition(entry.hasEndpoint(in: .both))
                precondition(entry.jitter == jitter(of: contact.id))
                let known = self.contact(at: place)
                precondition(entry.ipv4 == known.ipv4?.scope && entry.ipv6 == known.ipv6?.scope)
                precondition(entry.firstSeen <= entry.lastSeen)
                precondition(entry.lastSeen <= bucket.heard && bucket.heard <= heard)
            }
            precondition(bucket.waiting.allSatisfy { !entries[$0].isDoubted })
            for place in bucket.members {
                let contact = cards.contact(entries[place])
                let isCrowded = isCrowded(contact.blocks, of: contact.id, in: index)
                precondition(!isCrowded, "no block has more places than it may")
                precondition(
                    checkDeadline <= checkDue(of: entries[place], isNear: index >= near), "no check is missed")
            }
            let isRefreshed = count == 0 || refreshDeadline <= refreshDue(of: index, ownRange: ownRange)
            precondition(isRefreshed, "no refresh is missed")
        }
    }

    /// Buckets lie one behind another, and each entry has a card of its own.
    private func checkPlaces() {
        var next = 0
        for bucket in buckets {
            precondition(bucket.all.lowerBound == next, "a bucket begins where the last one ends")
            next = bucket.all.upperBound
        }
        precondition(next == entries.count, "each entry is of a bucket")
        precondition(cards.count == entries.count, "whoever has left leaves the card")
        precondition(Set(entries.map(\.card)).count == entries.count, "no two have the same card")
    }

    private func checkOrder(_ entries: ArraySlice<BucketEntry>) {
        for (earlier, later) in zip(entries, entries.dropFirst()) {
            precondition(earlier.lastSeen <= later.lastSeen, "the head was silent longest")
        }
    }
}
