import Basics
import Mailboxes
import Testing
import Wire

/// Two sets are compared over a bad network, and what is found is what differs: against sets as a slow reference.
@Suite struct ReconciliationTests {
    static let own = NodeID(Bytes32(words: (1, 0, 0, 0)))
    static let peer = NodeID(Bytes32(words: (2, 0, 0, 0)))

    /// Random keys, of which many share a mailbox, and many are of both an envelope and its tombstone.
    static func keys(_ count: Int, mailboxes: Int, _ generator: inout SeededGenerator) -> [ItemKey] {
        let locations = (0..<max(1, mailboxes)).map { _ in Location(generator.bytes32()) }
        return (0..<count).map { _ in
            let location = locations[generator.below(locations.count)]
            let envelope = EnvelopeID(generator.bytes32())
            switch generator.below(10) {
            case 0: return .record(at: Location(generator.bytes32()), sequence: UInt64(generator.below(9)))
            case 1, 2: return .tombstone(of: envelope, in: location)
            default: return .envelope(envelope, in: location)
            }
        }
    }

    /// Two nodes of which each lacks some of the keys, has discarded some of the other's envelopes and has other records.
    static func pair(
        _ count: Int, differing percent: Int, mailboxes: Int, _ generator: inout SeededGenerator
    ) -> (ItemKeeper, ItemKeeper) {
        var (ones, others) = ([ItemKey](), [ItemKey]())
        for key in keys(count, mailboxes: mailboxes, &generator) {
            let differs = generator.chance(percent)
            let side = differs ? generator.below(4) : 4
            if side == 2, key.itemKind == .envelope {
                ones.append(key)
                others.append(.tombstone(of: key.envelope, in: key.location))
            } else if side == 2, key.itemKind == .record {
                ones.append(key)
                others.append(.record(at: key.location, sequence: key.sequence + 1))
            } else {
                if side != 0 { ones.append(key) }
                if side != 1 { others.append(key) }
            }
        }
        return generator.chance(50)
            ? (ItemKeeper(own, ones), ItemKeeper(peer, others)) : (ItemKeeper(own, others), ItemKeeper(peer, ones))
    }

