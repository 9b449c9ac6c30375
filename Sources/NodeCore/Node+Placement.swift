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

    /// The region around a location; nil while the size of the network isn't known, or too small.
    func region(around location: Location) -> Region? {
        networkSize.flatMap { Region(around: location.bytes, count: configuration.bucketSize, networkSize: $0) }
    }

    /// What this node keeps for others.
    var responsibility: Responsibility { routing.responsibility(in: link.mode, networkSize: networkSize) }

    /// How many nodes the network has, as far as this one knows.
    var networkSize: Int? { joining.networkSize(byContacts: routing.networkSize) }
}
