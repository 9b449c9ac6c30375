import Basics

/// The subtree of the keyspace around this node: all IDs that share so many leading bits with its own.
///
/// In the XOR metric the nodes of a subtree are closer to each point in it than all others. So where a subtree has k nodes,
/// the k closest to each of its points are among them.
extension RoutingTable {
    /// How many leading bits the smallest subtree around this node shares that holds at least `count` live nodes, this one
    /// included, and whose other half of the next larger one does so as well; 0, the whole keyspace, where there is none.
    ///
    /// Were the other half smaller, its nodes would belong to the larger subtree, and this node would keep nothing with them.
    public func depth(holding count: Int) -> Int {
        var held = 1
        for index in buckets.indices.reversed() {
            held += live(in: index)
            // Above it, a bucket is the other half.
            if held >= count, index == 0 || live(in: index - 1) >= count { return index }
        }
        return 0
    }

    private func live(in bucket: Int) -> Int { buckets[bucket].members.count { !entries[$0].isDoubted } }

    /// How many nodes the network has, judged by how many this node knows around its own ID; nil where it knows too few.
    ///
    /// Buckets that aren't full hold all nodes of their range, as far as this node knows; so the nearest that is full is left out
    /// where there are enough without it. Whoever crowds around its ID makes it believe in a larger network, so that an estimate
    /// from far away (`NetworkSize`) is better where there is one.
    public var sizeByNeighbours: Int? {
        var (held, depth) = (0, 0)
        for index in buckets.indices.reversed() {
            let members = buckets[index].members.count
            if held >= bucketSize || (members >= bucketSize && 2 * held >= bucketSize) { break }
            (held, depth) = (held + members, index)
        }
        guard 2 * held >= bucketSize else { return nil }
        return (held + 1) << min(depth, 40)
    }

    /// Calls `body` with every live contact that shares `depth` bits with this node, the nearest bucket first.
    public func forEachAlive(sharing depth: Int, _ body: (NodeID) -> Void) {
        for bucket in buckets.dropFirst(depth).reversed() {
            for place in bucket.members where !entries[place].isDoubted { body(contact(at: place).id) }
        }
    }
}
