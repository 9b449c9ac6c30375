import Basics

/// The contacts a node knows, in k-buckets by their distance from it (Kademlia, §2.2 and §2.4).
///
/// Bucket i holds contacts that share exactly the first i bits with this node's ID. Buckets exist only as deep as the
/// nearest contact, and empty ones hold no memory of their own; those at the deep end, which together hold the k nearest,
/// act as the one bucket of the paper that covers the node's own range.
///
/// A pure value: the node tells it who answered and who failed, and asks it whom to check and what to refresh.
public struct RoutingTable {
    public let own: NodeID
    /// k: contacts in one bucket.
    public let bucketSize: Int
    /// How many contacts are in buckets; replacements don't count.
    public private(set) var count = 0

    var buckets: [Bucket] = []
    /// The address blocks of the entries of all buckets.
    var tally = BlockTally()
    /// How long answers take, whoever gives them.
    private var anybody = RoundTripEstimator()
    /// When any contact last answered: while nobody does, this node may itself be offline.
    var heard = CompactInstant.past
    /// Nothing is to be checked, or refreshed, before. May be too early, never too late: kept without searching.
    var checkDeadline = CompactInstant.future
    var refreshDeadline = CompactInstant.future

    /// An empty table of the node `own`.
    public init(own: NodeID, bucketSize: Int = Limits.bucketSize) {
        precondition(bucketSize > 0 && bucketSize <= Limits.bucketSize)
        self.own = own
        self.bucketSize = bucketSize
    }

    /// Which bucket an ID belongs to, 0…255, or nil for the node's own.
    func bucketIndex(of id: NodeID) -> Int? {
        let shared = own.distance(to: id.bytes).commonPrefixLength
        return shared < 256 ? shared : nil
    }

    /// The bucket and the place in it of a contact of the table.
    func place(of id: NodeID) -> (bucket: Int, entry: Int)? {
        guard let bucket = bucketIndex(of: id), bucket < buckets.count, let entry = buckets[bucket].index(of: id)
        else { return nil }
        return (bucket, entry)
    }

    /// The contact in the table with this ID.
    public func contact(_ id: NodeID) -> Contact? {
        place(of: id).map { buckets[$0.bucket].entries[$0.entry].contact }
    }

    /// Whether this node has answered before: it is in the table, or waits for a place there.
    public func knows(_ id: NodeID) -> Bool {
        guard let index = bucketIndex(of: id), index < buckets.count else { return false }
        return buckets[index].index(of: id) != nil || buckets[index].replacements.contains { $0.id == id }
    }

    // MARK: What is observed

    /// What became of a contact that answered.
    public enum Observation: Equatable, Sendable {
        /// It is in the table from now on, perhaps instead of one that failed repeatedly.
        case inserted
        /// It was in the table and is the most recently seen of its bucket.
        case refreshed
        /// The bucket is full, so it is kept as a replacement. `doubt`, if any, is to be pinged: it was silent longest.
        case waiting(doubt: Contact?)
        /// Its address block has as many places as one may have; it is not in the table, or no more.
        case crowded
        /// It is this node itself, or has no endpoint.
        case ignored
    }

