import Basics
import Kademlia
import Testing

struct NetworkSizeTests {
    /// What ideal lookups of random points find in a network of `size` nodes, the one that looks included.
    private func estimate(
        size: Int, lookups: Int, wanted: Int, liars: Int = 0, _ generator: inout SeededGenerator
    ) -> Int? {
        let nodes = (1..<size).map { _ in NodeID(generator.bytes32()) }
        var networkSize = NetworkSize()
        for number in 0..<lookups {
            let target = generator.bytes32()
            var closest = NetworkSizeTests.closest(wanted, to: target, of: nodes)
            // A liar names nodes that it invented right at the target.
            if number < liars {
                closest = (0..<wanted).map { NodeID(target ^ Bytes32(words: (0, 0, 0, UInt64($0)))) }
            }
            networkSize.observe(closest, wanted: wanted, to: target)
        }
        return networkSize.estimate
    }

    /// Those that share the longest prefix with the target, as many bits of it as leave enough of them, sorted.
    private static func closest(_ count: Int, to target: Bytes32, of nodes: [NodeID]) -> [NodeID] {
        for shared in (0..<20).reversed() {
            let near = nodes.filter { $0.distance(to: target).commonPrefixLength >= shared }
            if near.count >= count || shared == 0 {
                return Array(near.sorted { $0.distance(to: target) < $1.distance(to: target) }.prefix(count))
            }
        }
        return []
    }

    @Test(arguments: [30, 100, 1_000, 10_000])
    func isRightWithinItsError(size: Int) throws {
        print("seed \(size)")
        var generator = SeededGenerator(seed: UInt64(size))
        var squares = 0.0
        let runs = size > 1_000 ? 3 : 30
        for _ in 0..<runs {
            let estimate = try #require(estimate(size: size, lookups: 32, wanted: 3, &generator))
            let error = Double(estimate - size) / Double(size)
            #expect(abs(error) < 0.6)
            squares += error * error
        }
        let error = (squares / Double(runs)).squareRoot()
        #expect(error < 0.25, "13 % are expected")
    }

    @Test func fewLiarsChangeLittle() throws {
        var generator = SeededGenerator(seed: 7)
        let estimate = try #require(estimate(size: 1_000, lookups: 32, wanted: 3, liars: 6, &generator))
        #expect(600...1_800 ~= estimate)
    }

    @Test func whereAllAreFoundTheyAreCounted() throws {
        var generator = SeededGenerator(seed: 8)
        #expect(estimate(size: 12, lookups: 4, wanted: 20, &generator) == 12)
        #expect(estimate(size: 12, lookups: 3, wanted: 20, &generator) == nil, "too little is known")
    }

    @Test func absurdDistancesDoNotTrap() {
        var networkSize = NetworkSize()
        for _ in 0..<8 { networkSize.observe([NodeID(.zero), NodeID(.zero)], wanted: 2, to: .zero) }
        #expect(networkSize.estimate == 1_000_000_000_000)
    }
}
