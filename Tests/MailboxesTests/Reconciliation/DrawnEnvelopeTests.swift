import Basics
import Mailboxes
import Testing
import Wire

/// What a node asks others for is drawn by chance.
@Suite struct DrawnEnvelopeTests {
    private static let scope = ItemScope(
        around: NodeID(Bytes32(words: (3 << 62, 0, 0, 0))), depth: 1,
        firstDay: ItemScope.firstDay(Now.noon(today).utc))

    private static func key(_ location: UInt64, _ id: UInt64) -> ItemKey {
        .envelope(EnvelopeID(Bytes32(words: (id, 0, 0, 0))), in: Location(Bytes32(words: (location, 0, 0, 0))))
    }

    private func drawn(_ keys: [ItemKey], times: Int) -> [ItemKey: Int] {
        let keeper = ItemKeeper(DrawnEnvelopeTests.scope.node, keys)
        var random = SeededGenerator(seed: 4)
        var counts: [ItemKey: Int] = [:]
        for _ in 0..<times {
            if let item = keeper.items(in: DrawnEnvelopeTests.scope).drawnEnvelope(by: &random) {
                counts[item, default: 0] += 1
            }
        }
        return counts
    }

    @Test func eachEnvelopeOfTheScopeMayBeDrawnAndNothingElse() {
        var inside: [ItemKey] = []
        for location in [5 << 61, 6 << 61, 7 << 61] as [UInt64] {
            for id in [0, 1 << 62, 2 << 62, 3 << 62] as [UInt64] { inside.append(DrawnEnvelopeTests.key(location, id)) }
        }
        let outside = DrawnEnvelopeTests.key(1 << 61, 1)
        let mailbox = inside[0].location
        let others = [
            ItemKey.tombstone(of: EnvelopeID(Bytes32(words: (9, 0, 0, 0))), in: mailbox),
            ItemKey.record(at: mailbox, sequence: 1),
        ]
        let counts = drawn(inside + [outside] + others, times: 2_000)
        #expect(Set(counts.keys) == Set(inside))
        #expect(counts.values.allSatisfy { $0 > 50 }, "\(counts.values.sorted())")
    }

    /// Whatever the other side says that it has.
    @Test func nothingOutsideOfTheScopeIsWanted() {
        let items = ItemKeeper(DrawnEnvelopeTests.scope.node).items(in: DrawnEnvelopeTests.scope)
        for (location, isInside) in [(5 << 61, true), (1 << 61, false)] as [(UInt64, Bool)] {
            let envelope = DrawnEnvelopeTests.key(location, 7)
            let keys = [
                envelope, .tombstone(of: envelope.envelope, in: envelope.location),
                .record(at: envelope.location, sequence: 1),
            ]
            #expect(keys.allSatisfy { items.wants($0) == isInside })
        }
    }

    @Test func whoKeepsNoEnvelopeDrawsNone() {
        #expect(drawn([.record(at: DrawnEnvelopeTests.key(5 << 61, 0).location, sequence: 1)], times: 10).isEmpty)
        #expect(drawn([], times: 10).isEmpty)
    }
}
