import Basics

// IDs are free, addresses are not: bounding what one address block holds makes a table, and with it every answer, as
// expensive to fill as blocks are (S/Kademlia, §4.1, asks for a price on IDs; Ethereum's discovery bounds blocks alike).
extension RoutingTable {
    /// Whether a contact, as it is known now, may not have the place it wants or has.
    func isMisplaced(_ contact: Contact, in index: Int) -> Bool {
        if let (bucket, place) = place(of: contact.id) {
            let known = buckets[bucket].entries[place].contact
            // The hot path: where it was, it may stay.
            let isElsewhere =
                contact.ipv4 != nil && contact.ipv4 != known.ipv4 || contact.ipv6 != nil && contact.ipv6 != known.ipv6
            guard isElsewhere else { return false }
        }
        return isCrowded(contact.blocks, of: contact.id, in: index)
    }

    /// Whether others of these address blocks hold all the places that one block may have, in its bucket or in the table.
    ///
    /// `without`: one that is about to leave.
    func isCrowded(_ blocks: AddressBlocks, of id: NodeID, in index: Int, without leaving: NodeID? = nil) -> Bool {
        let most = tally.bound(of: blocks)
        guard !blocks.isEmpty, most >= min(Limits.contactsPerBlock, Limits.contactsPerBlockInTable) else {
            return false
        }
        func others(_ bucket: Int) -> some Sequence<AddressBlocks> {
            buckets[bucket].entries.lazy.filter { $0.id != id && $0.id != leaving }.map(\.blocks)
        }
        if index < buckets.count, blocks.isFull(Limits.contactsPerBlock, of: others(index)) { return true }
        return most >= Limits.contactsPerBlockInTable
            && blocks.isFull(Limits.contactsPerBlockInTable, of: buckets.indices.lazy.flatMap(others))
    }
}