    @Test(arguments: 1...24) func findsWhatDiffers(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let count = [0, 1, 9, 40, 300, 2_000][generator.below(6)]
        let (one, other) = ReconciliationTests.pair(
            count, differing: [0, 1, 10, 100][generator.below(4)], mailboxes: [1, 4, 5_000][generator.below(3)],
            &generator)
        let weather = Weather(
            lost: [0, 20][generator.below(2)], repeated: generator.below(50), late: generator.below(30))
        var comparison = Comparison(one.id, other.id, nonce: UInt128(seed))
        let end = comparison.run(weather, &generator, one.items) { other.answer($0, from: one.id) }
        // So many losses in a row are possible, and end it.
        guard end != .unanswered || weather.lost == 0 else { return }
        #expect(end == .complete, "seed \(seed)")
        let (theirs, mine) = (other.keys.subtracting(one.keys), one.keys.subtracting(other.keys))
        let wanted = theirs.filter { key in
            switch key.itemKind {
            case .envelope: !one.keys.contains(.tombstone(of: key.envelope, in: key.location))
            case .record: !one.keys.contains { $0.kind == key.kind && $0.location == key.location && $0 > key }
            default: true
            }
        }
        #expect(
            comparison.wanted.count == Set(comparison.wanted).count && Set(comparison.wanted) == wanted, "seed \(seed)")
        // An old record may be offered: it is refused as stale.
        let stale = mine.filter { key in
            key.itemKind == .record
                && other.keys.contains { $0.location == key.location && $0.kind == key.kind && $0 > key }
        }
        #expect(comparison.offered.count == Set(comparison.offered).count, "seed \(seed)")
        #expect(Set(comparison.offered).isSubset(of: mine), "seed \(seed)")
        #expect(Set(comparison.offered).isSuperset(of: mine.subtracting(stale)), "seed \(seed)")
        #expect(comparison.largestBatch <= Limits.differencesPerBatch + 32, "seed \(seed)")
    }

    @Test(arguments: 101...116) func bothEndWithTheUnionAndTombstonesWin(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let (begun, begunOther) = ReconciliationTests.pair(
            generator.below(1_500), differing: 5 + generator.below(60), mailboxes: 1 + generator.below(30), &generator)
        let all = begun.keys.union(begunOther.keys)
        let expected = all.filter { key in
            switch key.itemKind {
            case .envelope: !all.contains(.tombstone(of: key.envelope, in: key.location))
            case .record: !all.contains { $0.kind == key.kind && $0.location == key.location && $0 > key }
            default: true
            }
        }
        // What differs is brought and fetched at once, while the comparison goes on.
        let (one, other) = (Box(begun), Box(begunOther))
        var comparison = Comparison(begun.id, begunOther.id, nonce: UInt128(seed))
        let end = comparison.run(
            Weather(lost: 5, repeated: 10, late: 10), &generator, { one.keeper.items(in: $0) },
            answer: { other.keeper.answer($0, from: begun.id) },
            differ: { differences in
                for key in differences.offered { other.keeper.bring(key) }
                for key in differences.wanted { one.keeper.bring(key) }
            })
        #expect(end == .complete, "seed \(seed)")
        #expect(one.keeper.keys == expected && other.keeper.keys == expected, "seed \(seed)")

        var again = Comparison(begun.id, begunOther.id, nonce: UInt128(seed) + 1)
        let second = again.run(&generator, one, other)
        #expect(second == .complete && again.wanted.isEmpty && again.offered.isEmpty, "seed \(seed)")
        #expect(again.reconciliation.requests == 1, "equal sets take one request, seed \(seed)")
    }

    @Test func goesOnWhereAnEarlierOneStopped() {
        var generator = SeededGenerator(seed: 7)
        let (one, other) = ReconciliationTests.pair(900, differing: 20, mailboxes: 3, &generator)
        var whole = Comparison(one.id, other.id)
        let wholeEnd = whole.run(&generator, Box(one), Box(other))
        #expect(wholeEnd == .complete)
        let middle = one.keys.sorted()[400]
        var rest = Comparison(one.id, other.id, from: middle)
        let restEnd = rest.run(&generator, Box(one), Box(other))
        #expect(restEnd == .complete)
        #expect(rest.wanted == whole.wanted.filter { $0 >= middle } && !rest.wanted.isEmpty)
        #expect(rest.offered == whole.offered.filter { $0 >= middle } && !rest.offered.isEmpty)
    }

    @Test func aSilentOrBusyNodeEndsIt() {
        let keeper = ItemKeeper(ReconciliationTests.own)
        var generator = SeededGenerator(seed: 1)
        var silent = Comparison(keeper.id, ReconciliationTests.peer)
        let silentEnd = silent.run(Weather(lost: 100), &generator, keeper.items, answer: { $0 })
        #expect(silentEnd == .unanswered)
        #expect(silent.reconciliation.requests == Limits.comparisonFailures)
        var busy = Comparison(keeper.id, ReconciliationTests.peer)
        let busyEnd = busy.run(&generator, keeper, refusing: .busy)
        #expect(busyEnd == .unanswered)
        #expect(busy.reconciliation.requests == Limits.comparisonFailures)
        var foreign = Comparison(keeper.id, ReconciliationTests.peer)
        let foreignEnd = foreign.run(&generator, keeper, refusing: .unknownRPC)
        #expect(foreignEnd == .refused(.unknownRPC))
        #expect(foreign.reconciliation.requests == 1)
    }
}

/// A keeper that several closures change.
final class Box {
    var keeper: ItemKeeper
    init(_ keeper: ItemKeeper) { self.keeper = keeper }
}

extension Comparison {
    mutating func run(_ generator: inout SeededGenerator, _ one: Box, _ other: Box) -> Reconciliation.End {
        run(
            Weather(), &generator, { one.keeper.items(in: $0) },
            answer: { other.keeper.answer($0, from: one.keeper.id) })
    }

    mutating func run(
        _ generator: inout SeededGenerator, _ keeper: ItemKeeper, refusing reason: RefusalReason
    ) -> Reconciliation.End {
        run(Weather(), &generator, keeper.items) { request in
            guard let header = try? RPCHeader(decoding: request.span.bytes) else { return [] }
            var writer = ByteWriter(capacity: Limits.bodySize)
            Response.refused(reason, retryAfterSeconds: 2).encode(answering: header, into: &writer)
            return writer.bytes
        }
    }
}
