import Basics

extension RoutingTable {
    /// When `refreshTarget` or `takeChecks` may have something to return, or nil while the table is empty. It may be
    /// too early, never too late; once neither returns anything, it lies in the future.
    public var nextDeadline: Instant? {
        let deadline = min(checkDeadline, refreshDeadline)
        return deadline == .future ? nil : deadline.instant
    }

    // MARK: Refresh

    /// A random point in a range of the keyspace that needs a lookup, or nil if none does now. Each call marks the
    /// range as refreshed, so call until nil.
    ///
    /// A bucket needs a lookup when it is new, when it is not full (less often when little is missing), and when no
    /// contact of it answered for `Limits.refreshInterval` (Kademlia, §2.3). The node's own range, where new neighbours
    /// appear, needs one always after that time. Intervals are stretched or shortened by up to a quarter, differently
    /// for each node and bucket.
    ///
    /// - Parameter randomness: 32 random bytes, of which the point takes what lies below its prefix.
    public mutating func refreshTarget(now: Instant, randomness: Bytes32) -> Bytes32? {
        let now = CompactInstant(now)
        guard now >= refreshDeadline else { return nil }
        let ownRange = bucketHolding(nearest: bucketSize)
        var earliest = CompactInstant.future
        for index in buckets.indices where count > 0 {
            let due = refreshDue(of: index, ownRange: ownRange)
            if due <= now { return refresh(index, ownRange: ownRange, now: now, randomness) }
            earliest = min(earliest, due)
        }
        refreshDeadline = earliest
        return nil
    }

    /// Whether a point lies outside the range in which this node knows all nodes: nodes clustered around its ID can't
    /// have chosen such a point.
    public func isFar(_ point: Bytes32) -> Bool {
        own.distance(to: point).commonPrefixLength < bucketHolding(nearest: bucketSize)
    }

    /// Whether there are points outside that range.
    public var hasFarPoints: Bool { bucketHolding(nearest: bucketSize) > 0 }

    func refreshDue(of index: Int, ownRange: Int) -> CompactInstant {
        let bucket = buckets[index]
        guard index < ownRange else { return bucket.refreshDue }
        if bucket.members.count == bucketSize {
            return max(bucket.refreshDue, bucket.heard + refreshInterval(of: index))
        }
        return bucket.isExplored && isNearlyFull(bucket) ? bucket.refreshDue + .patience : bucket.refreshDue
    }

    /// Whether a bucket has so many contacts that a refresh isn't urgent: under churn a place is always free, and
    /// mostly the next node that makes contact takes it. Small tables should hold all nodes there are.
    private func isNearlyFull(_ bucket: Bucket) -> Bool {
        4 * bucket.members.count >= 3 * bucketSize && count >= RoutingTable.bucketsOfLargeTable * bucketSize
    }

    private static let bucketsOfLargeTable = 4

    private mutating func refresh(
        _ index: Int, ownRange: Int, now: CompactInstant, _ randomness: Bytes32
    ) -> Bytes32 {
        guard index >= ownRange else {
            let isFull = buckets[index].members.count == bucketSize
            marks.insert(isFull ? .silentBucketRefreshed : .bucketRefreshedToFill)
            let usual: CompactDuration = isFull ? .refreshInterval : .filling
            let interval = isEnoughForClient ? .refreshOfClient : usual
            buckets[index].refreshDue = now + refreshInterval(interval, of: index)
            buckets[index].isExplored = true
            return Bytes32.random(sharing: index, with: own.bytes, differingNext: true, randomness)
        }
        if count < bucketSize { marks.insert(.fewContactsKnown) }
        // With fewer than k contacts, which are nearly all nodes there are, the next search comes soon.
        let usual: CompactDuration = count < bucketSize ? .filling : .refreshInterval
        let interval = isEnoughForClient ? .refreshOfClient : usual
        for index in ownRange..<buckets.count {
            buckets[index].refreshDue = now + refreshInterval(interval, of: index)
        }
        return Bytes32.random(sharing: ownRange, with: own.bytes, differingNext: false, randomness)
    }

    /// Whether there are as many contacts as the searches of a client need.
    private var isEnoughForClient: Bool { isOfClient && count >= 2 * bucketSize }

    private func refreshInterval(
        _ interval: CompactDuration = .refreshInterval, of index: Int
    ) -> CompactDuration {
        interval.jittered(by: own.bytes.words.3 &+ UInt64(index))
    }

    // MARK: Checks

