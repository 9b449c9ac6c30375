import Basics
import Kademlia
import Testing

/// Whoever has one block of addresses and any number of IDs.
struct AddressBlockTests {
    private let target = Bytes32(words: (1 << 63, 0, 0, 0))

    private func contact(_ id: NodeID, ipv4: UInt32? = nil, ipv6: UInt64? = nil) -> Contact {
        Contact(
            id: id, key: PublicKey(id.bytes), ipv4: ipv4.map { Endpoint(ipv4: $0, port: 7_337) },
            ipv6: ipv6.map { Endpoint(high: $0, low: 1, port: 7_337) })
    }

    /// IDs that share so many bits with the target: closer than any of an honest network.
    private func crowd(_ count: Int, _ generator: inout SeededGenerator) -> [NodeID] {
        (0..<count).map { _ in NodeID(target).neighbour(sharing: 60, &generator) }
    }

    /// Answers a lookup: honest nodes name the honest ones closest, all of the crowd name the crowd.
    private func lookUp(honest: [Contact], crowd: [Contact]) -> [Contact] {
        let honest = honest.sorted(towards: target)
        var lookup = Lookup(target: target, own: .zero, seeds: Array(honest.suffix(20)), now: .origin)
        while case .ask(let contact) = lookup.next(now: .origin) {
            // Everybody has met a few of the crowd; the crowd names itself alone.
            let named = honest.contains(contact) ? crowd.prefix(2) + honest.prefix(20) : crowd[...]
            lookup.observeResponse(from: contact.id, contacts: Array(named), roundTrip: .zero, now: .origin)
            lookup.checkInvariants()
        }
        return lookup.closest.map(\.contact)
    }

    @Test(arguments: [true, false])
    func aCrowdOfOneBlockCannotFillAShortlist(isIPv4: Bool) {
        print("seed 3")
        var generator = SeededGenerator(seed: 3)
        let honest = (0..<300).map { contact(NodeID(generator.bytes32()), ipv4: 0x5000_0001 + $0 << 8) }
        let liars = crowd(200, &generator).enumerated().map { index, id in
            isIPv4
                ? contact(id, ipv4: 0x0808_0800 | UInt32(index))
                : contact(id, ipv6: 0x2001_0db8_0001_0000 | UInt64(index))
        }
        let found = lookUp(honest: honest, crowd: liars)
        #expect(found.count == 20)
        #expect(found.prefix(2).allSatisfy(liars.contains))
        #expect(Array(found.dropFirst(2)) == Array(honest.sorted(towards: target).prefix(18)))
    }

    @Test func neighboursOnOneSiteAreNoCrowd() {
        var generator = SeededGenerator(seed: 4)
        let honest = (0..<50).map { contact(NodeID(generator.bytes32()), ipv4: 0x0a00_0001 + $0) }
        #expect(lookUp(honest: honest, crowd: []) == Array(honest.sorted(towards: target).prefix(20)))
    }

    @Test func whenTheClosestOfABlockFailsTheNextCounts() {
        var generator = SeededGenerator(seed: 5)
        let ids = crowd(3, &generator).map { contact($0, ipv4: 0x0808_0801) }.sorted(towards: target)
        var lookup = Lookup(target: target, own: .zero, seeds: ids, count: 3, now: .origin)
        #expect(lookup.next(now: .origin) == .ask(ids[0]))
        #expect(lookup.next(now: .origin) == .ask(ids[1]))
        #expect(lookup.next(now: .origin) == .wait)
        lookup.observeFailure(of: ids[0].id)
        #expect(lookup.next(now: .origin) == .ask(ids[2]))
        lookup.checkInvariants()
    }

    /// A liar names nodes that don't exist, closer than an honest one and in its block, before and after anybody names it.
    @Test(arguments: [true, false])
    func falseNamesInItsBlockDoNotHideANode(isNamedFirst: Bool) {
        var generator = SeededGenerator(seed: 9)
        let ids = crowd(21, &generator)
        let sorted = ids.map { contact($0, ipv4: 0x0808_0801) }.sorted(towards: target)
        let (false20, honest) = (sorted.dropLast(), sorted[20])
        let (liar, friend) = (
            contact(NodeID(generator.bytes32()), ipv4: 1 << 24), contact(NodeID(.zero), ipv4: 2 << 24)
        )
        var lookup = Lookup(
            target: target, own: NodeID(Bytes32(words: (0, 0, 0, 1))), seeds: [liar, friend], now: .origin)
        let answers = [(liar, Array(false20)), (friend, [honest])]
        _ = lookup.next(now: .origin)
        _ = lookup.next(now: .origin)
        for (responder, named) in isNamedFirst ? answers.reversed() : answers {
            lookup.observeResponse(from: responder.id, contacts: named, roundTrip: .zero, now: .origin)
            lookup.checkInvariants()
        }
        while case .ask(let asked) = lookup.next(now: .origin) {
            if asked == honest {
                lookup.observeResponse(from: asked.id, contacts: [], roundTrip: .zero, now: .origin)
            } else {
                lookup.observeFailure(of: asked.id)
            }
            lookup.checkInvariants()
        }
        #expect(lookup.closest.first?.contact == honest)
    }

