import Basics
import Kademlia
import Testing

struct RoutingTableTests {
    @Test(arguments: seeds(6))
    func agreesWithASlowModel(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let own = NodeID(generator.bytes32())
        let size = [1, 3, 8, 20][Int(seed % 4)]
        var table = RoutingTable(own: own, bucketSize: size)
        var model = ReferenceTable(own: own, bucketSize: size)
        // Many share few bits with the node, some share very many, and some share very many with each other.
        var pool = (0..<100).map { own.neighbour(sharing: $0 % 10 == 9 ? 250 - $0 / 10 : $0 % 9 % 5, &generator) }
        for index in 0..<50 { pool.append(pool[index].neighbour(sharing: 60 + index % 8, &generator)) }
        var now = Instant.seconds(1)
        for _ in 0..<1_000 {
            now = now + .milliseconds(Int64(generator.next() % 16 + 1) * 400)
            let id = pool[Int(generator.next() % 150)]
            switch generator.next() % 18 {
            case 16, 17:
                let contact = contact(id, &generator)
                guard let endpoint = contact.endpoint(in: generator.next() % 2 == 0 ? .ipv4 : .ipv6) else { continue }
                #expect(table.extend(id, with: endpoint) == model.extend(id, with: endpoint), "seed \(seed)")
            case 0..<7:
                let contact = contact(id, &generator)
                #expect(
                    table.observe(contact, roundTrip: nil, now: now) == model.observe(contact, now: now), "seed \(seed)"
                )
            case 7..<12:
                let known = table.contact(id)
                let endpoint = [nil, known?.ipv4, known?.ipv6][Int(generator.next() % 3)]
                let outcome = table.observeFailure(of: id, at: endpoint, now: now)
                #expect(outcome == model.observeFailure(of: id, at: endpoint, now: now), "seed \(seed)")
            case 12:
                table.remove(id)
                model.remove(id)
            case 13:
                while table.refreshTarget(now: now, randomness: generator.bytes32()) != nil {}
                for contact in table.takeChecks(now: now) {
                    let index = model.entries.firstIndex { $0.contact.id == contact.id && !$0.isWaiting }
                    model.entries[index!].checked = now
                }
                #expect(table.nextDeadline.map { $0 > now } ?? true, "seed \(seed)")
            default:
                compareQueries(table, model, near: id, &generator, seed)
            }
            table.checkInvariants()
        }
        #expect(table.entries.map(\.contact.id) == model.listing.map(\.id), "seed \(seed)")
        #expect(table.entries.map(\.isDoubted) == model.listing.map(\.isDoubted), "seed \(seed)")
        #expect(table.count == model.listing.count)
    }

    private func contact(_ id: NodeID, _ generator: inout SeededGenerator) -> Contact {
        let port = UInt16(generator.next() % 3 + 1)
        // Blocks from crowded to lonely; every fourth contact is local, as all of `Contact(id)` are.
        let block = UInt32(generator.next() % 4 == 0 ? 0 : generator.next() % 40)
        let ipv4 = Endpoint(ipv4: (block == 0 ? 0x0a00_0000 : 0x5000_0000 | block << 8) | 7, port: port)
        let ipv6 = Endpoint(high: 0x2001_0db8 << 32 | UInt64(block) << 16, low: id.bytes.words.0, port: port)
        switch generator.next() % 8 {
        case 0: return Contact(id: id, key: PublicKey(id.bytes))
        case 1, 2: return Contact(id: id, key: PublicKey(id.bytes), ipv6: ipv6)
        case 3, 4: return Contact(id: id, key: PublicKey(id.bytes), ipv4: ipv4, ipv6: ipv6)
        case 5: return Contact(id, port: port)
        default: return Contact(id: id, key: PublicKey(id.bytes), ipv4: ipv4)
        }
    }

    private func compareQueries(
        _ table: RoutingTable, _ model: ReferenceTable, near id: NodeID, _ generator: inout SeededGenerator,
        _ seed: UInt64
    ) {
        let points = [generator.bytes32(), id.bytes, table.own.bytes]
        let point = points[Int(generator.next() % 3)]
        let count = Int(generator.next() % 30)
        let families = [AddressFamilies.both, .ipv4, .ipv6][Int(generator.next() % 3)]
        let onlyAlive = generator.next() % 2 == 0
        let excluding = generator.next() % 2 == 0 ? id : nil
        let expected = model.closest(
            to: point, count: count, families: families, excluding: excluding, onlyAlive: onlyAlive)
        let actual = table.closest(
            to: point, count: count, families: families, excluding: excluding, onlyAlive: onlyAlive)
        #expect(actual == expected, "seed \(seed)")
        #expect(
            table.isAmongClosest(to: point, count: count, families: families)
                == model.isAmongClosest(to: point, count: count, families: families), "seed \(seed)")
        let known = model.entries.first { $0.contact.id == id && !$0.isWaiting }?.contact
        #expect(table.contact(id) == known, "seed \(seed)")
    }

    /// An answer over one address family says nothing of the other, and is remembered.
    @Test func aSecondEndpointComesBesideTheFirst() {
        let id = NodeID(Bytes32(words: (1, 0, 0, 0)))
        let there = Endpoint("[2a10::1]:7")!
        let first = Contact(id: id, key: PublicKey(id.bytes), ipv4: Endpoint(ipv4: 0x0808_0808, port: 7))
        var table = RoutingTable(own: .zero)
        #expect(table.extend(id, with: there) == false, "nobody who isn't in the table")
        table.observe(first, roundTrip: nil, now: .seconds(1))
        #expect(table.lastFamily(of: id) == .ipv4)
        #expect(table.extend(id, with: there) == true)
        #expect(table.contact(id) == Contact(id: id, key: first.key, ipv4: first.ipv4, ipv6: there))
        #expect(table.lastFamily(of: id) == .ipv4, "it was not heard there")
        table.observe(Contact(id: id, key: first.key, endpoint: there), roundTrip: nil, now: .seconds(2))
        #expect(table.lastFamily(of: id) == .ipv6)
        #expect(table.closest(to: .zero, count: 1, families: .ipv4) == [first], "named with what was asked for")
        #expect(table.observeFailure(of: id, at: there, now: .seconds(3)) == .elsewhere(first))
        table.checkInvariants()
    }

    @Test func keepsTheLongKnownAndReplacesTheDead() {
        var generator = SeededGenerator(seed: 1)
        var table = RoutingTable(own: .zero, bucketSize: 2)
        let (alice, bob, carol) = (far(&generator), far(&generator), far(&generator))
        #expect(table.observe(alice, roundTrip: nil, now: .seconds(0)) == .inserted)
        #expect(table.observe(bob, roundTrip: nil, now: .seconds(1)) == .inserted)
        // Alice was heard of a minute ago: ask whether she lives. Once is enough.
        #expect(table.observe(carol, roundTrip: nil, now: .seconds(59)) == .waiting(doubt: nil))
        #expect(table.observe(carol, roundTrip: nil, now: .seconds(60)) == .waiting(doubt: alice))
        #expect(table.observe(carol, roundTrip: nil, now: .seconds(61)) == .waiting(doubt: nil))
        #expect(table.observe(alice, roundTrip: nil, now: .seconds(62)) == .refreshed)
        // Now Bob was silent longest. He doesn't answer: doubted, retried, replaced.
        #expect(table.observe(carol, roundTrip: nil, now: .seconds(63)) == .waiting(doubt: bob))
        #expect(table.observeFailure(of: bob.id, now: .seconds(64)) == .doubted)
        #expect(table.closest(to: bob.id.bytes, count: 2) == [alice, bob].sorted(towards: bob.id.bytes))
        #expect(table.closest(to: bob.id.bytes, count: 2, onlyAlive: true) == [alice])
        // After five seconds, at the next moment for what can wait.
        #expect(table.takeChecks(now: .seconds(79)) == [])
        #expect(table.takeChecks(now: .seconds(80)) == [bob])
        #expect(table.takeChecks(now: .seconds(80)) == [])
        #expect(table.observe(alice, roundTrip: nil, now: .seconds(81)) == .refreshed)
        #expect(table.observeFailure(of: bob.id, now: .seconds(81)) == .replaced(by: carol))
        #expect(table.observeFailure(of: bob.id, now: .seconds(81)) == .unknown)
        #expect(table.entries.map(\.contact) == [carol, alice])
        table.checkInvariants()
    }

    @Test func requestsThatFailTogetherAreOneFailure() {
        var generator = SeededGenerator(seed: 2)
        var table = RoutingTable(own: .zero)
        let (alice, bob) = (far(&generator), far(&generator))
        table.observe(alice, roundTrip: nil, now: .seconds(0))
        for _ in 0..<20 { #expect(table.observeFailure(of: alice.id, now: .seconds(1)) == .doubted) }
        var outcomes: [RoutingTable.FailureObservation] = []
        for second in [10.0, 20, 30, 40] {
            table.observe(bob, roundTrip: nil, now: .seconds(second - 1))
            outcomes.append(table.observeFailure(of: alice.id, now: .seconds(second)))
        }
        #expect(outcomes == [.doubted, .doubted, .doubted, .removed])
        #expect(table.entries.map(\.contact) == [bob])
    }

    @Test func whoIsOfflineForgetsNobody() {
        var generator = SeededGenerator(seed: 3)
        var table = RoutingTable(own: .zero, bucketSize: 8)
        let contacts = (0..<12).map { _ in far(&generator) }
        for contact in contacts { table.observe(contact, roundTrip: nil, now: .seconds(0)) }
        #expect(table.count == 8)
        for minute in 1...300 {
            for contact in contacts { table.observeFailure(of: contact.id, now: .seconds(Double(minute * 60))) }
        }
        #expect(table.count == 8)
        #expect(!table.hasLiveContact)
        #expect(table.closest(to: .zero, count: 20, onlyAlive: true) == [])
        #expect(table.closest(to: .zero, count: 20).count == 8)
        // Back online: one that answers is as good as before; one that still doesn't gives way at once.
        #expect(table.observe(contacts[0], roundTrip: nil, now: .seconds(18_100)) == .refreshed)
        #expect(table.hasLiveContact)
        #expect(table.closest(to: .zero, count: 20, onlyAlive: true) == [contacts[0]])
        #expect(table.observeFailure(of: contacts[1].id, now: .seconds(18_101)) == .replaced(by: contacts[11]))
    }

    @Test func aNewcomerTakesThePlaceOfOneThatFailedRepeatedly() {
        var generator = SeededGenerator(seed: 4)
        var table = RoutingTable(own: .zero, bucketSize: 1)
        let (alice, bob) = (far(&generator), far(&generator))
        table.observe(alice, roundTrip: nil, now: .seconds(0))
        table.observeFailure(of: alice.id, now: .seconds(10))
        table.observeFailure(of: alice.id, now: .seconds(20))
        #expect(table.observe(bob, roundTrip: nil, now: .seconds(30)) == .inserted)
        #expect(table.entries.map(\.contact) == [bob])
        #expect(table.count == 1)
    }

    @Test func whoIsRemovedDoesNotComeBackByItself() {
        var generator = SeededGenerator(seed: 5)
        var table = RoutingTable(own: .zero, bucketSize: 1)
        let (alice, bob, carol) = (far(&generator), far(&generator), far(&generator))
        for contact in [alice, bob, carol] { table.observe(contact, roundTrip: nil, now: .seconds(0)) }
        table.remove(carol.id)
        table.remove(alice.id)
        #expect(table.entries.map(\.contact) == [bob])
        table.remove(bob.id)
        #expect(table.entries == [])
        #expect(table.count == 0)
        table.checkInvariants()
    }

    @Test func anAnswerUpdatesTheEndpointOfItsFamilyOnly() {
        var table = RoutingTable(own: .zero)
        let id = NodeID(Bytes32(words: (1 << 63, 0, 0, 0)))
        let ipv4 = Endpoint("192.0.2.1:1")
        let moved = Endpoint("192.0.2.2:2")
        let ipv6 = Endpoint("[2001:db8::1]:3")
        for (first, second) in [(ipv4, nil), (nil, ipv6), (moved, nil)] {
            let contact = Contact(id: id, key: PublicKey(id.bytes), ipv4: first, ipv6: second)
            table.observe(contact, roundTrip: nil, now: .seconds(0))
        }
        #expect(table.contact(id) == Contact(id: id, key: PublicKey(id.bytes), ipv4: moved, ipv6: ipv6))
    }

    private let ipv4 = Endpoint(ipv4: 0xc000_0201, port: 1)
    private let ipv6 = Endpoint(high: 0x2001_0db8 << 32, low: 1, port: 3)

    @Test func whereOneFamilyFailsAndTheOtherAnswersOnlyThatOneGoes() {
        var table = RoutingTable(own: .zero)
        let id = NodeID(Bytes32(words: (1 << 63, 0, 0, 0)))
        let both = Contact(id: id, key: PublicKey(id.bytes), ipv4: ipv4, ipv6: ipv6)
        let there = Contact(id: id, key: PublicKey(id.bytes), ipv6: ipv6)
        table.observe(both, roundTrip: nil, now: .seconds(0))
        #expect(table.observeFailure(of: id, at: ipv4, now: .seconds(1)) == .elsewhere(there))
        // Not doubted, and named where it may still be; requests that fail together are one failure.
        #expect(table.closest(to: .zero, count: 9, onlyAlive: true) == [there])
        #expect(table.observeFailure(of: id, at: ipv4, now: .seconds(1)) == .unknown)
        table.checkInvariants()
        #expect(table.observe(there, roundTrip: nil, now: .seconds(2)) == .refreshed)
        #expect(table.contact(id) == there)
        // Nothing but an answer from there brings the other back.
        table.observe(Contact(id: id, key: there.key, endpoint: ipv4), roundTrip: nil, now: .seconds(3))
        #expect(table.contact(id) == both)
    }

    @Test func whoFailsInBothFamiliesIsDoubtedAndKeepsBoth() {
        var table = RoutingTable(own: .zero)
        let id = NodeID(Bytes32(words: (1 << 63, 0, 0, 0)))
        let both = Contact(id: id, key: PublicKey(id.bytes), ipv4: ipv4, ipv6: ipv6)
        table.observe(both, roundTrip: nil, now: .seconds(0))
        _ = table.observeFailure(of: id, at: ipv4, now: .seconds(1))
        #expect(table.observeFailure(of: id, at: ipv6, now: .seconds(2)) == .doubted)
        #expect(table.contact(id) == both && table.closest(to: .zero, count: 9, onlyAlive: true).isEmpty)
        table.observe(Contact(id: id, key: both.key, endpoint: ipv6), roundTrip: nil, now: .seconds(3))
        #expect(table.contact(id) == both)
        table.checkInvariants()
    }

    @Test func whoIsRememberedIsAliveNearAndFar() {
        var generator = SeededGenerator(seed: 6)
        var table = RoutingTable(own: .zero)
        for index in 0..<8_000 {
            table.observe(Contact(NodeID(generator.bytes32())), roundTrip: nil, now: .seconds(Double(index)))
        }
        let dead = table.entries.filter { $0.contact.id.bytes.words.1 % 3 == 0 }.map(\.contact.id)
        for id in dead { table.observeFailure(of: id, now: .seconds(8_100)) }
        let remembered = table.contactsToRemember(100)
        #expect(remembered.count == 100 && Set(remembered.map(\.id)).count == 100)
        #expect(!remembered.contains { dead.contains($0.id) })
        #expect(Array(remembered.prefix(50)) == table.closest(to: .zero, count: 50, onlyAlive: true))
        for bucket in 0..<4 {
            let far = remembered.count { NodeID.zero.distance(to: $0.id.bytes).commonPrefixLength == bucket }
            #expect(far >= 5, "bucket \(bucket)")
        }
        #expect(table.contactsToRemember(1_000).count == table.count - dead.count)
    }

    /// A contact of the farthest bucket.
    private func far(_ generator: inout SeededGenerator) -> Contact {
        Contact(NodeID.zero.neighbour(sharing: 0, &generator))
    }
}
