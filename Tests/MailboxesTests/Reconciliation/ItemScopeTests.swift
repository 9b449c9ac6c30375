import Basics
import Mailboxes
import Testing
import Wire

/// What belongs to a comparison: by place, by day, and by which table it is read from.
@Suite struct ItemScopeTests {
    private func all(_ keeper: ItemKeeper, by asker: NodeID, depth: Int) -> Set<ItemKey> {
        // From the side of one who has nothing, whose wanted are all that is in scope.
        var generator = SeededGenerator(seed: 1)
        var comparison = Comparison(asker, keeper.id, depth: depth)
        let empty = ItemKeeper(asker)
        let end = comparison.run(Weather(), &generator, empty.items) { keeper.answer($0, from: asker) }
        #expect(end == .complete)
        return Set(comparison.wanted)
    }

    @Test(arguments: [0, 1, 2, 5, 9, 64, 65, 255]) func onlyWhatLiesInTheSubtreeOfBoth(depth: Int) {
        var generator = SeededGenerator(seed: UInt64(depth) + 1)
        let one = NodeID(generator.bytes32())
        /// A point that shares exactly so many first bits with the node.
        func point(_ shared: Int) -> Bytes32 {
            var words = one.bytes.words
            let flipped = UInt64(1) << UInt64(63 - shared % 64)
            switch shared / 64 {
            case 0: words = (words.0 ^ flipped ^ generator.next() & (flipped - 1), generator.next(), 1, 2)
            case 1: words = (words.0, words.1 ^ flipped ^ generator.next() & (flipped - 1), 1, 2)
            case 2: words.2 ^= flipped
            default: words.3 ^= flipped
            }
            return Bytes32(words: words)
        }
        let keys = (0..<600).map { number -> ItemKey in
            let shared = min(255, max(0, depth - 3 + number % 6))
            return .envelope(EnvelopeID(generator.bytes32()), in: Location(point(shared)))
        }
        for other in [depth, depth + 1, depth - 1] where (0...255).contains(other) {
            let keeper = ItemKeeper(NodeID(point(other)), keys)
            let expected = keys.filter { key in
                [one.bytes, keeper.id.bytes].allSatisfy {
                    Distance($0, key.location.bytes).commonPrefixLength >= depth
                }
            }
            #expect(all(keeper, by: one, depth: depth) == Set(expected), "\(depth) bits, \(other) shared")
            #expect(expected.isEmpty == (other < depth))
        }
    }

    @Test func onlyWhatEveryNodeTakesThatDay() {
        let location = Location(Bytes32(words: (5, 5, 5, 5)))
        // Noon and twelve hours: clocks that are ahead say tomorrow.
        let first = ItemScope.firstDay(Now.noon(today).utc)
        #expect(first == today.advanced(by: 1) && ItemScope.firstDay(today.start) == today)
        var keeper = ItemKeeper(ReconciliationTests.peer)
        for days in -3...30 {
            let id = EnvelopeID(Bytes32(words: (UInt64(days + 10), 0, 0, 0)))
            let place = Location(Bytes32(words: (UInt64(days + 10), 0, 0, 0)))
            keeper.keep(.envelope(id, in: location), lastDay: first.advanced(by: days))
            keeper.keep(.tombstone(of: id, in: location), lastDay: first.advanced(by: days))
            keeper.keep(.record(at: place, sequence: 1), validUntil: first.advanced(by: days).start)
        }
        let found = all(keeper, by: ReconciliationTests.own, depth: 0)
        let days = { (kind: ItemKind) in
            found.filter { $0.itemKind == kind }.map {
                Int(kind == .record ? $0.location.bytes.words.0 : $0.id.words.0) - 10
            }.sorted()
        }
        #expect(days(.envelope) == Array(0...Limits.envelopeDays))
        #expect(days(.tombstone) == Array(0...Limits.envelopeDays))
        #expect(days(.record) == Array(1...Limits.recordDays))
    }

    /// As real clocks may differ: what one side still holds to be current is never lacking at the other for that.
    @Test func clocksThatDifferFindNothing() {
        var generator = SeededGenerator(seed: 4)
        let location = Location(generator.bytes32())
        var (one, other) = (ItemKeeper(ReconciliationTests.own), ItemKeeper(ReconciliationTests.peer))
        for days in 0...20 {
            let key = ItemKey.envelope(EnvelopeID(generator.bytes32()), in: location)
            one.keep(key, lastDay: today.advanced(by: days))
            other.keep(key, lastDay: today.advanced(by: days))
        }
        for hours in stride(from: -12, through: 36, by: 3) {
            let time = today.start.advanced(bySeconds: Int64(hours) * 3_600)
            var comparison = Comparison(one.id, other.id, now: time)
            let end = comparison.run(&generator, Box(one), Box(other))
            #expect(end == .complete)
            #expect(comparison.wanted.isEmpty && comparison.offered.isEmpty)
        }
    }
}
