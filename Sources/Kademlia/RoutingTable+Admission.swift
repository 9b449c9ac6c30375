import Basics

extension RoutingTable {
    /// Whether this node is in the table, or among the replacements, with this endpoint.
    public func knows(_ id: NodeID, at endpoint: Endpoint) -> Bool {
        guard let index = bucketIndex(of: id), index < buckets.count,
            let place = place(of: id, in: buckets[index].all)
        else { return false }
        return isAt(endpoint, place)
    }

    /// Whether the contact of an entry ever answered at this endpoint.
    private func isAt(_ endpoint: Endpoint, _ place: Int) -> Bool {
        if endpoint.isIPv4 { return entries[place].ipv4Endpoint == endpoint }
        return entries[place].ipv6Port != 0
            && identities.ipv6(at: place, port: entries[place].ipv6Port) == endpoint
    }

    /// Whether this node is in the table with this endpoint and has not failed since it last answered.
    public func isAlive(_ id: NodeID, at endpoint: Endpoint) -> Bool {
        guard let place = place(of: id) else { return false }
        return !entries[place].isDoubted && isAt(endpoint, place)
    }

    /// Whether this node is in the table and has failed since it last answered.
    public func isDoubted(_ id: NodeID) -> Bool { place(of: id).map { entries[$0].isDoubted } ?? false }

    /// Whether this node is in the table and has failed several times since it last answered, with a pause between. A single failure may be
    /// the own network's, which counts as one however many there were (`forgiveFailures`).
    public func isSilent(_ id: NodeID) -> Bool {
        place(of: id).map { entries[$0].failures >= Limits.failuresBeforeReplacement } ?? false
    }

    /// Whether there would be a place for a newcomer: its address block has room, and its bucket has a free place, a
    /// doubted contact, or room for another replacement.
    public func hasRoom(for contact: Contact) -> Bool {
        guard let index = bucketIndex(of: contact.id) else { return false }
        if index < buckets.count, buckets[index].members.count >= bucketSize,
            buckets[index].waiting.count >= Limits.replacementsPerBucket,
            !buckets[index].members.contains(where: { entries[$0].isDoubted })
        {
            return false
        }
        return !isCrowded(contact.blocks, of: contact.id, in: index)
    }
}
