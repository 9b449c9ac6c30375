import Basics
import Kademlia
import Testing

/// A table that is made directly, as if its node had been there for hours.
struct EstablishedTableTests {
    private static let now = Instant(sinceOrigin: .seconds(86_400))
    private static let age = Duration.seconds(6 * 3_600)

    private func table(of count: Int, in block: (Int) -> UInt32, seed: UInt64) -> RoutingTable {
        var generator = SeededGenerator(seed: seed)
        let contacts = (0..<count).map { index in
            let id = NodeID(generator.bytes32())
            let endpoint = Endpoint(ipv4: 0x5000_0000 | block(index) << 8 | 1, port: 7)
            return (
                contact: Contact(id: id, key: PublicKey(id.bytes), endpoint: endpoint), roundTrip: Duration.seconds(1)
            )
        }
        var table = RoutingTable(own: NodeID(generator.bytes32()))
        table.establish(contacts, age: EstablishedTableTests.age, now: EstablishedTableTests.now, by: &generator)
        return table
    }

    @Test(arguments: 1...20)
    func itIsWholeAndWantsNothingAtOnce(seed: UInt64) {
        let now = EstablishedTableTests.now
        var table = table(of: [1, 19, 300, 3_000][Int(seed) % 4], in: { UInt32($0) }, seed: seed)
        table.checkInvariants()
        #expect(table.takeChecks(now: now) == [])
        #expect(table.nextDeadline.map { $0 > now } == true)
        // All are due within the hour, and spread over it.
        var due = table
        #expect(due.takeChecks(now: now.advanced(by: .seconds(3_600))).count == table.count)
        let soon = table.takeChecks(now: now.advanced(by: .seconds(300))).count
        #expect(table.count < 100 || (1..<table.count / 2).contains(soon), "\(soon) of \(table.count)")
        table.checkInvariants()
    }

    /// Good enough to tell a crowd from chance, for which a factor of four is needed.
    @Test(arguments: [100, 400, 3_000])
    func thoseAroundANodeTellHowManyThereAre(size: Int) throws {
        for seed in 1...40 as ClosedRange<UInt64> {
            let judged = table(of: size, in: { UInt32($0) }, seed: seed).sizeByNeighbours
            let estimate = try #require(judged)
            #expect(size / 3 < estimate && estimate < 3 * size, "\(estimate) of \(size), seed \(seed)")
        }
    }

    /// Nodes that don't answer hold nothing: what they should hold is others' as well.
    @Test(arguments: 1...10)
    func theRangeWidensAsNodesFallSilentInEitherHalf(seed: UInt64) throws {
        var table = table(of: 300, in: { UInt32($0) }, seed: seed)
        let depth = table.depth(holding: 8)
        #expect(depth > 1)
        func alive(sharing depth: Int) -> Int {
            var count = 0
            table.forEachAlive(sharing: depth) { _ in count += 1 }
            return count
        }
        // All of the other half but two.
        var others: [Contact] = []
        func collect(_ entry: TableEntry) {
            let shared = (entry.contact.id.bytes ^ table.own.bytes).leadingZeroBitCount
            if shared == depth - 1 { others.append(entry.contact) }
        }
        table.forEach(collect)
        for contact in others.dropFirst(2) {
            table.observeFailure(of: contact.id, at: nil, now: EstablishedTableTests.now)
        }
        #expect(alive(sharing: depth - 1) == alive(sharing: depth) + 2)
        #expect(table.depth(holding: 8) < depth, "two don't hold eight copies")
    }

    @Test func whoKnowsFewerThanHalfABucketDoesNotJudge() {
        #expect(table(of: 4, in: { UInt32($0) }, seed: 1).sizeByNeighbours == nil)
    }

    @Test func aBlockHasNoMorePlacesThanItMay() {
        let table = table(of: 500, in: { _ in 1 }, seed: 1)
        table.checkInvariants()
        #expect((1...Limits.contactsPerBlockInTable).contains(table.count))
    }
}
