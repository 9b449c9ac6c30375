import Basics

// Contacts with endpoints of both address families. An answer over one family says nothing about the other, so that the
// second endpoint is learned separately, and is dropped separately.
extension RoutingTable {
    /// The address family over which a contact of the table was last heard, or nil where it is not in the table.
    public func lastFamily(of id: NodeID) -> AddressFamilies? { place(of: id).map { entries[$0].lastFamily } }

    /// A contact of the table was reached at an endpoint of the family for which none, or another one, is known. False
    /// where it is not in the table, or where others of that address block have all places that a block may have: then
    /// its known endpoints stay.
    @discardableResult
    public mutating func extend(_ id: NodeID, with endpoint: Endpoint) -> Bool {
        guard let index = bucketIndex(of: id), let place = place(of: id) else { return false }
        let addition = Contact(id: id, key: identities.key(at: place), endpoint: endpoint)
        guard !isCrowded(addition.blocks, of: id, in: index) else {
            marks.insert(.secondEndpointOverItsBlock)
            return false
        }
        let blocks = blocks(at: place)
        entries[place].adopt(addition)
        identities.adopt(addition.ipv6, at: place)
        entries[place].expect(at: endpoint)
        tally.replace(blocks, by: self.blocks(at: place))
        return true
    }

    /// Calls `body` with every contact of the table that is not doubted and has an endpoint in each of `families`,
    /// nearest bucket first, until it returns false.
    public func forEachAlive(inAllOf families: AddressFamilies, _ body: (Contact) -> Bool) {
        for bucket in buckets.reversed() {
            for place in bucket.members {
                guard !entries[place].isDoubted, entries[place].families.isSuperset(of: families) else { continue }
                guard body(contact(at: place)) else { return }
            }
        }
    }
}
