import Basics
import NodeCore

/// Who knows whom in a network that has been there for hours: each node has in each bucket k nodes of its range by chance, or
/// all where there are no more. So its tables are as those of nodes that joined and have looked around since.
struct SettledNetwork {
    /// How long it has been there: contacts have been known for so long that they are checked as seldom as they ever are.
    static let age = Duration.seconds(6 * 3_600)

    /// A node, and how others reach it.
    typealias Member = (host: HostID, contact: Contact)

    /// All nodes, by their IDs.
    let members: [Member]
    /// k.
    private let bucketSize: Int
    /// Draws who knows whom, and who looked for what.
    private var (tables, explorations): (Chance, Chance)

    init(_ members: [Member], bucketSize: Int, seed: UInt64) {
        self.members = members.sorted { $0.contact.id.bytes < $1.contact.id.bytes }
        self.bucketSize = bucketSize
        (tables, explorations) = (Chance(seed: seed, .tables), Chance(seed: seed, .explorations))
    }

    /// Those whom the node at a place of `members` knows, farthest bucket first.
    mutating func acquaintances(ofMemberAt place: Int) -> [Member] {
        let id = members[place].contact.id.bytes
        var places: [Int] = []
        // Those that share `depth` bits with it.
        var range = members.indices
        for depth in 0..<256 where range.count > 1 {
            let boundary = boundary(in: range, atBit: depth)
            let (lower, upper) = (range.lowerBound..<boundary, boundary..<range.upperBound)
            let isUpper = id.bit(depth)
            choose(from: isUpper ? lower : upper, into: &places)
            range = isUpper ? upper : lower
        }
        return places.map { members[$0] }
    }

    /// What the node at a place of `members` found when it had joined, and looked for a point of each bucket: of those outside its
    /// own neighbourhood.
    mutating func explorations(ofMemberAt place: Int) -> [(target: Bytes32, closest: [NodeID], wanted: Int)] {
        let id = members[place].contact.id.bytes
        var found: [(target: Bytes32, closest: [NodeID], wanted: Int)] = []
        var range = members.indices
        for depth in 0..<256 {
            let boundary = boundary(in: range, atBit: depth)
            range = id.bit(depth) ? boundary..<range.upperBound : range.lowerBound..<boundary
            guard range.count > bucketSize else { break }
            let target = Bytes32.random(sharing: depth, with: id, differingNext: true, explorations.bytes32())
            found.append((target, closest(SettledNetwork.wanted, to: target, besides: place), SettledNetwork.wanted))
        }
        return found
    }

    /// How many nodes each of these searches looks for.
    private static let wanted = 3

    /// The closest nodes to a point, without the one at a place: those of the smallest subtree around the point that has as many.
    private func closest(_ count: Int, to target: Bytes32, besides place: Int) -> [NodeID] {
        var range = members.indices
        for depth in 0..<256 {
            let boundary = boundary(in: range, atBit: depth)
            let half = target.bit(depth) ? boundary..<range.upperBound : range.lowerBound..<boundary
            guard half.count > count else { break }
            range = half
        }
        let nodes = range.lazy.filter { $0 != place }.map { members[$0].contact.id }
        return Array(nodes.sorted { $0.distance(to: target) < $1.distance(to: target) }.prefix(count))
    }

    /// Where, among nodes whose IDs begin alike, those begin that have a one as their next bit.
    private func boundary(in range: Range<Int>, atBit depth: Int) -> Int {
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high {
            let middle = (low + high) / 2
            if members[middle].contact.id.bytes.bit(depth) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// Adds k places of a range by chance, or all.
    private mutating func choose(from range: Range<Int>, into places: inout [Int]) {
        guard range.count > bucketSize else {
            places += range
            return
        }
        let first = places.count
        while places.count < first + bucketSize {
            let place = range.lowerBound + tables.below(range.count)
            if !places[first...].contains(place) { places.append(place) }
        }
    }
}

extension Simulator {
    /// All nodes are there at once, and know each other.
    mutating func formAtOnce() {
        let members = (0..<scenario.nodes).map { _ in
            let host = makeRelay()
            let node = network.nodeInPlace(host)
            return (host, Contact(id: node.id, key: node.key, endpoint: network.endpoint(host)))
        }
        var settled = SettledNetwork(members, bucketSize: Limits.bucketSize, seed: scenario.seed)
        for (place, (host, contact)) in settled.members.enumerated() {
            let contacts = settled.acquaintances(ofMemberAt: place).map {
                (contact: $0.contact, roundTrip: Duration.nanoseconds(network.roundTrip(host, $0.host)))
            }
            let endpoint = network.endpoint(host)
            network.start(
                host,
                as: Node.Standing(
                    contacts: contacts, found: settled.explorations(ofMemberAt: place), endpoint: endpoint,
                    age: SettledNetwork.age))
            roster.add(host, contact.id, isReachable: true, at: network.time)
            joined += 1
        }
        beSilent()
    }
}
