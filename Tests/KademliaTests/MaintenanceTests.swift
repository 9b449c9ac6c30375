import Basics
import Kademlia
import Testing

struct MaintenanceTests {
    private func table(_ size: Int, seed: UInt64, bucketSize: Int = 20) -> RoutingTable {
        var generator = SeededGenerator(seed: seed)
        var table = RoutingTable(own: NodeID(generator.bytes32()), bucketSize: bucketSize)
        for _ in 0..<size { table.observe(Contact(NodeID(generator.bytes32())), roundTrip: nil, now: .seconds(1)) }
        return table
    }

    /// The prefixes that the targets share with the node, of all that are due.
    private func refresh(_ table: inout RoutingTable, _ now: Instant, _ generator: inout SeededGenerator) -> [Int] {
        var shared: [Int] = []
        while let target = table.refreshTarget(now: now, randomness: generator.bytes32()) {
            shared.append(table.own.distance(to: target).commonPrefixLength)
        }
        return shared
    }

    // MARK: Refresh

    @Test func ofTwoThatCheckEachOtherOneIsEnough() {
        var generator = SeededGenerator(seed: 7)
        let nodes = [NodeID(generator.bytes32()), NodeID(generator.bytes32())]
        var tables = nodes.map { RoutingTable(own: $0) }
        for index in 0...1 { tables[index].observe(Contact(nodes[1 - index]), roundTrip: nil, now: .origin) }
        var checks = [0, 0]
        for second in 1...3_600 {
            for index in 0...1 where !tables[index].takeChecks(now: .seconds(Double(second))).isEmpty {
                checks[index] += 1
                // The answer is back a second after the question was there.
                tables[index].observe(Contact(nodes[1 - index]), roundTrip: nil, now: .seconds(Double(second + 1)))
                tables[1 - index].observe(
                    Contact(nodes[index]), roundTrip: nil, hasAsked: true, now: .seconds(Double(second)))
            }
        }
        #expect(checks.max()! > 10 && checks.min()! == 0)
    }

    @Test func anEmptyTableHasNothingToDo() {
        var table = RoutingTable(own: .zero)
        #expect(table.nextDeadline == nil)
        #expect(table.refreshTarget(now: .seconds(1e6), randomness: .zero) == nil)
        #expect(table.takeChecks(now: .seconds(1e6)) == [])
    }

    @Test func newBucketsAreRefreshedSoonUnlessFull() {
        var generator = SeededGenerator(seed: 1)
        var table = table(1_000, seed: 1)
        let sizes = (0..<256).map { bucket in table.entries.count { $0.bucket == bucket } }
        let ownRange = sizes.indices.last { sizes[$0...].reduce(0, +) >= 20 }!
        #expect(refresh(&table, .seconds(10), &generator) == [])
        let shared = refresh(&table, .seconds(11), &generator)
        let wanting = (0..<ownRange).filter { sizes[$0] < 20 }
        #expect(shared.dropLast().elementsEqual(wanting))
        #expect(shared.last! >= ownRange)
        #expect(refresh(&table, .seconds(12), &generator) == [])
    }