    /// Fills an array with the contacts to ping now: those of the deepest bucket first, in each the least recently seen
    /// first. Report the outcome to `observe` or `observeFailure`; before that, none is handed out again for a while.
    ///
    /// Contacts in the buckets of the nearest `Limits.nearContacts` are due after a sixth of the time that they have
    /// been known, at least `Limits.checkIntervalNear` and at most `Limits.checkIntervalNearLongest`. The others are
    /// due after `Limits.checkIntervalFar`, doubted ones after a back-off from `Limits.retryDelay`. In the table of a client all are due
    /// after a sixth of that time, the others at least after `Limits.checkIntervalFar`, and at most `Limits.checkIntervalOfClient`.
    public mutating func takeChecks(now: Instant, into contacts: inout [Contact]) {
        contacts.removeAll(keepingCapacity: true)
        let now = CompactInstant(now)
        guard now >= checkDeadline else { return }
        let near = bucketHolding(nearest: Limits.nearContacts)
        var earliest = CompactInstant.future
        for index in buckets.indices.reversed() {
            for place in buckets[index].members {
                var entry = entries[place]
                var due = checkDue(of: entry, isNear: index >= near)
                if due <= now {
                    entry.checked = now
                    entries[place] = entry
                    contacts.append(contact(at: place))
                    due = checkDue(of: entry, isNear: index >= near)
                }
                earliest = min(earliest, due)
            }
        }
        checkDeadline = earliest
    }

    func checkDue(of entry: BucketEntry, isNear: Bool) -> CompactInstant {
        if entry.isDoubted {
            let backoff = CompactDuration.retryDelay.doubled(Int(entry.failures) - 1, limit: .checkIntervalNear)
            return (max(entry.failed, entry.checked) + backoff).rounded(up: .upkeepStep, phase: own.bytes.words.3)
        }
        let interval = isNear || isOfClient ? checkInterval(of: entry, isNear: isNear) : .checkIntervalFar
        let due = max(entry.lastSeen, entry.checked) + interval.jittered(by: entry.jitter)
        return nextCheck(after: entry.hasAsked ? due + .checkCourtesy : due)
    }

    /// A contact known for long is likely to stay (Kademlia, §2.1). One that was silent for a sixth of the time it has
    /// been known still runs with probability 6/7 if lifetimes follow a Pareto distribution (Li et al., Accordion, NSDI
    /// 2005, §4.2).
    private func checkInterval(of entry: BucketEntry, isNear: Bool) -> CompactDuration {
        let known = entry.lastSeen.since(entry.firstSeen)
        let shortest: CompactDuration = isNear ? .checkIntervalNear : .checkIntervalFar
        let longest: CompactDuration = isOfClient ? .checkIntervalOfClient : .checkIntervalNearLongest
        return min(max(known.divided(by: 6), shortest), longest)
    }

    /// Whether `refreshTarget` or `takeChecks` may have something to return. `mode`: how this node takes part, from now on.
    public mutating func isUpkeepDue(in mode: NodeMode, now: Instant) -> Bool {
        follow(isOfClient: mode == .client, now: now)
        return nextDeadline.map { $0 <= now } ?? false
    }

    private mutating func follow(isOfClient: Bool, now: Instant) {
        guard self.isOfClient != isOfClient else { return }
        self.isOfClient = isOfClient
        // A server is to know its neighbours soon.
        let latest = CompactInstant(now) + .filling
        for index in buckets.indices where !isOfClient {
            buckets[index].refreshDue = min(buckets[index].refreshDue, latest)
        }
        checkDeadline = .past
        refreshDeadline = .past
    }

    /// When a contact of a bucket is to be checked, unless it is heard before.
    func checkDue(at place: Int, in bucket: Int) -> CompactInstant {
        checkDue(of: entries[place], isNear: bucket >= bucketHolding(nearest: Limits.nearContacts))
    }

    /// Checks are made several at a time, by each node at its own moments: waking up costs more than a ping.
    func nextCheck(after instant: CompactInstant) -> CompactInstant {
        instant.rounded(up: .checkStep, phase: own.bytes.words.3)
    }

    /// Differs for each pair of nodes, so that a node isn't pinged by all its neighbours at once. It is the same for
    /// both nodes of a pair: the node that checked first stays first, and the other needs no check of its own.
    func jitter(of id: NodeID) -> Jitter { Jitter(id.bytes.words.3 ^ own.bytes.words.3) }

    // MARK: Ranges

    /// The deepest index from which on the buckets hold at least `nearest` contacts, or 0 if all hold fewer.
    func bucketHolding(nearest: Int) -> Int {
        var held = 0
        for index in buckets.indices.reversed() {
            held += buckets[index].members.count
            if held >= nearest { return index }
        }
        return 0
    }
}
