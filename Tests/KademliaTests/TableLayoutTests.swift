import Basics
import Kademlia
import Testing

/// What the shape of the table in memory must not change, and what it is for.
struct TableLayoutTests {
    private func contact(_ id: NodeID, _ host: UInt32, isIPv6: Bool = false) -> Contact {
        let ipv6 = Endpoint(high: 0x2001_0db8 << 32 | UInt64(host) << 16, low: 1, port: 7)
        return Contact(
            id: id, key: PublicKey(id.bytes), endpoint: isIPv6 ? ipv6 : Endpoint(ipv4: 0x5000_0000 | host << 8, port: 7)
        )
    }

    /// Whoever can make keys until the first 64 bits of two IDs agree, or the first 32, must not be taken for somebody else.
    @Test(arguments: [false, true])
    func contactsWhoseIDsBeginAlikeAreToldApart(differsEarly: Bool) {
        var generator = SeededGenerator(seed: 1)
        var table = RoutingTable(own: .zero)
        let alike = (UInt64(0)..<8).map {
            NodeID(Bytes32(words: differsEarly ? (1 << 63 | $0, 0, 0, 0) : (1 << 63, 0, 0, $0)))
        }
        for (index, id) in alike.enumerated() {
            table.observe(contact(id, UInt32(index), isIPv6: index % 3 == 0), roundTrip: nil, now: .seconds(1))
            table.observe(Contact(NodeID.zero.neighbour(sharing: index, &generator)), roundTrip: nil, now: .seconds(1))
        }
        for (index, id) in alike.enumerated() where index % 2 == 0 {
            #expect(table.observeFailure(of: id, now: .seconds(2)) == .doubted)
        }
        table.checkInvariants()
        for (index, id) in alike.enumerated() {
            let known = contact(id, UInt32(index), isIPv6: index % 3 == 0)
            #expect(table.contact(id) == known && table.isDoubted(id) == (index % 2 == 0))
            #expect(known.endpoint(in: .both).map { table.knows(id, at: $0) } == true)
            let others = table.closest(to: id.bytes, count: 7, excluding: id)
            #expect(others == alike.filter { $0 != id }.compactMap(table.contact).sorted(towards: id.bytes))
        }
    }

    /// One call gives out all that is due: each once, those of the deepest bucket first.
    @Test func oneWalkGivesOutAllChecks() {
        var generator = SeededGenerator(seed: 2)
        var table = RoutingTable(own: .zero)
        for index in 0..<1_000 {
            table.observe(contact(NodeID(generator.bytes32()), UInt32(index)), roundTrip: nil, now: .seconds(1))
        }
        let buckets = Dictionary(uniqueKeysWithValues: table.entries.map { ($0.contact.id, $0.bucket) })
        #expect(table.takeChecks(now: .seconds(100)) == [])
        let due = table.takeChecks(now: .seconds(10_000))
        #expect(due.count == table.count)
        #expect(Set(due.map(\.id)).count == table.count)
        let given = due.compactMap { buckets[$0.id] }
        #expect(given == given.sorted(by: >))
        #expect(table.takeChecks(now: .seconds(10_000)) == [])
        #expect(table.nextDeadline.map { $0 > .seconds(10_000) } == false, "buckets want refreshing")
        table.checkInvariants()
    }

    /// A simulation holds one table for each of up to a hundred thousand nodes.
    @Test(arguments: [false, true])
    func aTableTakesLittleMoreThanItsContacts(isIPv6: Bool) {
        var generator = SeededGenerator(seed: 3)
        var table = RoutingTable(own: .zero)
        for index in 0..<10_000 {
            let contact = contact(NodeID(generator.bytes32()), UInt32(index), isIPv6: isIPv6)
            table.observe(contact, roundTrip: nil, now: .seconds(1))
        }
        // Four wait for a place in each full bucket.
        let full = (0..<256).count { bucket in table.entries.count { $0.bucket == bucket } == 20 }
        let held = table.count + 4 * full
        #expect(table.count > 170 && full >= 8)
        #expect(table.memory <= 1_500 + held * (isIPv6 ? 64 : 48), "\(table.memory) bytes for \(held)")
    }
}
