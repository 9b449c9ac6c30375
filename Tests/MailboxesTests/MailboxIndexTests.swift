import Basics
import Foundation
import LMDBStore
import Mailboxes
import Storage
import Testing
import Wire

/// The index of what lies in mailboxes says what the envelopes say, whatever has become of it.
@Suite struct MailboxIndexTests {
    private let owners = (0..<3).map { Owner($0) }

    /// Envelopes as random as their order, in three mailboxes.
    private func filled(_ kind: StoreKind, step: Int = Limits.comparedPerSweep, seed: UInt64 = 1) throws -> Bench {
        var bounds = BuddyBounds()
        bounds.comparedPerSweep = step
        var bench = try Bench(kind, bounds: bounds)
        var generator = SeededGenerator(seed: seed)
        for number in 0..<40 as Range<UInt64> {
            let expiry = today.advanced(by: 1 + generator.below(3))
            let kept = bench.deposit(
                envelope(number, sizeClass: generator.below(2), expiry: expiry),
                to: owners[generator.below(3)].mailbox.location)
            #expect(kept.isKeep)
        }
        bench.commit()
        return bench
    }

    /// What a list should be: by looking at each envelope whole.
    private func reference(_ bench: Bench, _ mailbox: MailboxID) -> [MailboxEntry] {
        var found: [MailboxEntry] = []
        bench.store.scan(.envelopes, prefix: []) { key, value in
            if let header = try? EnvelopeHeader(decoding: value), header.size == value.byteCount,
                key.array.starts(with: mailbox.bytes.array), !(header.expiry < bench.now.utc.day),
                let id = Bytes32(key, at: 32)
            {
                found.append(MailboxEntry(envelope: EnvelopeID(id), size: value.byteCount))
            }
            return true
        }
        return found
    }