    /// A server answered, and so is alive: to be called for every answer by a contact that may be in the table.
    ///
    /// - Parameters:
    ///   - roundTrip: the time it took, or nil if unknown, as after a repeated request.
    ///   - hasAsked: it didn't answer, but asked something itself.
    @discardableResult
    public mutating func observe(
        _ contact: Contact, roundTrip: Duration?, hasAsked: Bool = false, now: Instant
    ) -> Observation {
        guard let index = bucketIndex(of: contact.id), contact.endpoint(in: .both) != nil else { return .ignored }
        if let roundTrip { anybody.observe(roundTrip) }
        let now = CompactInstant(now)
        guard !isMisplaced(contact, in: index) else {
            heard = now
            remove(contact.id)
            return .crowded
        }
        extend(to: index, now: now)
        heard = now
        buckets[index].heard = now
        checkDeadline = min(
            checkDeadline, nextCheck(after: now + checkInterval(.checkIntervalNear, of: contact.id)))

        if let known = buckets[index].index(of: contact.id) {
            tally.remove(buckets[index].entries[known].blocks)
            buckets[index].touch(known, contact, roundTrip: roundTrip, now: now)
            let last = buckets[index].entries.count - 1
            buckets[index].entries[last].hasAsked = hasAsked
            tally.insert(buckets[index].entries[last].blocks)
            return .refreshed
        }
        let entry = buckets[index].takeReplacement(contact, roundTrip: roundTrip, now: now)
        if buckets[index].entries.count < bucketSize {
            append(entry, in: index)
            count += 1
            return .inserted
        }
        if let failing = buckets[index].entries.firstIndex(where: { $0.failures >= Limits.failuresBeforeReplacement }) {
            takeEntry(failing, in: index)
            append(entry, in: index)
            return .inserted
        }
        buckets[index].appendReplacement(entry)
        return .waiting(doubt: doubt(in: index, now: now))
    }

    /// Adds the buckets up to `index`. A new bucket is refreshed soon, to be filled.
    private mutating func extend(to index: Int, now: CompactInstant) {
        while buckets.count <= index {
            let due = now + .refreshDelay
            buckets.append(Bucket(heard: now, refreshDue: due))
            refreshDeadline = min(refreshDeadline, due)
        }
    }

    /// The least recently seen contact of a full bucket, unless it was asked or heard of lately, or another one of the
    /// bucket is doubted already: one at a time, so that a flood of newcomers doesn't become a flood of pings.
    private mutating func doubt(in index: Int, now: CompactInstant) -> Contact? {
        guard let head = buckets[index].entries.first, !buckets[index].entries.contains(where: \.isDoubted),
            max(head.lastSeen, head.checked) + .doubtDelay <= now
        else { return nil }
        buckets[index].entries[0].checked = now
        return head.contact
    }

    /// What became of a contact that failed to answer.
    public enum FailureObservation: Equatable, Sendable {
        /// It is not in the table, or not known where it was asked.
        case unknown
        /// It isn't where it was asked, but may be here, where it is to be asked next.
        case elsewhere(Contact)
        /// It stays, but is no longer named to others; `checkTarget` gives it out to be retried.
        case doubted
        /// It failed again and left the table for a contact that had waited.
        case replaced(by: Contact)
        /// It failed often, and nobody waits for its place.
        case removed
    }

    /// A contact didn't answer a request in time.
    ///
    /// Disconnected is not dead: the contact is doubted, retried, and goes when that fails and another waits, or after
    /// `Limits.failuresBeforeRemoval` (Kademlia, §4.1). It stays while nobody at all answers: then the fault is likely here.
    ///
    /// - Parameters:
    ///   - endpoint: where it was asked, or nil if that makes no difference.
    ///   - families: what this node can send over.
    @discardableResult
    public mutating func observeFailure(
        of id: NodeID, at endpoint: Endpoint? = nil, families: AddressFamilies = .both, now: Instant
    ) -> FailureObservation {
        guard let (index, place) = place(of: id) else { return .unknown }
        if let endpoint {
            let known = buckets[index].entries[place].contact
            guard endpoint == known.ipv4 || endpoint == known.ipv6 else { return .unknown }
            if buckets[index].entries[place].fallsBack(from: endpoint, over: families) {
                return .elsewhere(buckets[index].entries[place].contact)
            }
        }
        let now = CompactInstant(now)
        let isOnline = heard > buckets[index].entries[place].failed
        guard buckets[index].entries[place].observeFailure(now: now) else { return .doubted }
        let failures = Int(buckets[index].entries[place].failures)
        if isOnline, failures >= Limits.failuresBeforeReplacement, let next = replace(place, in: index) {
            return .replaced(by: next)
        }
        if isOnline, failures >= Limits.failuresBeforeRemoval {
            removeEntry(place, in: index)
            return .removed
        }
        checkDeadline = min(checkDeadline, now + .retryDelay)
        return .doubted
    }

