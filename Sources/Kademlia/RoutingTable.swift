import Basics

/// The contacts a node knows, in k-buckets by their distance from it (Kademlia, §2.2 and §2.4).
///
/// Bucket i holds contacts that share exactly the first i bits with this node's ID. Buckets exist only as deep as the
/// nearest contact; those at the deep end, which together hold the k nearest, act as the one bucket of the paper that
/// covers the node's own range.
///
/// The layout keeps together what a walk reads: in a large simulation all memory of a node is cold, and cache misses
/// dominate the cost.
///
///     buckets      0 1 2 3 …                           16 bytes each: where its entries begin, and how many there are
///     entries      0 0 0 0 0 1 1 1 1 1 2 2 2 3 3 …     40 bytes each: what walks look at, bucket after bucket
///     identities   0 0 0 0 0 1 1 1 1 1 2 2 2 3 3 …     8 bytes each: references to who the contacts are
///
/// A pure value: the node reports which contacts answered or failed, and asks which to check and what to refresh.
public struct RoutingTable {
    public let own: NodeID
    /// k: contacts in one bucket.
    public let bucketSize: Int
    /// How many contacts are in buckets; replacements don't count.
    public internal(set) var count = 0

    var buckets: [Bucket] = []
    /// All contacts, one bucket after another, those that wait included.
    var entries: [BucketEntry] = []
    /// Who they are, in the same order.
    var identities: ContactIdentities
    /// The address blocks of the entries of all buckets.
    var tally = BlockTally()
    /// Contacts that fell silent and have left.
    var former = FormerContacts()
    /// Round trips to all contacts together.
    var anybody = RoundTripEstimator()
    /// When any contact last answered: if none does, this node itself may be offline.
    var heard = CompactInstant.past
    /// No check or refresh is due before this. It may be too early, never too late: so no search is needed to keep it.
    var checkDeadline = CompactInstant.future
    var refreshDeadline = CompactInstant.future
    /// Whether only this node's own searches begin with these contacts, as nobody is told of it.
    var isOfClient = false
    /// Marks reached since the last drain.
    public var marks = MarkSet()

    /// An empty table of the node `own`, which refers to identities that come from a source.
    public init(
        own: NodeID, bucketSize: Int = Limits.bucketSize,
        identities source: @escaping NodeIdentity.Source = NodeIdentity.unshared
    ) {
        precondition(bucketSize > 0 && bucketSize <= Limits.bucketSize)
        self.own = own
        self.bucketSize = bucketSize
        identities = ContactIdentities(from: source)
    }

    /// Which bucket an ID belongs to, 0…255, or nil for the node's own.
    func bucketIndex(of id: NodeID) -> Int? {
        let shared = own.distance(to: id.bytes).commonPrefixLength
        return shared < 256 ? shared : nil
    }

    /// The place, among some entries, of a contact's entry.
    func place(of id: NodeID, in places: Range<Int>) -> Int? {
        let head = BucketEntry.head(of: id.bytes)
        // A loop, as a closure would capture the whole table.
        for place in places where entries[place].head == head && identities.id(at: place) == id {
            return place
        }
        return nil
    }

    /// The place of the entry of a contact of the table.
    func place(of id: NodeID) -> Int? {
        guard let index = bucketIndex(of: id), index < buckets.count else { return nil }
        return place(of: id, in: buckets[index].members)
    }

    /// The contact of an entry, with its last known endpoints.
    func contact(at place: Int) -> Contact { contact(at: place, in: entries[place].families) }

    /// The contact of an entry, with the endpoints of these families at which it ever answered.
    func contact(at place: Int, in families: AddressFamilies) -> Contact {
        let ipv6Port = families.contains(.ipv6) ? entries[place].ipv6Port : 0
        return Contact(
            id: identities.id(at: place), key: identities.key(at: place),
            ipv4: families.contains(.ipv4) ? entries[place].ipv4Endpoint : nil,
            ipv6: ipv6Port == 0 ? nil : identities.ipv6(at: place, port: ipv6Port))
    }

    /// The address blocks in which an entry takes places, including that of an endpoint where it failed to answer but
    /// may come back.
    func blocks(at place: Int) -> AddressBlocks { contact(at: place, in: .both).blocks }

    /// The contact in the table with this ID.
    public func contact(_ id: NodeID) -> Contact? { place(of: id).map(contact) }

    /// Whether this node has answered before: it is in the table, or among the replacements.
    public func knows(_ id: NodeID) -> Bool {
        guard let index = bucketIndex(of: id), index < buckets.count else { return false }
        return place(of: id, in: buckets[index].all) != nil
    }

    // MARK: What is observed