    private func checkLists(_ bench: Bench, _ comment: Comment) {
        for owner in owners {
            let mailbox = owner.mailbox.location
            #expect(
                bench.buddy.entries(in: mailbox, now: bench.now, store: bench.store) == reference(bench, mailbox),
                comment)
        }
    }

    @Test(arguments: StoreKind.allCases, [1, 2, 3] as [UInt64])
    func listsAreWhatASlowModelSays(_ kind: StoreKind, seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var bench = try filled(kind, step: 7, seed: seed)
        var (sound, doubtful) = (0, 0)
        for step in 0..<300 {
            let owner = owners[generator.below(3)]
            let number = generator.next() % 60
            let letter = envelope(number, sizeClass: Int(number % 2), expiry: today.advanced(by: 1 + Int(number % 5)))
            switch generator.below(100) {
            case ..<30: _ = bench.deposit(letter, to: owner.mailbox.location)
            case ..<45:
                _ = bench.discard(owner, [owner.tombstone(letter, expiry: today.advanced(by: 1 + Int(number % 5)))])
            case ..<55: bench.commit()
            case ..<56: bench.commit(.failed)
            case ..<57: bench.crash()
            case ..<58: bench.pass(days: 1)
            default:
                bench.now.monotonic = max(bench.now.monotonic, bench.buddy.nextDeadline)
                bench.buddy.sweep(now: bench.now, erasing: bench.now.utc, store: &bench.store)
            }
            if bench.buddy.hasSoundIndex { sound += 1 } else { doubtful += 1 }
            checkLists(bench, "seed \(seed), step \(step)")
        }
        #expect(sound > 50 && doubtful > 50, "seed \(seed): \(sound), \(doubtful)")
    }

    /// What is done to an index.
    enum Harm: CaseIterable {
        /// A version without an index wrote the store.
        case allMissing
        case oneMissing, wrongSize, wrongDay, malformed, left, leftAtEnd, leftOfAnotherMailbox
        /// Such a version kept and removed some, behind the index.
        case olderVersion
    }

    private func harm(_ bench: Bench, _ harm: Harm) -> [StoreWrite] {
        let entries = bench.disk.entries(.mailboxes)
        let (key, value) = entries[entries.count / 2]
        let last = [UInt8](repeating: 255, count: 64)
        return switch harm {
        case .allMissing: entries.map { StoreWrite(.mailboxes, $0.key, nil) }
        case .oneMissing: [StoreWrite(.mailboxes, key, nil)]
        case .wrongSize: [StoreWrite(.mailboxes, key, UInt32(Limits.sizeClasses[3]).bigEndianBytes + value[4...])]
        case .wrongDay: [StoreWrite(.mailboxes, key, value[..<4] + today.advanced(by: -9).number.bigEndianBytes)]
        case .malformed: [StoreWrite(.mailboxes, key, Array(value.dropLast()))]
        case .left: [StoreWrite(.mailboxes, key.dropLast() + [key[63] ^ 1], value)]
        case .leftAtEnd: [StoreWrite(.mailboxes, last, value)]
        case .leftOfAnotherMailbox: [StoreWrite(.mailboxes, [UInt8](repeating: 0, count: 64), value)]
        case .olderVersion:
            [
                StoreWrite(.envelopes, key, nil),
                StoreWrite(.envelopes, entries[0].key.dropLast() + [entries[0].key[63] ^ 1], envelope(99)),
            ]
        }
    }

    @Test(arguments: Harm.allCases, [1, 3, Limits.comparedPerSweep])
    func whateverHasBecomeOfItIsPutRight(_ harm: Harm, step: Int) throws {
        var bench = try filled(.memory, step: step)
        let writes = self.harm(bench, harm)
        #expect(bench.disk.commit(writes) == .committed)
        bench.crash()
        #expect(!bench.buddy.hasSoundIndex)
        checkLists(bench, "before")
        let steps = bench.sweepAll()
        #expect(bench.buddy.hasSoundIndex && steps <= 2 + 42 / step, "\(steps) steps")
        checkLists(bench, "after")
        bench.commit()
        bench.checkIndex("\(harm)")
    }

    @Test func whatIsDamagedWhileTheNodeRunsIsPutRightWithinADay() throws {
        var bench = try filled(.memory)
        _ = bench.sweepAll()
        #expect(bench.buddy.hasSoundIndex)
        #expect(bench.disk.commit(harm(bench, .oneMissing)) == .committed)
        bench.now.monotonic = bench.now.monotonic + Limits.indexCheckInterval
        _ = bench.sweepAll()
        bench.commit()
        bench.checkIndex("a day later")
    }

    /// Corrections that didn't reach the disk are made again.
    @Test(arguments: [CommitResult.failed, .full]) func aFailedCommitTakesNothingForGranted(_ result: CommitResult)
        throws
    {
        var bench = try filled(.memory, step: 3)
        #expect(bench.disk.commit(harm(bench, .allMissing)) == .committed)
        bench.crash()
        bench.buddy.sweep(now: bench.now, erasing: bench.now.utc, store: &bench.store)
        #expect(bench.store.hasWrites)
        bench.commit(result)
        checkLists(bench, "failed")
        // What frees space isn't in one batch with what takes some.
        bench.pass(seconds: 1)
        bench.buddy.sweep(now: bench.now, erasing: bench.now.utc, store: &bench.store)
        #expect(bench.store.hasWrites == (result == .failed))
        bench.now.monotonic = bench.now.monotonic + Limits.pauseAfterFull
        _ = bench.sweepAll()
        #expect(bench.buddy.hasSoundIndex)
        bench.commit()
        bench.checkIndex("once more")
    }

    /// The disk changes a byte of the index: the checksum tells, the list is whole, and the entry is written anew.
    @Test func aDiskThatDamagesTheIndexHidesNothing() throws {
        let directory = try TemporaryDirectory()
        let mailbox = owners[0].mailbox.location
        let letter = envelope(1)
        do {
            var bench = Bench(TestStore(try directory.store(), in: directory))
            #expect(bench.deposit(letter, to: mailbox).isKeep)
            bench.commit()
        }
        let url = URL(fileURLWithPath: directory.dataFile)
        var file = Array(try Data(contentsOf: url))
        let key = mailbox.bytes.array + EnvelopeID(hashing: letter.span.bytes).bytes.array
        let places = file.ranges(of: key + UInt32(letter.count).bigEndianBytes)
        try #require(!places.isEmpty)
        for place in places { file[place.upperBound - 1] ^= 0x10 }
        try Data(file).write(to: url)
        let store = try directory.store()
        #expect(store.health.damagedReads == 1)
        var bench = Bench(TestStore(store, in: directory))
        #expect(bench.list(mailbox).count == 1)
        _ = bench.sweepAll()
        #expect(bench.buddy.hasSoundIndex && bench.list(mailbox).count == 1)
        bench.commit()
        bench.checkInvariants("damaged")
    }

    /// A batch that has no room leaves neither the envelope nor its entry.
    @Test func aBatchThatDoesNotFitLeavesNeither() throws {
        let directory = try TemporaryDirectory(inMemory: true)
        var bench = Bench(TestStore(try directory.store(mapLimit: 2 << 20), in: directory))
        var outcomes: [Bool] = []
        for number in 0..<40 as Range<UInt64> {
            guard bench.deposit(envelope(number, sizeClass: 3), to: owners[0].mailbox.location).isKeep else { break }
            let (writes, through) = bench.store.takeWrites()
            let result = bench.disk.commit(writes)
            bench.store.complete(through: through, result)
            if result != .committed { bench.buddy.observeFailure(result, now: bench.now, store: bench.store) }
            outcomes.append(result == .committed)
            bench.checkInvariants("envelope \(number)")
        }
        #expect(outcomes.contains(true) && outcomes.last == false)
    }

    /// Whatever lies in the index ends nothing, and only entries that could be are shown.
    @Test func anythingInTheIndexDoesNoHarm() throws {
        var bench = try filled(.memory)
        _ = bench.sweepAll()
        var generator = SeededGenerator(seed: 4)
        let mailbox = owners[0].mailbox.location
        for _ in 0..<2_000 {
            var value = generator.bytes(generator.below(18))
            if generator.chance(50) {
                value = UInt32(Limits.sizeClasses[generator.below(4)]).bigEndianBytes + generator.bytes(4)
            }
            let key = mailbox.bytes.array + generator.bytes(generator.chance(90) ? 32 : 1 + generator.below(64))
            #expect(bench.disk.commit([StoreWrite(.mailboxes, key, value)]) == .committed)
        }
        #expect(bench.buddy.hasSoundIndex)
        let entries = bench.buddy.entries(in: mailbox, now: bench.now, store: bench.store)
        #expect(entries.count > 100 && entries.allSatisfy { Limits.sizeClasses.contains($0.size) })
        bench.crash()
        checkLists(bench, "compared")
        _ = bench.sweepAll()
        bench.commit()
        bench.checkIndex("put right")
    }
}