    /// On the way to the closest node of a block, more of the block are asked than a lookup remembers unasked.
    @Test func nodesAskedOnTheWayDoNotHideACloserOneOfTheirBlock() {
        var generator = SeededGenerator(seed: 11)
        let way = (0..<12).map { contact(NodeID(target).neighbour(sharing: 4 * $0, &generator), ipv4: 0x0808_0801) }
        let closest = contact(crowd(1, &generator)[0], ipv4: 0x0808_0802)
        let friend = contact(NodeID(.zero), ipv4: 1 << 24)
        var lookup = Lookup(
            target: target, own: NodeID(Bytes32(words: (0, 0, 0, 1))), seeds: [friend, way[0]], now: .origin)
        for next in way.dropFirst() {
            while case .ask = lookup.next(now: .origin) {}
            let last = way[way.firstIndex(of: next)! - 1]
            lookup.observeResponse(from: last.id, contacts: [next], roundTrip: .zero, now: .origin)
        }
        while case .ask = lookup.next(now: .origin) {}
        lookup.observeResponse(from: friend.id, contacts: [closest], roundTrip: .zero, now: .origin)
        #expect(lookup.next(now: .origin) == .ask(closest))
        lookup.checkInvariants()
    }

    /// Liars of one block each name two of themselves that are closer. They are asked first; were there no bound, all
    /// requests would go to them, and nobody else would be found.
    @Test func aBlockCannotUseUpTheRequests() {
        var generator = SeededGenerator(seed: 12)
        let honest = (0..<300).map { contact(NodeID(generator.bytes32()), ipv4: 0x5000_0001 + $0 << 8) }
            .sorted(towards: target)
        let liars = Array(
            crowd(2 * Limits.lookupRequests, &generator).map { contact($0, ipv4: 0x0808_0801) }
                .sorted(towards: target).reversed())
        var lookup = Lookup(target: target, own: .zero, seeds: Array(honest.suffix(20)), now: .origin)
        var asked = 0
        while case .ask(let contact) = lookup.next(now: .origin) {
            let place = liars.firstIndex(of: contact)
            if place != nil { asked += 1 }
            let named = place.map { liars[($0 + 1)...].prefix(2) } ?? liars.prefix(2) + honest.prefix(18)
            lookup.observeResponse(from: contact.id, contacts: Array(named), roundTrip: .zero, now: .origin)
            lookup.checkInvariants()
        }
        #expect(asked <= Limits.lookupRequestsPerBlock + Limits.lookupCandidatesPerBlock)
        #expect(Array(lookup.closest.map(\.contact).dropFirst(2)) == Array(honest.prefix(18)))
    }

    /// Two of a crowd answer, and name a node whose ID is close at an address of their block.
    @Test func aNodeNamedWithinACrowdIsAskedWhereItReallyIs() {
        var generator = SeededGenerator(seed: 10)
        let sorted = crowd(3, &generator).map { contact($0, ipv4: 0x0808_0801) }.sorted(towards: target)
        let real = contact(sorted[2].id, ipv4: 0x0909_0901)
        var lookup = Lookup(target: target, own: .zero, seeds: [sorted[0], sorted[1]], now: .origin)
        _ = lookup.next(now: .origin)
        _ = lookup.next(now: .origin)
        lookup.observeResponse(from: sorted[0].id, contacts: [sorted[2]], roundTrip: .zero, now: .origin)
        lookup.observeResponse(from: sorted[1].id, contacts: [real], roundTrip: .zero, now: .origin)
        #expect(lookup.next(now: .origin) == .ask(real))
        lookup.checkInvariants()
    }

    @Test func aTableHasFewPlacesForOneBlock() {
        var generator = SeededGenerator(seed: 6)
        var table = RoutingTable(own: .zero)
        var places: [RoutingTable.Observation] = []
        for bucket in 0..<8 {
            for _ in 0..<3 {
                let id = NodeID.zero.neighbour(sharing: bucket, &generator)
                places.append(table.observe(contact(id, ipv4: 0x0808_0801), roundTrip: nil, now: .seconds(1)))
            }
        }
        // Two of three in each of the first five buckets, and none after that.
        #expect(places.count { $0 == .inserted } == Limits.contactsPerBlockInTable)
        #expect(places.prefix(3) == [.inserted, .inserted, .crowded])
        #expect(places.suffix(9).allSatisfy { $0 == .crowded })
        #expect(table.count == Limits.contactsPerBlockInTable)
    }

    @Test func whoMovesIntoACrowdLosesItsPlace() {
        var generator = SeededGenerator(seed: 7)
        var table = RoutingTable(own: .zero)
        let ids = (0..<3).map { _ in NodeID.zero.neighbour(sharing: 0, &generator) }
        for (index, id) in ids.enumerated() {
            let place = contact(id, ipv4: index < 2 ? 0x0808_0801 : 0x0909_0901)
            #expect(table.observe(place, roundTrip: nil, now: .seconds(1)) == .inserted)
        }
        #expect(table.observe(contact(ids[2], ipv4: 0x0808_0807), roundTrip: nil, now: .seconds(2)) == .crowded)
        #expect(table.contact(ids[2]) == nil && table.count == 2)
        table.checkInvariants()
    }

    @Test func addressesAreNamedOnlyWhereTheyMeanTheSame() {
        var generator = SeededGenerator(seed: 8)
        var table = RoutingTable(own: .zero)
        let places: [UInt32] = [0x7f00_0001, 0x0a00_0001, 0xc0a8_0001, 0x0808_0801]
        for place in places {
            table.observe(contact(NodeID(generator.bytes32()), ipv4: place), roundTrip: nil, now: .seconds(1))
        }
        func named(_ scope: AddressScope) -> Set<UInt32> {
            Set(table.closest(to: target, count: 9, scope: scope).compactMap { $0.ipv4?.ipv4 })
        }
        #expect(named(.machine) == Set(places))
        #expect(named(.site) == Set(places.dropFirst()))
        #expect(named(.world) == [0x0808_0801])
        // Of a contact with two addresses, the one that means something there.
        let both = contact(.zero, ipv4: 0x0a00_0001, ipv6: 0x2001_0db8_0001_0000)
        #expect(both.named(in: .world) == contact(.zero, ipv6: 0x2001_0db8_0001_0000))
        #expect(both.named(in: .site) == both)
    }
}
