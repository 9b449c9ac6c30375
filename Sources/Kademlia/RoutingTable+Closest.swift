import Basics

// The hottest code of a node. It rests on one property of the XOR metric: with d = own ⊕ point, every contact of
// bucket i is closer to the point than this node and all deeper buckets if bit i of d is 1, and farther if it is 0.
//
//     point   own range                     nearest ────────────────────────► farthest
//     d = 0 1 1 0 …                         bucket 1   bucket 2   (own, deeper)   bucket 3   bucket 0
//
// So buckets with a 1 come in ascending order, then those with a 0 in descending order, and only contacts of the same
// bucket need comparing.
extension RoutingTable {
    /// The contacts closest to a point, closest first.
    ///
    /// - Parameters:
    ///   - count: at most so many.
    ///   - families: only contacts with an endpoint in one of these, and only those endpoints.
    ///   - excluding: a node to leave out, as the one that asks.
    ///   - onlyAlive: leave out contacts that are doubted, as when naming contacts to others.
    ///   - scope: the scope of the address of the node they are named to; endpoints of narrower scopes are left out.
    public func closest(
        to point: Bytes32, count: Int, families: AddressFamilies = .both, excluding: NodeID? = nil,
        onlyAlive: Bool = false, scope: AddressScope = .machine
    ) -> [Contact] {
        var contacts: [Contact] = []
        closest(
            to: point, count: count, families: families, excluding: excluding, onlyAlive: onlyAlive, scope: scope,
            into: &contacts)
        return contacts
    }

    /// As above, but fills an array that the caller reuses: allocates nothing once its capacity suffices.
    public func closest(
        to point: Bytes32, count: Int, families: AddressFamilies = .both, excluding: NodeID? = nil,
        onlyAlive: Bool = false, scope: AddressScope = .machine, into contacts: inout [Contact]
    ) {
        contacts.removeAll(keepingCapacity: true)
        guard count > 0 else { return }
        withUnsafeTemporaryAllocation(of: Ranked.self, capacity: bucketSize) { ranked in
            forEachBucket(towards: point) { bucket in
                let room = min(count - contacts.count, bucketSize)
                var held = 0
                for place in bucket.members {
                    let entry = entries[place]
                    guard entry.isOfUse(in: families, scope: scope), !(onlyAlive && entry.isDoubted) else { continue }
                    if let excluding, entry.head == BucketEntry.head(of: excluding.bytes),
                        identities.id(at: place) == excluding
                    {
                        continue
                    }
                    let head = entry.head ^ BucketEntry.head(of: point)
                    func isCloser(_ other: Ranked) -> Bool {
                        if head != other.head { return head < other.head }
                        return distance(place, point) < distance(other.place, point)
                    }
                    if held == room {
                        guard isCloser(ranked[held - 1]) else { continue }
                        held -= 1
                    }
                    var gap = held
                    while gap > 0, isCloser(ranked[gap - 1]) {
                        ranked[gap] = ranked[gap - 1]
                        gap -= 1
                    }
                    ranked[gap] = Ranked(head: head, place: place)
                    held += 1
                }
                for index in 0..<held {
                    let place = ranked[index].place
                    contacts.append(
                        contact(at: place, in: entries[place].families(in: scope).intersection(families)))
                }
                return contacts.count < count
            }
        }
    }

    private func distance(_ place: Int, _ point: Bytes32) -> Distance {
        identities.id(at: place).distance(to: point)
    }

    /// An entry of one bucket by its distance from the point.
    private struct Ranked: BitwiseCopyable {
        let head: UInt32
        let place: Int
    }

    /// Whether fewer than `count` live contacts with an endpoint in one of `families` are closer to the point than this
    /// node.
    public func isAmongClosest(to point: Bytes32, count: Int, families: AddressFamilies = .both) -> Bool {
        let difference = own.bytes ^ point
        var closer = 0
        for index in buckets.indices where difference.bit(index) {
            for place in buckets[index].members
            where !entries[place].isDoubted && entries[place].hasEndpoint(in: families) { closer += 1 }
            if closer >= count { return false }
        }
        return closer < count
    }

    /// Calls `body` with the buckets, nearest to the point first, until it returns false.
    @inline(__always)
    private func forEachBucket(towards point: Bytes32, _ body: (Bucket) -> Bool) {
        let difference = own.bytes ^ point
        for index in buckets.indices where difference.bit(index) {
            guard body(buckets[index]) else { return }
        }
        for index in buckets.indices.reversed() where !difference.bit(index) {
            guard body(buckets[index]) else { return }
        }
    }
}
