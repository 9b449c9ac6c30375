import Basics
import Testing
import Wire

/// The order of keys, their bytes, and lists of ranges, against slow references.
@Suite struct ReconciliationTests {
    private func bytes(_ key: ItemKey) -> [UInt8] { [key.kind] + key.location.bytes.array + key.id.array }

    private func read(_ bytes: [UInt8]) -> [RangeEntry] {
        var reader = RangeReader(ByteRange(offset: 0, count: bytes.count))
        var entries: [RangeEntry] = []
        while let entry = reader.next(in: bytes.span.bytes) { entries.append(entry) }
        return entries
    }

    // MARK: Keys

    @Test(arguments: [1, 2, 3]) func keysAreOrderedAsTheirBytes(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            let (one, other) = (generator.itemKey(), generator.itemKey())
            #expect((one < other) == bytes(one).lexicographicallyPrecedes(bytes(other)))
            #expect((one == other) == (bytes(one) == bytes(other)))
        }
    }

    @Test(arguments: [1, 2, 3]) func separatorsAreTheShortestPlacesBetween(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        func significant(_ key: ItemKey) -> Int { (bytes(key).lastIndex { $0 != 0 } ?? -1) + 1 }
        for _ in 0..<2_000 {
            let (one, other) = (generator.itemKey(), generator.itemKey())
            guard one != other else { continue }
            let (low, high) = (min(one, other), max(one, other))
            let place = ItemKey.separator(after: low, upTo: high)
            #expect(low < place && place <= high)
            // One that has a byte less can't lie between them.
            let shorter = bytes(place).prefix(significant(place) - 1) + [0]
            let padded = Array(shorter) + [UInt8](repeating: 0, count: ItemKey.byteCount - shorter.count)
            #expect(!bytes(low).lexicographicallyPrecedes(padded))
        }
    }

    @Test func tombstonesComeFirstAndRecordsByTheirNumber() {
        let (location, envelope) = (Location(bytes32(from: 9)), EnvelopeID(bytes32(from: 1)))
        let keys: [ItemKey] = [
            .first, .tombstone(of: envelope, in: location), .envelope(envelope, in: location),
            .record(at: location, sequence: 255), .record(at: location, sequence: 256), .end,
        ]
        #expect(keys == keys.sorted())
        #expect(keys[4].sequence == 256 && keys[1].envelope == envelope)
    }

    // MARK: Lists of ranges

    @Test(arguments: [1, 2, 3, 4]) func rangesAreReadAsTheyWereWritten(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let entries = generator.rangeEntries(withItems: true)
            let (bytes, count) = entries.encoded
            var joined: [RangeEntry] = []
            for entry in entries.prefix(count) {
                if case .equal = entry, case .equal = joined.last { joined.removeLast() }
                joined.append(entry)
            }
            #expect(read(bytes) == joined, "seed \(seed)")
        }
    }

    @Test func whatIsWrittenFitsIntoABody() {
        var generator = SeededGenerator(seed: 5)
        let keys = (0..<64).map { _ in
            ItemKey(kind: 2, location: Location(generator.bytes32()), id: generator.bytes32())
        }.sorted()
        var named = RangeWriter()
        let items = keys.prefix { named.item($0) }
        let isListed = named.listed(upTo: .end)
        #expect(isListed)
        var compared = RangeWriter()
        let parts = keys.prefix { compared.fingerprint(Fingerprint(7), upTo: $0) }
        #expect(items.count >= 12 && items.count < 16, "\(items.count) keys")
        #expect(parts.count >= 10 && parts.count < 16, "\(parts.count) whole bounds")
        for bytes in [named.finish(), compared.finish()] {
            let range = ByteRange(offset: 0, count: bytes.count)
            let answer = Sample(Response.reconciled(ranges: range, depth: nil), to: .reconcile, payload: bytes)
            #expect(answer.body.count > 800 && answer.body.count <= Limits.bodySize)
        }
        let short = ReconcileRequest(
            nonce: .max, firstDay: Day(number: 1), depth: 255, ranges: ByteRange(offset: 0, count: 900))
        let longest = written {
            Request.reconcile(short).encode(requestID: 1, payload: keys.flatMap(bytes).span.bytes, into: &$0)
        }
        #expect(!longest.isEmpty)
    }
}
