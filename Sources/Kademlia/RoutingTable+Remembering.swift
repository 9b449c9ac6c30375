import Basics

extension RoutingTable {
    /// Contacts with which to find the network again after a restart, at most `count`, live ones only.
    ///
    /// Half of them are the closest to this node, as they answer for what lies around it. The others are spread over all
    /// distances, should the whole neighbourhood have gone: of each bucket those that answered last, farthest bucket first.
    /// Who is in a bucket at all is long known, since newcomers don't displace who lives (Kademlia, §2.2).
    public func contactsToRemember(_ count: Int) -> [Contact] {
        var contacts = closest(to: own.bytes, count: count / 2, onlyAlive: true)
        for place in 0..<bucketSize {
            for bucket in buckets where contacts.count < count && place < bucket.members.count {
                let place = bucket.members.upperBound - 1 - place
                let contact = contact(at: place)
                guard !entries[place].isDoubted, !contacts.contains(where: { $0.id == contact.id }) else { continue }
                contacts.append(contact)
            }
        }
        return contacts
    }
}
