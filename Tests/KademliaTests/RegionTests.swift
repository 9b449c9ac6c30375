import Basics
import Kademlia
import Testing

/// Where others crowd around a location, and where else its keepers are.
struct RegionTests {
    private static let count = 20

    private func closest(to location: Bytes32, of nodes: [NodeID]) -> [NodeID] {
        Array(nodes.sorted { $0.distance(to: location) < $1.distance(to: location) }.prefix(RegionTests.count))
    }

    private func region(_ location: Bytes32, networkSize: Int) throws -> Region {
        try #require(Region(around: location, count: RegionTests.count, networkSize: networkSize))
    }

    /// A point that shares at least so many bits with a location.
    private func near(_ location: Bytes32, sharing bits: Int, _ generator: inout SeededGenerator) -> Bytes32 {
        let random = generator.bytes32().words
        return location ^ Bytes32(words: (random.0 >> bits, random.1, random.2, random.3))
    }

    /// The estimate may be wrong by a third: chance alone never looks like a crowd.
    @Test(arguments: [0.67, 1, 1.5])
    func nodesByChanceAreNoCrowd(error: Double) throws {
        var generator = SeededGenerator(seed: 11)
        let nodes = (0..<2_000).map { _ in NodeID(generator.bytes32()) }
        for _ in 0..<300 {
            let location = generator.bytes32()
            let region = try region(location, networkSize: Int(2_000 * error))
            #expect(!region.isCrowded(by: closest(to: location, of: nodes)))
        }
    }

    @Test func asManyAsKeepAMailboxAreACrowdWhereTheyAreTooClose() throws {
        var generator = SeededGenerator(seed: 12)
        let (size, location) = (2_000, generator.bytes32())
        let honest = (0..<size).map { _ in NodeID(generator.bytes32()) }
        // One in 1,024 shares ten bits.
        let sybils = (0..<RegionTests.count).map { _ in NodeID(near(location, sharing: 10, &generator)) }
        let region = try region(location, networkSize: size)
        #expect(region.isCrowded(by: closest(to: location, of: honest + sybils)))
        #expect(!region.isCrowded(by: closest(to: location, of: honest + sybils.prefix(3))))
        #expect(!region.isCrowded(by: Array(sybils.prefix(19))), "where fewer were found, nothing is known")
    }

    @Test func itHoldsOneAndAHalfTimesAsManyNodesAsKeepAMailbox() throws {
        var generator = SeededGenerator(seed: 13)
        let nodes = (0..<20_000).map { _ in NodeID(generator.bytes32()) }
        var held = 0
        for _ in 0..<100 {
            let region = try region(generator.bytes32(), networkSize: nodes.count)
            held += nodes.count(where: region.contains)
        }
        #expect(abs(held - 3_000) < 300, "\(held) in 100 regions, of 30 each")
    }

    /// The nodes closest to the points are honest, nearly all of the region's, and others each time.
    @Test func thePointsLeadToTheHonestNodesOfTheRegion() throws {
        var generator = SeededGenerator(seed: 14)
        let size = 2_000
        let honest = (0..<size).map { _ in NodeID(generator.bytes32()) }
        var (reached, all) = (0, 0)
        for _ in 0..<20 {
            let location = generator.bytes32()
            let region = try region(location, networkSize: size)
            let sybils = (0..<200).map { _ in NodeID(near(location, sharing: 11, &generator)) }
            let points = region.points { generator.bytes32() }
            #expect(points.count == Region.points && Set(points).count == Region.points)
            #expect(points.allSatisfy { region.contains(NodeID($0)) })
            let found = Set(points.flatMap { closest(to: $0, of: honest + sybils) })
            let keepers = honest.filter(region.contains)
            reached += keepers.count(where: found.contains)
            all += keepers.count
            #expect(region.points { generator.bytes32() } != points)
        }
        #expect(10 * reached >= 8 * all, "\(reached) of \(all)")
    }

    /// IDs that are the closest of some thousands each fill the region as well, ever more thinly from the location outwards. A
    /// sender and a reader meet at honest nodes all the same; nearly always even where one takes the network for twice as large as
    /// the other does.
    @Test(arguments: [(1.0, 1.0, 0), (0.7, 1.4, 5), (1.4, 0.7, 5)])
    func senderAndReaderMeetInARegionFullOfSybils(sender: Double, reader: Double, most: Int) throws {
        print("seed 15")
        var generator = SeededGenerator(seed: 15)
        let size = 10_000
        var missed = 0
        for _ in 0..<50 {
            let location = generator.bytes32()
            // A 64th of the network holds the region, and whatever may be the closest to a point of it.
            let honest = (0..<size / 64).map { _ in NodeID(near(location, sharing: 6, &generator)) }
            // As close as the best of 2,048, by and large.
            let sybils = (0..<1_000).map { _ in
                closest(to: location, of: (0..<8).map { _ in NodeID(near(location, sharing: 8, &generator)) })[0]
            }
            let nodes = honest + sybils
            let keepers = try self.region(location, networkSize: size)
            let (written, read) = try (
                region(location, networkSize: Int(sender * Double(size))),
                region(location, networkSize: Int(reader * Double(size)))
            )
            #expect(written.isCrowded(by: closest(to: location, of: nodes)))
            let brought = Set(written.points { generator.bytes32() }.flatMap { closest(to: $0, of: nodes) })
            let asked = Set(read.points { generator.bytes32() }.flatMap { closest(to: $0, of: nodes) })
            let meeting = honest.count { keepers.contains($0) && brought.contains($0) && asked.contains($0) }
            if meeting == 0 { missed += 1 }
        }
        #expect(missed <= most, "of 50")
    }

    @Test func aSmallNetworkHasNoRegions() {
        let location = Bytes32.zero
        #expect(Region(around: location, count: 20, networkSize: 59) == nil)
        #expect(Region(around: location, count: 20, networkSize: 60) != nil)
        #expect(Region(around: location, count: 0, networkSize: 60) == nil)
    }

    /// However large the network is said to be.
    @Test func noNumberTraps() throws {
        for size in [60, 1_000_000_000_000, Int.max] {
            let region = try region(.zero, networkSize: size)
            #expect(region.points { Bytes32(words: (.max, .max, .max, .max)) }.count == Region.points)
            #expect(!region.isCrowded(by: []))
        }
    }
}
