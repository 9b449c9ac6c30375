import Basics

extension RoutingTable {
    /// At most `count` live contacts with which to find the network again after a restart.
    ///
    /// Half of them are the closest to this node, as they answer for what lies around it. The others are spread over
    /// all distances, in case the whole neighbourhood has gone: of each bucket those that answered last, farthest
    /// bucket first. All contacts in buckets are long known, since newcomers don't displace live contacts (Kademlia,
    /// §2.2).
    public func contactsToRemember(_ count: Int) -> [Contact] {
        var contacts = closest(to: own.bytes, count: count / 2, onlyAlive: true)
        let nearest = contacts.last.map { own.distance(to: $0.id.bytes) }
        for place in 0..<bucketSize {
            for bucket in buckets where contacts.count < count && place < bucket.members.count {
                let place = bucket.members.upperBound - 1 - place
                guard !entries[place].isDoubted else { continue }
                let contact = contact(at: place)
                if let nearest, own.distance(to: contact.id.bytes) <= nearest { continue }
                contacts.append(contact)
            }
        }
        return contacts
    }
}
