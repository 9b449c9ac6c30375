import Basics
import Kademlia
import Wire

extension Limits {
    /// Nodes that a search for the holders of something finds at most: at the location, and at the other points of a crowded region;
    /// at each of them 1.5 k, where some are left out.
    package static let holdersFound = bucketSize * 3 / 2 * (1 + Region.points)
}

/// Which nodes keep what lies at a location.
extension Node {
    /// A search for those that keep what lies at a location. Where others crowd around it, it goes on in the rest of the region.
    func searchForHolders(of location: Location, count: Int? = nil, now: Now) -> Search {
        search(for: location.bytes, count: count, now: now).lookingForCrowd(in: region(around: location))
    }

    /// The closest nodes to a location that count as its keepers: others take the place of those left out.
    func keepers(of location: Location) -> [Contact] {
        let contacts = routing.closest(
            to: location.bytes, count: keepersToAsk(at: location), families: reach.families, onlyAlive: true)
        return Array(contacts.filter { !audits.isLeftOut($0.id) }.prefix(configuration.bucketSize))
    }

    /// A search for the nodes that are to keep something at a location, or for a few of them: as many more as are left out there.
    func searchForKeepers(of location: Location, count: Int? = nil, now: Now) -> Search {
        let all = keepersToAsk(at: location)
        return searchForHolders(
            of: location, count: count.map { all - configuration.bucketSize + $0 } ?? all, now: now)
    }

    /// k and those left out among the closest, but no more than there are nodes that would keep it.
    private func keepersToAsk(at location: Location) -> Int {
        let (count, most) = (configuration.bucketSize, configuration.bucketSize * 3 / 2)
        guard !audits.leftOut.isEmpty else { return count }
        let closest = routing.closest(to: location.bytes, count: most, families: reach.families)
        return min(count + closest.count { audits.isLeftOut($0.id) }, most)
    }

    /// The keepers of somebody's mailbox that were found a moment ago; none where they must be searched for.
    func knownKeepers(of mailbox: MailboxID, _ turn: borrowing Turn) -> [Contact] {
        if turn.buggifies(.searchAnew) { return [] }
        return operations.buddiesToDeposit(in: mailbox, now: turn.now.monotonic).filter { !audits.isLeftOut($0.id) }
    }

    /// The region around a location; nil while the size of the network isn't known, or too small.
    func region(around location: Location) -> Region? {
        networkSize.flatMap { Region(around: location.bytes, count: configuration.bucketSize, networkSize: $0) }
    }

    /// What this node keeps for others.
    var responsibility: Responsibility { routing.responsibility(in: link.mode, networkSize: networkSize) }

    /// How many nodes the network has, as far as this one knows.
    var networkSize: Int? { joining.networkSize(byContacts: routing.networkSize) }
}
