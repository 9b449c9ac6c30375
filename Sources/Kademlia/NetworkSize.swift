import Basics

/// Estimates how many nodes a network has from how close the closest ones lie to random points.
///
/// IDs are uniform, so the j-th closest of N nodes lies at about j/N of the keyspace. Only lookups of points count that
/// this node drew at random, far from its own ID: an attacker may have clustered IDs around any other point. The median
/// of many lookups is robust against a few that liars distorted.
///
/// With the 3 closest of 32 lookups the standard error is some 13 % (a median's of gamma-distributed distances,
/// 1.25/√(3·32)).
public struct NetworkSize: Sendable {
    /// Estimates by single lookups, oldest first.
    private var samples: [Double] = []
    /// How many nodes there are, this one included; nil while too little is known.
    public private(set) var estimate: Int?

    /// Lookups remembered: enough for an error of a seventh, few enough to follow a network that grows.
    private static let memory = 32
    /// Lookups below which there is no estimate.
    private static let fewest = 4

    public init() {}

    /// A lookup of a random point ended with these nodes, closest first, none of which is this node. It was to find
    /// `wanted`.
    public mutating func observe(_ closest: [NodeID], wanted: Int, to target: Bytes32) {
        guard let farthest = closest.last else { return }
        if samples.count == NetworkSize.memory { samples.removeFirst() }
        if closest.count < wanted {
            // Fewer were found than wanted: these are all nodes there are.
            samples.append(Double(closest.count + 1))
        } else {
            let fraction = (Double(farthest.distance(to: target).value.words.0) + 1) / 0x1p64
            // The median of a gamma distribution lies a third below its mean.
            samples.append((Double(closest.count) - 1 / 3) / fraction + 1)
        }
        estimate = median
    }

    private var median: Int? {
        guard samples.count >= NetworkSize.fewest else { return nil }
        let sorted = samples.sorted()
        let median = (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
        // Not by `rounded()`: it would need the C library's mathematics, which not every program links.
        return Int(min(median + 0.5, 1e12))
    }
}
