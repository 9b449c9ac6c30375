import Basics
import Mailboxes
import Testing
import Wire

/// What a comparison takes at most, whatever the other side says.
@Suite struct ReconciliationBoundsTests {
    private let own = ReconciliationTests.own
    private let peer = ReconciliationTests.peer

    private func keepers(_ count: Int, without missing: Int) -> (Box, Box) {
        var generator = SeededGenerator(seed: 3)
        let keys = ReconciliationTests.keys(count, mailboxes: count / 20, &generator)
        let lacking = Set((0..<missing).map { $0 * count / missing })
        let other = keys.indices.filter { !lacking.contains($0) }.map { keys[$0] }
        return (Box(ItemKeeper(own, keys)), Box(ItemKeeper(peer, other)))
    }

    @Test func workGrowsWithTheDifference() {
        var generator = SeededGenerator(seed: 3)
        for (count, missing, most) in [(20_000, 0, 6), (20_000, 1, 10), (20_000, 100, 220)] {
            let (one, other) = keepers(count, without: missing)
            for (asker, responder) in [(one, other), (other, one)] {
                var comparison = Comparison(asker.keeper.id, responder.keeper.id)
                let end = comparison.run(&generator, asker, responder)
                #expect(end == .complete)
                #expect(comparison.wanted.count + comparison.offered.count == missing)
                #expect(comparison.reconciliation.requests <= most, "\(missing) of \(count)")
            }
        }
    }

    @Test func theAnswerToALargeSetIsBoundedAndLeadsOn() throws {
        let (one, _) = keepers(20_000, without: 0)
        let empty = Box(ItemKeeper(peer))
        // Asked for all at once, of which the asker has nothing: names as many as find room.
        let key = FingerprintKey(initiator: peer, responder: own, nonce: 1)
        for fingerprint in [key.fingerprint(of: SetSum()), Fingerprint(5)] {
            var writer = RangeWriter()
            let hasRoom = writer.fingerprint(fingerprint, upTo: .end)
            #expect(hasRoom)
            let ranges = writer.finish()
            let request = ReconcileRequest(
                nonce: 1, firstDay: today, depth: 0, ranges: ByteRange(offset: 0, count: ranges.count))
            let scope = ItemScope(around: own, depth: 0, firstDay: today)
            let answer = ReconciliationAnswer.ranges(
                to: request, in: ranges.span.bytes, one.keeper.items(in: scope), under: key)
            var reader = RangeReader(ByteRange(offset: 0, count: answer.count))
            var place = ItemKey.first
            while let entry = reader.next(in: answer.span.bytes) {
                switch entry {
                case .equal(let bound), .fingerprint(_, let bound), .listed(let bound): place = bound
                case .item: break
                }
            }
            let covered = one.keeper.keys.count { $0 < place }
            #expect(covered > 0 && covered <= Limits.itemsPerComparisonAnswer)
        }
        // Who has nothing learns all, a body at a time.
        var generator = SeededGenerator(seed: 1)
        var comparison = Comparison(peer, own)
        let end = comparison.run(&generator, empty, one)
        #expect(end == .complete)
        #expect(Set(comparison.wanted) == one.keeper.keys)
        #expect(comparison.reconciliation.requests < 20_000 / 12)
    }

    @Test(arguments: 1...12) func aLiarEnds(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let honest = ItemKeeper(own, ReconciliationTests.keys(200, mailboxes: 5, &generator))
        var lies = SeededGenerator(seed: seed + 1_000)
        var comparison = Comparison(own, peer)
        let end = comparison.run(Weather(), &generator, honest.items) { request in
            lie(to: request, Int(seed % 4), honest, &lies)
        }
        #expect(comparison.reconciliation.requests <= Limits.comparisonRequests, "seed \(seed)")
        #expect(Set(comparison.offered).isSubset(of: honest.keys), "seed \(seed)")
        // Whoever makes up names without end, or splits without end, is stopped.
        let isEndless = seed % 4 >= 2
        #expect(!isEndless || end != .complete, "seed \(seed): \(end)")
    }

    /// An answer that isn't true: an honest one with other bytes, random ranges, new names without end, or one range after
    /// the other split for ever.
    private func lie(
        to request: [UInt8], _ kind: Int, _ honest: ItemKeeper, _ generator: inout SeededGenerator
    ) -> [UInt8] {
        var body = honest.answer(request, from: own)
        guard let (header, decoded) = try? Request.decode(request.span.bytes), case .reconcile(let question) = decoded
        else { return body }
        var asked = RangeReader(question.ranges)
        var writer = RangeWriter()
        var place = ItemKey.first
        switch kind {
        case 0:
            for _ in 0..<generator.below(4) { body[9 + generator.below(body.count - 9)] = generator.bytes(1)[0] }
            return (try? Response.decode(body.span.bytes)) == nil ? honest.answer(request, from: own) : body
        case 1:
            for key in ReconciliationTests.keys(9, mailboxes: 3, &generator).sorted() where key > place {
                _ = generator.chance(50) ? writer.equal(upTo: key) : writer.fingerprint(Fingerprint(3), upTo: key)
                place = key
            }
        default:
            while let entry = asked.next(in: request.span.bytes) {
                guard case .fingerprint(_, let bound) = entry else {
                    if case .equal(let bound) = entry { _ = writer.equal(upTo: bound) }
                    continue
                }
                // The place after the range's first, again and again.
                place = writer.end
                var after = place.id
                after.words.3 &+= 1
                let next = ItemKey(kind: max(1, place.kind), location: place.location, id: after)
                guard place < next, next < bound else { break }
                if kind == 2 {
                    after.words.3 &+= 1
                    let end = ItemKey(kind: next.kind, location: next.location, id: after)
                    _ = end < bound && writer.item(next) && writer.listed(upTo: end)
                } else {
                    _ =
                        writer.fingerprint(Fingerprint(9), upTo: next)
                        && writer.fingerprint(Fingerprint(9), upTo: bound)
                }
                break
            }
        }
        return ItemKeeper.encode(writer.finish(), to: header)
    }
}
