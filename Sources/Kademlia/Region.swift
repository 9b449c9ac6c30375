import Basics

/// The part of the keyspace around a location in which 1.5 k nodes are to be expected: they keep what lies at the location.
///
/// IDs are uniform unless somebody chooses them. So where k nodes lie much closer to a location than they should, IDs were made
/// for it: Sybils may crowd it to drop what they are brought, or to hide it. They can't fill all of the region as cheaply, and
/// a node that looks for keepers then asks in other parts of it as well. The idea, and the test by the network's size, are
/// those of Sridhar et al., "Content Censorship in the InterPlanetary File System" (NDSS 2024, §V).
public struct Region: Equatable, Sendable {
    /// In the middle of it.
    public let location: Bytes32
    /// The first 64 bits of the distance from the location to where it ends.
    private let radius: UInt64
    /// The same of the region in which k nodes lie that are as close as IDs by chance hardly ever are.
    private let crowdRadius: UInt64
    private let count: Int

    /// So much denser than it should be a place must be to count as crowded. With 20 nodes where 5 should be, chance does that
    /// to one location in three million (Poisson). And whoever crowds a location less than that leaves five honest nodes
    /// among the 20 closest, on average.
    private static let crowdDensity = 4.0
    /// How many other points of the region are searched: each stands for an eighth of it. The innermost eighth, where the crowd
    /// is densest, has been searched already.
    public static let points = 7

    /// - Parameters:
    ///   - count: k.
    ///   - networkSize: how many nodes there are, as far as is known.
    /// - Returns: nil where the network is too small for a part of it to mean anything: with fewer than 3 k nodes.
    public init?(around location: Bytes32, count: Int, networkSize: Int) {
        guard count > 0, networkSize >= 3 * count else { return nil }
        self.location = location
        self.count = count
        let share = Double(count) / Double(networkSize)
        radius = UInt64(share * 1.5 * 0x1p64)
        crowdRadius = UInt64(share / Region.crowdDensity * 0x1p64)
    }

    /// Whether a node lies in it.
    public func contains(_ node: NodeID) -> Bool { node.distance(to: location).value.words.0 < radius }

    /// Whether these nodes, the k closest to the location, closest first, are too close to be there by chance.
    public func isCrowded(by closest: [NodeID]) -> Bool {
        guard closest.count >= count else { return false }
        return isAmidCrowd(closest[count - 1])
    }

    /// Whether a node is as close to the location as those that crowd it: most such nodes are Sybils, where there is a crowd.
    public func isAmidCrowd(_ node: NodeID) -> Bool { node.distance(to: location).value.words.0 < crowdRadius }

    /// Points to look for other keepers at, each at a random place in a part of its own, the outermost first. Where the crowd leaves
    /// a part with fewer than k nodes, all honest ones in it are found; and a crowd all over the region has to be everywhere at
    /// each time.
    public func points(randomness: () -> Bytes32) -> [Bytes32] {
        let width = radius / UInt64(Region.points + 1)
        return (1...UInt64(Region.points)).reversed().map { part in
            let random = randomness()
            let distance = part * width + random.words.0 % max(1, width)
            return location ^ Bytes32(words: (distance, random.words.1, random.words.2, random.words.3))
        }
    }
}
