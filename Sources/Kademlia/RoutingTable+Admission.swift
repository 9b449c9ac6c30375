import Basics

extension RoutingTable {
    /// Whether this node is in the table, or waits for a place there, with this endpoint.
    public func knows(_ id: NodeID, at endpoint: Endpoint) -> Bool {
        guard let index = bucketIndex(of: id), index < buckets.count else { return false }
        return buckets[index].entries.contains { $0.id == id && $0.has(endpoint) }
            || buckets[index].replacements.contains { $0.id == id && $0.has(endpoint) }
    }

    /// Whether this node is in the table with this endpoint and has not failed since it last answered.
    public func isAlive(_ id: NodeID, at endpoint: Endpoint) -> Bool {
        guard let (bucket, entry) = place(of: id) else { return false }
        return !buckets[bucket].entries[entry].isDoubted && buckets[bucket].entries[entry].has(endpoint)
    }

    /// Whether this node is in the table and has failed since it last answered.
    public func isDoubted(_ id: NodeID) -> Bool {
        guard let (bucket, entry) = place(of: id) else { return false }
        return buckets[bucket].entries[entry].isDoubted
    }

    /// Whether a newcomer would find a place: its address block has room, and its bucket isn't full of contacts that answer,
    /// or too few wait for one.
    public func hasRoom(for contact: Contact) -> Bool {
        guard let index = bucketIndex(of: contact.id) else { return false }
        if index < buckets.count, buckets[index].entries.count >= bucketSize,
            buckets[index].replacements.count >= Limits.replacementsPerBucket,
            !buckets[index].entries.contains(where: \.isDoubted)
        {
            return false
        }
        return !isCrowded(contact.blocks, of: contact.id, in: index)
    }
}
