import Basics
import Foundation
import LMDBStore
import Storage
import Testing

/// What is durable in the journal and not yet in LMDB's tables: nothing of it may get lost, come twice, or come from elsewhere.
@Suite struct JournalTests {
    /// The number of the journal in `image`.
    private static let number: UInt64 = 0x1234_5678_9ABC_DEF0
    private static let batches: [[StoreWrite]] = (1...4 as ClosedRange<UInt8>).map { batch in
        var writes = [StoreWrite(.outbox, [0], batch == 3 ? nil : [batch])]
        for item in 1...batch {
            writes.append(StoreWrite(.inbox, [batch, item], [UInt8](repeating: item, count: 1_500)))
        }
        return writes
    }

    /// A journal of 64 KiB in its second round: records 5 and 6 of the first lie behind the four of this one.
    private static func image(settled: UInt64 = 6) -> (bytes: [UInt8], ends: [Int], mark: JournalMark) {
        var bytes: [UInt8] = []
        var ends: [Int] = []
        for (index, batch) in batches.enumerated() {
            bytes += JournalRecord.encode(batch, ordinal: settled + UInt64(index) + 1, journal: number)
            ends.append(bytes.count)
        }
        for ordinal in [settled - 1, settled] {
            bytes += JournalRecord.encode([StoreWrite(.inbox, [99], [99])], ordinal: ordinal, journal: number)
        }
        bytes += [UInt8](repeating: 0, count: 65_536 - bytes.count)
        return (bytes, ends, JournalMark(journal: number, settled: settled, size: 65_536))
    }

    /// What is recovered; nil where it is refused.
    private static func recovered(_ bytes: [UInt8], _ mark: JournalMark?) -> [[StoreWrite]]? {
        do throws(StoreDamage) { return try JournalContent(bytes, mark).records.map(\.writes) } catch { return nil }
    }

    @Test func wholeRecordsAreRecoveredAndNoneThatTheStoreHas() throws {
        let (bytes, ends, mark) = Self.image()
        let isRight = Self.recovered(bytes, mark) == Self.batches
        #expect(isRight)
        let content = try JournalContent(bytes, mark)
        #expect(content.end == ends[3] && content.last == 10)
        for settled in 7...10 as ClosedRange<UInt64> {
            let mark = JournalMark(journal: Self.number, settled: settled, size: 65_536)
            let isRight = Self.recovered(bytes, mark) == Array(Self.batches.dropFirst(Int(settled) - 6))
            #expect(isRight, "\(settled)")
        }
    }

    /// A power cut ends a write anywhere; behind that lies what was there before.
    @Test func aTornEndIsDroppedWhereverItIsTorn() {
        let (bytes, ends, mark) = Self.image()
        var generator = SeededGenerator(seed: 1)
        let garbage = generator.bytes(bytes.count)
        for cut in 0..<ends[3] {
            // The record that was being written is the last. What fills up its last block is no part of it.
            let record = ends.firstIndex { cut < $0 } ?? 0
            let start = record == 0 ? 0 : ends[record - 1]
            let end = start + Int(bytes[start + 6]) << 8 + Int(bytes[start + 7])
            for behind in [[UInt8](repeating: 0, count: bytes.count), garbage] {
                let torn = Array(bytes[..<cut]) + behind[cut...]
                let isWhole = torn[start..<end] == bytes[start..<end]
                let isRight = Self.recovered(torn, mark) == Array(Self.batches.prefix(isWhole ? record + 1 : record))
                #expect(isRight, "cut at \(cut)")
            }
        }
    }

    /// Only the last record can have been torn. Where another is damaged, or lacks a part, what was durable is lost: that is told.
    @Test func aFlippedBitIsNeverBelieved() {
        let (bytes, ends, mark) = Self.image()
        for place in 0..<ends[3] {
            var damaged = bytes
            damaged[place] ^= 1 << UInt8(place % 8)
            let found = Self.recovered(damaged, mark)
            if place >= ends[2] {
                let isRight = found == Self.batches || found == Array(Self.batches.prefix(3))
                #expect(isRight, "byte \(place)")
            } else {
                let isRight = found == nil || found == Self.batches
                #expect(isRight, "byte \(place)")
            }
        }
        var lost = 0
        for block in stride(from: 0, to: ends[2], by: 4_096) {
            var damaged = bytes
            damaged.replaceSubrange(block..<block + 4_096, with: [UInt8](repeating: 0, count: 4_096))
            if Self.recovered(damaged, mark) == nil { lost += 1 }
        }
        #expect(lost == ends[2] / 4_096)
    }

    @Test func aJournalOfAnotherStoreOrOfAnotherTimeIsRefused() {
        let (bytes, _, mark) = Self.image()
        #expect(Self.recovered(bytes, nil) == nil, "a store that never had one")
        #expect(Self.recovered(bytes, JournalMark(journal: 1, settled: 6, size: 65_536)) == nil)
        let older = JournalMark(journal: Self.number, settled: 3, size: 65_536)
        #expect(Self.recovered(bytes, older) == nil, "records 4 to 6 are missing")
        #expect(Self.recovered(Array(bytes.dropLast()), mark) == nil, "its end is missing")
        #expect(Self.recovered([UInt8](repeating: 0, count: 65_536), mark) == [])
        #expect(Self.recovered([], nil) == [])
    }

    /// A sender decides what lies in an envelope, and so what begins a block of the journal.
    @Test func whatSendersWriteCannotPassForARecord() {
        for (journal, isBelieved) in [(Self.number + 1, false), (Self.number, true)] {
            let forged = JournalRecord.encode([StoreWrite(.inbox, [1], [1])], ordinal: 99, journal: journal)
            let padding = [UInt8](repeating: 0, count: 4_096 - 40 - 7 - 1)
            var bytes = JournalRecord.encode(
                [StoreWrite(.envelopes, [1], padding + forged)], ordinal: 7, journal: Self.number)
            let isInPlace = Array(bytes[4_096..<4_096 + forged.count]) == forged
            #expect(isInPlace)
            // The record around it was torn at its beginning.
            bytes[50] ^= 1
            bytes += [UInt8](repeating: 0, count: 65_536 - bytes.count)
            let mark = JournalMark(journal: Self.number, settled: 6, size: 65_536)
            #expect(Self.recovered(bytes, mark) == (isBelieved ? nil : []))
        }
    }

    @Test(arguments: 0..<200 as Range<UInt64>) func noBytesHarmTheReader(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let (original, ends, mark) = Self.image()
        var bytes = original
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            let place = Int.random(in: 0..<ends[3], using: &generator)
            let count = min(Int.random(in: 1...64, using: &generator), bytes.count - place)
            bytes.replaceSubrange(place..<place + count, with: generator.bytes(count))
        }
        let areAllTrue = (Self.recovered(bytes, mark) ?? []).allSatisfy { Self.batches.contains($0) }
        #expect(areAllTrue)
    }
}
