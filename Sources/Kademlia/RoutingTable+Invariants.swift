import Basics

extension RoutingTable {
    /// Bytes of the room reserved.
    package var memory: Int {
        buckets.reduce(buckets.capacity * MemoryLayout<Bucket>.stride + BlockTally.memory) {
            $0 + ($1.entries.capacity + $1.replacements.capacity) * MemoryLayout<BucketEntry>.stride
        }
    }

    /// Traps unless everything holds that the rest of the table's code relies on. For tests: it looks at every contact.
    package func checkInvariants() {
        precondition(MemoryLayout<BucketEntry>.stride == 112, "a simulation holds millions of entries")
        precondition(buckets.count <= 256)
        precondition(count == buckets.reduce(0) { $0 + $1.entries.count }, "the count is that of all entries")
        var tallied = BlockTally()
        for bucket in buckets { for entry in bucket.entries { tallied.insert(entry.blocks) } }
        precondition(tallied == tally, "each entry is tallied once")
        let ownRange = bucketHolding(nearest: bucketSize)
        let near = bucketHolding(nearest: Limits.nearContacts)
        for (index, bucket) in buckets.enumerated() {
            precondition(bucket.entries.count <= bucketSize)
            precondition(bucket.replacements.count <= Limits.replacementsPerBucket)
            precondition(bucket.replacements.isEmpty || bucket.entries.count == bucketSize, "nobody waits for nothing")
            checkOrder(bucket.entries)
            checkOrder(bucket.replacements)
            let all = bucket.entries + bucket.replacements
            for (place, entry) in all.enumerated() {
                precondition(bucketIndex(of: entry.id) == index, "a contact is in the bucket of its distance")
                precondition(!all[..<place].contains { $0.id == entry.id }, "a contact is in one place")
                precondition(entry.hasEndpoint(in: .both))
                precondition(entry.lastSeen <= bucket.heard && bucket.heard <= heard)
            }
            precondition(bucket.replacements.allSatisfy { !$0.isDoubted })
            for entry in bucket.entries {
                let isCrowded = isCrowded(entry.blocks, of: entry.id, in: index)
                precondition(!isCrowded, "no block has more places than it may")
            }
            for entry in bucket.entries {
                precondition(checkDeadline <= checkDue(of: entry, isNear: index >= near), "no check is missed")
            }
            let isRefreshed = count == 0 || refreshDeadline <= refreshDue(of: index, ownRange: ownRange)
            precondition(isRefreshed, "no refresh is missed")
        }
    }

    private func checkOrder(_ entries: [BucketEntry]) {
        for (earlier, later) in zip(entries, entries.dropFirst()) {
            precondition(earlier.lastSeen <= later.lastSeen, "the head was silent longest")
        }
    }
}
