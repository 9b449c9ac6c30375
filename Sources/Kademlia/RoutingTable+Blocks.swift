import Basics

// IDs are free, addresses are not. Bounding what one address block holds makes filling a table, and with it every
// answer, as expensive as blocks are (S/Kademlia, §4.1, asks for a price on IDs; Ethereum's discovery bounds blocks
// alike).
extension RoutingTable {
    /// Whether a contact answered at another endpoint than that of its entry, if it has one.
    func isElsewhere(_ contact: Contact, than place: Int?) -> Bool {
        guard let place else { return true }
        let known = self.contact(at: place)
        return contact.ipv4 != nil && contact.ipv4 != known.ipv4 || contact.ipv6 != nil && contact.ipv6 != known.ipv6
    }

    /// Whether other contacts of these address blocks hold all the places that one block may have, in its bucket or in
    /// the table.
    ///
    /// `without`: a contact that is about to be removed.
    func isCrowded(_ blocks: AddressBlocks, of id: NodeID, in index: Int, without leaving: NodeID? = nil) -> Bool {
        let most = tally.bound(of: blocks)
        guard !blocks.isEmpty, most >= min(Limits.contactsPerBlock, Limits.contactsPerBlockInTable) else {
            return false
        }
        func others(_ bucket: Int) -> some Sequence<AddressBlocks> {
            buckets[bucket].members.lazy.filter { identities.id(at: $0) != id && identities.id(at: $0) != leaving }
                .map { self.blocks(at: $0) }
        }
        if index < buckets.count, blocks.isFull(Limits.contactsPerBlock, of: others(index)) { return true }
        return most >= Limits.contactsPerBlockInTable
            && blocks.isFull(Limits.contactsPerBlockInTable, of: buckets.indices.lazy.flatMap(others))
    }
}