    @Test func targetsFallInTheirBuckets() {
        // One contact in every second bucket: each is a range of its own, and the last is the node's own.
        for seed in 1...4 as ClosedRange<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var table = RoutingTable(own: NodeID(generator.bytes32()), bucketSize: 1)
            for shared in stride(from: 1, to: 256, by: 2) {
                let contact = Contact(table.own.neighbour(sharing: shared, &generator))
                table.observe(contact, roundTrip: nil, now: .origin)
            }
            let shared = refresh(&table, .seconds(4_000), &generator)
            #expect(shared.dropLast().elementsEqual(0..<255))
            #expect(shared.last! >= 255)
            table.checkInvariants()
        }
    }

    @Test func targetsAreRandomBelowTheirPrefix() {
        for shared in [0, 1, 62, 63, 64, 65, 127, 128, 191, 192, 254] {
            var generator = SeededGenerator(seed: UInt64(shared))
            var table = RoutingTable(own: NodeID(generator.bytes32()), bucketSize: 1)
            for depth in [shared, 255] {
                table.observe(Contact(table.own.neighbour(sharing: depth, &generator)), roundTrip: nil, now: .origin)
            }
            let randomness = generator.bytes32()
            var targets: [Bytes32] = []
            while let target = table.refreshTarget(now: .seconds(4_000), randomness: randomness) {
                targets.append(target)
            }
            let target = targets[shared]
            for bit in 0..<256 {
                let expected =
                    bit < shared
                    ? table.own.bytes.bit(bit) : bit == shared ? !table.own.bytes.bit(bit) : randomness.bit(bit)
                #expect(target.bit(bit) == expected, "bit \(bit) of \(shared)")
            }
        }
    }

    @Test func onlySilentBucketsAreRefreshed() {
        var generator = SeededGenerator(seed: 2)
        var table = table(2_000, seed: 2)
        let talker = table.entries.first { $0.bucket == 1 }!.contact
        var refreshed: [[Int]] = []
        for second in stride(from: 2.0, to: 10_800, by: 1) {
            if Int(second) % 60 == 0 { table.observe(talker, roundTrip: nil, now: .seconds(second)) }
            refreshed.append(refresh(&table, .seconds(second), &generator))
        }
        let times = refreshed.indices.filter { refreshed[$0].contains(0) }.map { $0 + 2 }
        #expect(times.count >= 4 && times.count <= 8)
        #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 >= 1_350 && $1 - $0 <= 2_251 })
        #expect(!refreshed.contains { $0.contains(1) })
    }

    @Test func nodesRefreshAtDifferentTimes() {
        var generator = SeededGenerator(seed: 3)
        let times = (10..<60).map { seed in
            var table = table(500, seed: UInt64(seed))
            return (12..<3_000).first { refresh(&table, .seconds(Double($0)), &generator).contains(0) }
        }
        #expect(Set(times).count > 35)
    }

    // MARK: Checks

    /// All answer: how long each was silent before it was asked, in whole seconds.
    @Test func theNearestAreCheckedOften() {
        var table = table(3_000, seed: 4)
        let nearest = Set(table.closest(to: table.own.bytes, count: Limits.nearContacts).map(\.id))
        var asked: [NodeID: Int] = [:]
        var lastSeen: [NodeID: Int] = [:]
        for second in 2...7_200 {
            for contact in table.takeChecks(now: .seconds(Double(second))) {
                let silence = second - (lastSeen[contact.id] ?? 1)
                // A sixth of the time that it was there, within bounds; a quarter less or more, and the time to the next
                // moment for checks.
                let interval = min(max(((lastSeen[contact.id] ?? 1) - 1) / 6, 180), 600)
                #expect(silence >= interval * 3 / 4 - 1 && silence <= 2_311)
                #expect(silence <= interval * 5 / 4 + 61 || !nearest.contains(contact.id))
                table.observe(contact, roundTrip: nil, now: .seconds(Double(second)))
                lastSeen[contact.id] = second
                asked[contact.id, default: 0] += 1
            }
        }
        #expect(asked.count == table.count)
        #expect(nearest.allSatisfy { asked[$0]! >= 12 })
        #expect(asked.values.filter { $0 >= 12 }.count < Limits.nearContacts + 20)
        table.checkInvariants()
    }

    @Test func theDoubtedAreRetriedEverMoreSlowly() {
        var table = RoutingTable(own: .zero)
        let alice = Contact(NodeID(Bytes32(words: (1, 0, 0, 0))))
        table.observe(alice, roundTrip: nil, now: .seconds(0))
        table.observeFailure(of: alice.id, now: .seconds(10))
        var retries: [Int] = []
        for second in 10..<1_000 where !table.takeChecks(now: .seconds(Double(second))).isEmpty {
            retries.append(second)
            // Nobody else answers, so the fault may be here, and Alice stays.
            table.observeFailure(of: alice.id, now: .seconds(Double(second)))
        }
        #expect(zip(retries, [10] + retries).map { $0 - $1 } == [10, 20, 20, 40, 80, 160, 180, 180, 180])
        #expect(table.count == 1)
    }

    /// Who wakes only at the deadlines does the same as who asks all the time, in the same tenths of seconds.
    @Test(arguments: seeds(3))
    func theDeadlineIsNeverTooLate(seed: UInt64) {
        func run(polling: Bool) -> [String] {
            var table = table(120, seed: seed, bucketSize: 4)
            var log: [String] = []
            for tenth in 10..<9_000 {
                let now = Instant.origin + .milliseconds(tenth * 100)
                guard polling || table.nextDeadline! <= now else { continue }
                repeat { act(&table, now, seed: seed &+ UInt64(tenth), &log) } while table.nextDeadline! <= now
            }
            return log
        }
        let polled = run(polling: true)
        #expect(polled.count > 30, "it says little of a quiet table, seed \(seed)")
        #expect(run(polling: false) == polled, "seed \(seed)")
    }

    /// Does all that is due. One in four nodes is dead.
    private func act(_ table: inout RoutingTable, _ now: Instant, seed: UInt64, _ log: inout [String]) {
        var generator = SeededGenerator(seed: seed)
        while let target = table.refreshTarget(now: now, randomness: generator.bytes32()) {
            log.append("\(now.sinceOrigin) refresh \(target.hex)")
            table.observe(Contact(NodeID(target)), roundTrip: nil, now: now)
        }
        for contact in table.takeChecks(now: now) {
            log.append("\(now.sinceOrigin) check \(contact.id)")
            if contact.id.bytes.words.1 % 4 != 0 {
                table.observe(contact, roundTrip: nil, now: now)
            } else {
                table.observeFailure(of: contact.id, now: now)
            }
        }
    }
}