    /// Drops a contact that is no server any more. Its place goes to one that waited.
    public mutating func remove(_ id: NodeID) {
        guard let index = bucketIndex(of: id), index < buckets.count else { return }
        buckets[index].replacements.removeAll { $0.id == id }
        guard let place = buckets[index].index(of: id), replace(place, in: index) == nil else { return }
        removeEntry(place, in: index)
    }

    /// Gives an entry's place to the one that waited last of those whose address block has room; nil where there is none.
    private mutating func replace(_ place: Int, in index: Int) -> Contact? {
        let leaving = buckets[index].entries[place].id
        let next = buckets[index].replacements.lastIndex {
            !isCrowded($0.blocks, of: $0.id, in: index, without: leaving)
        }
        guard let next else { return nil }
        let entry = buckets[index].replacements.remove(at: next)
        takeEntry(place, in: index)
        insert(entry, in: index)
        return entry.contact
    }

    /// Puts a replacement where the bucket's order wants it: it may have been silent for longer than others.
    private mutating func insert(_ entry: BucketEntry, in index: Int) {
        let place = buckets[index].entries.firstIndex { $0.lastSeen > entry.lastSeen } ?? buckets[index].entries.count
        buckets[index].entries.insert(entry, at: place)
        tally.insert(entry.blocks)
        checkDeadline = .past
    }

    /// Adds an entry as the most recently seen one of its bucket.
    private mutating func append(_ entry: BucketEntry, in index: Int) {
        buckets[index].append(entry, capacity: bucketSize)
        tally.insert(entry.blocks)
    }

    private mutating func takeEntry(_ place: Int, in index: Int) {
        tally.remove(buckets[index].entries.remove(at: place).blocks)
    }

    private mutating func removeEntry(_ place: Int, in index: Int) {
        takeEntry(place, in: index)
        // Whoever waited was of a crowded block.
        buckets[index].replacements.removeAll()
        count -= 1
        // The bucket wants filling, and others may count among the nearest now: search again.
        refreshDeadline = .past
        checkDeadline = .past
    }

    // MARK: What is known

    /// Whether any contact has not failed since it last answered. If none is left, this node is offline, or its network
    /// has moved on and it must bootstrap again: contacts are kept, and retried, either way.
    public var hasLiveContact: Bool { buckets.contains { $0.entries.contains { !$0.isDoubted } } }

    /// How long to wait for an answer of a node before a request counts as late (RFC 6298).
    public func timeout(for id: NodeID) -> Duration {
        guard let (bucket, entry) = place(of: id) else { return timeoutOfStrangers }
        let known = buckets[bucket].entries[entry]
        return known.estimator.timeout(failures: Int(known.failures))
    }

    /// Twice what the answers of all others suggest, as a stranger may be farther away than they are.
    private var timeoutOfStrangers: Duration { min(anybody.timeout(failures: 0) * 2, Limits.timeoutInitial) }

    /// Calls `body` with every contact of the table: farthest bucket first, least recently seen first.
    public func forEach(_ body: (TableEntry) -> Void) {
        for (index, bucket) in buckets.enumerated() {
            for entry in bucket.entries {
                body(
                    TableEntry(
                        contact: entry.contact, bucket: index, lastSeen: entry.lastSeen.instant,
                        roundTrip: entry.estimator.roundTrip, isDoubted: entry.isDoubted))
            }
        }
    }
}

/// What a routing table knows of one contact.
public struct TableEntry: Hashable, Sendable {
    public let contact: Contact
    /// The length of the prefix shared with the table's node, 0…255.
    public let bucket: Int
    /// When it last answered, to a tenth of a second.
    public let lastSeen: Instant
    /// The smoothed round-trip time, or nil before the first measurement.
    public let roundTrip: Duration?
    /// Whether it failed since it last answered.
    public let isDoubted: Bool
}