    /// What became of a contact that answered.
    public enum Observation: Equatable, Sendable {
        /// It has been added to the table, perhaps instead of a contact that failed repeatedly.
        case inserted
        /// It was in the table, and is now the most recently seen of its bucket.
        case refreshed
        /// The bucket is full, so it is kept as a replacement. `doubt`, if any, is to be pinged: it was silent longest.
        case waiting(doubt: Contact?)
        /// Its address block has as many places as a block may have; it is not in the table, or no longer.
        case crowded
        /// It is this node itself, or has no endpoint.
        case ignored
    }

    /// A server answered, and so is alive: call this for every answer of a contact that may be in the table.
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
        let known = place(of: contact.id)
        // The hot path: a contact that answered at its known endpoint may stay.
        if isElsewhere(contact, than: known), isCrowded(contact.blocks, of: contact.id, in: index) {
            heard = now
            remove(contact.id)
            marks.insert(.contactOverItsBlock)
            return .crowded
        }
        extend(to: index, now: now)
        heard = now
        buckets[index].heard = now

        if let known {
            let blocks = blocks(at: known)
            touch(known, contact, roundTrip: roundTrip, now: now)
            entries[known].hasAsked = hasAsked
            checkDeadline = min(checkDeadline, checkDue(at: known, in: index))
            tally.replace(blocks, by: self.blocks(at: known))
            move(known, to: buckets[index].members.upperBound - 1)
            return .refreshed
        }
        checkDeadline = min(
            checkDeadline, nextCheck(after: now + .checkIntervalNear.jittered(by: jitter(of: contact.id))))
        let members = buckets[index].members
        let isFull = members.count == bucketSize
        let failing = isFull ? members.first { entries[$0].failures >= Limits.failuresBeforeReplacement } : nil
        if isFull, failing == nil {
            if let waiting = place(of: contact.id, in: buckets[index].waiting) {
                touch(waiting, contact, roundTrip: roundTrip, now: now)
                move(waiting, to: buckets[index].waiting.upperBound - 1)
            } else {
                insertWaiting(contact, in: index, roundTrip: roundTrip, now: now)
            }
            return .waiting(doubt: doubt(in: index, now: now))
        }
        if let failing {
            marks.insert(.newcomerReplacesFailing)
            former.add(former(at: failing), now: now)
            removeMember(failing, in: index)
        }
        if let waiting = place(of: contact.id, in: buckets[index].waiting) {
            touch(waiting, contact, roundTrip: roundTrip, now: now)
            promote(waiting, to: buckets[index].members.upperBound, in: index)
        } else {
            insert(contact, in: index, roundTrip: roundTrip, now: now)
        }
        return .inserted
    }

    /// An entry's contact answered.
    private mutating func touch(_ place: Int, _ contact: Contact, roundTrip: Duration?, now: CompactInstant) {
        // It answered, but not at the endpoint where it had failed and might have come back.
        entries[place].forgetOtherEndpoints()
        entries[place].adopt(contact)
        identities.adopt(contact.ipv6, at: place)
        entries[place].observe(roundTrip)
        entries[place].expect(at: self.contact(at: place, in: .both))
        entries[place].observe(now: now)
        entries[place].observe(at: contact)
    }

    /// Adds the buckets up to `index`. A new bucket is refreshed soon, to be filled.
    mutating func extend(to index: Int, now: CompactInstant) {
        while buckets.count <= index {
            let due = now + .refreshDelay
            buckets.append(Bucket(start: entries.count, heard: now, refreshDue: due))
            refreshDeadline = min(refreshDeadline, due)
        }
    }

    /// The least recently seen contact of a full bucket, to be pinged. Nil if it was asked or heard lately, or if
    /// another one of the bucket is doubted already: one at a time, so that a flood of newcomers doesn't become a flood
    /// of pings.
    private mutating func doubt(in index: Int, now: CompactInstant) -> Contact? {
        let members = buckets[index].members
        guard let first = members.first, !members.contains(where: { entries[$0].isDoubted }),
            max(entries[first].lastSeen, entries[first].checked) + .doubtDelay <= now
        else { return nil }
        entries[first].checked = now
        marks.insert(.fullBucketDoubtsOldest)
        return contact(at: first)
    }

    /// What became of a contact that failed to answer.
    public enum FailureObservation: Equatable, Sendable {
        /// It is not in the table, or not known at the endpoint where it was asked.
        case unknown
        /// It isn't at the endpoint where it was asked, but may be at this contact's, which is to be asked next.
        case elsewhere(Contact)
        /// It stays, but is no longer named to others; `takeChecks` hands it out to be retried.
        case doubted
        /// It failed again, and a replacement took its place.
        case replaced(by: Contact)
        /// It failed too often and was removed; there is no replacement.
        case removed
    }

    /// A contact didn't answer a request in time.
    ///
    /// Disconnected is not dead. The contact is doubted and retried. It is evicted when the retry fails and a
    /// replacement waits, or after `Limits.failuresBeforeRemoval` (Kademlia, §4.1). It stays while no contact answers:
    /// then the fault is likely here.
    ///
    /// - Parameters:
    ///   - endpoint: where it was asked, or nil if that makes no difference.
    ///   - families: what this node can send over.
    @discardableResult
    public mutating func observeFailure(
        of id: NodeID, at endpoint: Endpoint? = nil, families: AddressFamilies = .both, now: Instant
    ) -> FailureObservation {
        guard let index = bucketIndex(of: id), let place = place(of: id) else { return .unknown }
        if let endpoint {
            let known = contact(at: place)
            guard endpoint == known.ipv4 || endpoint == known.ipv6 else { return .unknown }
            if entries[place].fallsBack(from: endpoint.family, over: families) {
                marks.insert(.contactSoughtOverOtherFamily)
                return .elsewhere(contact(at: place))
            }
            entries[place].expect(at: self.contact(at: place, in: .both))
        }
        let now = CompactInstant(now)
        let isOnline = heard > entries[place].failed
        guard entries[place].observeFailure(now: now) else { return .doubted }
        let failures = Int(entries[place].failures)
        if !isOnline, failures >= Limits.failuresBeforeReplacement { marks.insert(.failuresLaidToOwnNetwork) }
        let lost = former(at: place)
        if isOnline, failures >= Limits.failuresBeforeReplacement, let next = replace(place, in: index) {
            former.add(lost, now: now)
            marks.insert(.failingReplacedByWaiting)
            return .replaced(by: next)
        }
        if isOnline, failures >= Limits.failuresBeforeRemoval {
            former.add(lost, now: now)
            leave(place, in: index)
            marks.insert(.failingRemoved)
            return .removed
        }
        checkDeadline = min(checkDeadline, checkDue(at: place, in: index))
        return .doubted
    }

    /// Removes a contact that is no longer a server. Its place goes to a replacement.
    public mutating func remove(_ id: NodeID) {
        guard let index = bucketIndex(of: id), index < buckets.count else { return }
        if place(of: id, in: buckets[index].all) != nil { marks.insert(.contactTakenOut) }
        if let waiting = place(of: id, in: buckets[index].waiting) { removeWaiting(waiting, in: index) }
        guard let place = place(of: id, in: buckets[index].members), replace(place, in: index) == nil else { return }
        leave(place, in: index)
    }

    /// Replaces an entry by the newest replacement whose address block has room; nil if there is none.
    private mutating func replace(_ place: Int, in index: Int) -> Contact? {
        let leaving = identities.id(at: place)
        let next = buckets[index].waiting.last {
            !isCrowded(blocks(at: $0), of: identities.id(at: $0), in: index, without: leaving)
        }
        guard let next else { return nil }
        let lastSeen = entries[next].lastSeen
        removeMember(place, in: index)
        // At the place that the bucket's order demands: it may have been silent for longer than others.
        let members = buckets[index].members
        let place = members.first { entries[$0].lastSeen > lastSeen } ?? members.upperBound
        promote(next - 1, to: place, in: index)
        checkDeadline = .past
        return contact(at: place)
    }

    /// Removes an entry without a replacement.
    private mutating func leave(_ place: Int, in index: Int) {
        removeMember(place, in: index)
        // All replacements are of address blocks that are full.
        if !buckets[index].waiting.isEmpty { marks.insert(.waitingOfFullBlocksDropped) }
        for waiting in buckets[index].waiting.reversed() { removeWaiting(waiting, in: index) }
        // The bucket has a free place, and others may be among the nearest now: recompute both deadlines.
        refreshDeadline = .past
        checkDeadline = .past
    }

    // MARK: What is known

    /// Whether any contact has not failed since it last answered. If none is left, this node is offline, or its network
    /// has moved on and it must bootstrap again: contacts are kept, and retried, either way.
    public var hasLiveContact: Bool {
        buckets.contains { $0.members.contains { !entries[$0].isDoubted } }
    }

    /// How long to wait for an answer of a node before a request counts as late (RFC 6298).
    public func timeout(for id: NodeID) -> Duration {
        guard let place = place(of: id) else { return timeoutOfStrangers }
        return entries[place].estimator.timeout(failures: Int(entries[place].failures))
    }

    /// Twice what the answers of all contacts suggest, as an unknown node may be farther away than they are.
    private var timeoutOfStrangers: Duration { min(anybody.timeout(failures: 0) * 2, Limits.timeoutInitial) }

    /// Calls `body` with every contact of the table: farthest bucket first, least recently seen first.
    public func forEach(_ body: (TableEntry) -> Void) {
        for (index, bucket) in buckets.enumerated() {
            for place in bucket.members {
                let entry = entries[place]
                body(
                    TableEntry(
                        contact: contact(at: place), bucket: index, lastSeen: entry.lastSeen.instant,
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
