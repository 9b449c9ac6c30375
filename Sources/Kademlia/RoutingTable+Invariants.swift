import Basics

extension RoutingTable {
    /// Bytes of the room reserved.
    package var memory: Int {
        buckets.memory + entries.memory + identities.memory + tally.memory + former.memory
    }

    /// Traps where an invariant doesn't hold. For tests: it looks at every contact.
    package func checkInvariants() {
        precondition(MemoryLayout<BucketEntry>.stride == 40, "a simulation holds millions of entries")
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
                let (entry, contact) = (entries[place], contact(at: place, in: .both))
                precondition(bucketIndex(of: contact.id) == index, "a contact is in the bucket of its distance")
                precondition(self.place(of: contact.id, in: bucket.all) == place, "a contact is in one place")
                precondition(entry.head == BucketEntry.head(of: contact.id.bytes))
                precondition(entry.hasEndpoint(in: .both))
                precondition(entry.jitter == jitter(of: contact.id))
                let known = self.contact(at: place)
                precondition(entry.ipv4 == known.ipv4?.scope && entry.ipv6 == known.ipv6?.scope)
                precondition(entry.firstSeen <= entry.lastSeen)
                precondition(entry.lastSeen <= bucket.heard && bucket.heard <= heard)
            }
            precondition(bucket.waiting.allSatisfy { !entries[$0].isDoubted })
            for place in bucket.members {
                let contact = contact(at: place, in: .both)
                let isCrowded = isCrowded(contact.blocks, of: contact.id, in: index)
                precondition(!isCrowded, "no block has more places than it may")
                precondition(
                    checkDeadline <= checkDue(of: entries[place], isNear: index >= near), "no check is missed")
            }
            let isRefreshed = count == 0 || refreshDeadline <= refreshDue(of: index, ownRange: ownRange)
            precondition(isRefreshed, "no refresh is missed")
        }
    }

    /// Buckets lie one behind another, and each entry is of somebody.
    private func checkPlaces() {
        var next = 0
        for bucket in buckets {
            precondition(bucket.all.lowerBound == next, "a bucket begins where the last one ends")
            next = bucket.all.upperBound
        }
        precondition(next == entries.count, "each entry is of a bucket")
        precondition(identities.count == entries.count, "each entry is of somebody")
    }

    private func checkOrder(_ entries: ArraySlice<BucketEntry>) {
        for (earlier, later) in zip(entries, entries.dropFirst()) {
            precondition(earlier.lastSeen <= later.lastSeen, "the head was silent longest")
        }
    }
}
