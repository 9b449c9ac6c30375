import Basics
import Kademlia
import Testing

/// Lookups through whole networks of routing tables, compared with the sorted list of everybody.
struct NetworkTests {
    @Test(arguments: [(128, 8, 1), (128, 8, 2), (30, 20, 3), (300, 20, 4)])
    func findsExactlyTheClosest(size: Int, bucketSize: Int, seed: UInt64) {
        var network = VirtualNetwork(size: size, bucketSize: bucketSize, seed: seed)
        var generator = SeededGenerator(seed: seed)
        for lookup in 0..<60 {
            let target = generator.bytes32()
            let index = lookup * 7 % size
            let outcome = network.run(network.lookup(target, by: index), by: index)
            #expect(outcome.closest == network.expected(target, excluding: network.tables[index].own))
        }
        for table in network.tables { table.checkInvariants() }
    }

    @Test func findsExactlyTheClosestOfAThousand() {
        var network = VirtualNetwork(size: 1_000, bucketSize: 20, seed: 5)
        var generator = SeededGenerator(seed: 5)
        var requests = 0
        for lookup in 0..<100 {
            let target = generator.bytes32()
            let index = lookup * 7 % 1_000
            let outcome = network.run(network.lookup(target, by: index), by: index)
            #expect(outcome.closest == network.expected(target, excluding: network.tables[index].own))
            #expect(outcome.mostUnderWay <= 20)
            requests += outcome.asked.count
        }
        print("mean requests \(requests / 100)")
        #expect(requests < 100 * 45)
    }
}
