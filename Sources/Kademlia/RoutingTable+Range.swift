import Basics

/// The subtree of the keyspace around this node: all IDs that share so many leading bits with its own.
///
/// In the XOR metric the nodes of a subtree are closer to each point in it than all others. So where a subtree has k nodes,
/// the k closest to each of its points are among them.
extension RoutingTable {
    /// How many leading bits the smallest subtree around this node shares that holds at least `count` live nodes, this one
    /// included; 0, the whole keyspace, where fewer are known.
    public func depth(holding count: Int) -> Int {
        var held = 1
        for index in buckets.indices.reversed() {
            for place in buckets[index].members where !entries[place].isDoubted { held += 1 }
            if held >= count { return index }
        }
        return 0
    }

    /// Calls `body` with every live contact that shares `depth` bits with this node, the nearest bucket first.
    public func forEachAlive(sharing depth: Int, _ body: (NodeID) -> Void) {
        for bucket in buckets.dropFirst(depth).reversed() {
            for place in bucket.members where !entries[place].isDoubted { body(contact(at: place).id) }
        }
    }
}
