import Basics
import Mailboxes
import Storage
import Testing

/// Anything at any time, with crashes and failing disks: what was acknowledged is there, and the counters are right.
@Suite struct CrashTests {
    @Test(arguments: StoreKind.allCases, [1, 2, 3, 4] as [UInt64])
    func whatWasAcknowledgedSurvives(_ kind: StoreKind, seed: UInt64) throws {
        var story = try Story(kind, seed: seed)
        for _ in 0..<600 { story.step() }
        #expect(story.kept > 10 && story.collected > 10, "seed \(seed) tried \(story.kept) and \(story.collected)")
    }
}

/// One random history of a buddy, and what its clients know of it.
private struct Story {
    /// One owner's envelope.
    struct Letter: Hashable {
        let owner: Int
        let number: UInt64
        var expiry: Day { today.advanced(by: 1 + Int(number % 5)) }
        var bytes: [UInt8] { envelope(number, expiry: expiry) }
        var id: EnvelopeID { EnvelopeID(hashing: bytes.span.bytes) }
    }

    let seed: UInt64
    let owners = (0..<3).map { Owner($0) }
    var generator: SeededGenerator
    var bench: Bench
    var batch: (writes: [StoreWrite], through: Ticket)?
    /// Answers that wait for a ticket.
    var waiting: [(ticket: Ticket, letter: Letter, isTombstone: Bool)] = []
    /// What was acknowledged as kept, and nobody has tried to discard since.
    var promised: Set<Letter> = []
    var (kept, collected, steps) = (0, 0, 0)

    init(_ kind: StoreKind, seed: UInt64) throws {
        self.seed = seed
        generator = SeededGenerator(seed: seed)
        var bounds = BuddyBounds()
        bounds.envelopesPerMailbox = 6
        bounds.tombstonesPerMailbox = 20
        bench = try Bench(kind, bounds: bounds)
    }

    var comment: Comment { "seed \(seed), step \(steps)" }

    mutating func step() {
        steps += 1
        let letter = Letter(owner: generator.below(3), number: generator.next() % 40)
        switch generator.below(100) {
        case ..<45: deposit(letter)
        case ..<65: discard(letter)
        case ..<85: turnDisk()
        case ..<92: crash()
        case ..<96: bench.buddy.sweep(now: bench.now, erasing: bench.now.utc, store: &bench.store)
        default: bench.pass(seconds: 3_600)
        }
        let lists = owners.map { bench.list($0.mailbox.location) }
        for letter in promised where !(letter.expiry < bench.now.utc.day) {
            #expect(lists[letter.owner].contains(letter.id), comment)
        }
    }

    private mutating func deposit(_ letter: Letter) {
        let mailbox = owners[letter.owner].mailbox.location
        switch bench.deposit(letter.bytes, to: mailbox) {
        case .keep(let ticket): waiting.append((ticket, letter, false))
        case .kept:
            let key = mailbox.bytes.array + letter.id.bytes.array
            #expect(bench.disk.reader.value(.envelopes, key) == letter.bytes, comment)
        case .collected(let tombstone): #expect(tombstone.expiry == letter.expiry, comment)
        case .refused(let reason, _): #expect([.expiry, .mailboxFull, .nodeFull].contains(reason), comment)
        case .partial: Issue.record(comment)
        }
    }

    private mutating func discard(_ letter: Letter) {
        let owner = owners[letter.owner]
        let outcome = bench.discard(owner, [owner.tombstone(letter.bytes, expiry: letter.expiry)])
        guard outcome.count == 1 else { return }
        promised.remove(letter)
        if case .keep(_, let ticket) = outcome { waiting.append((ticket, letter, true)) }
    }

    /// A batch begins, or the one under way ends, now and then badly.
    private mutating func turnDisk() {
        guard let (writes, through) = batch else {
            if bench.store.hasWrites { batch = bench.store.takeWrites() }
            checkBatch()
            return
        }
        batch = nil
        let result = generator.chance(15) ? CommitResult.full : bench.disk.commit(writes)
        let completed = bench.store.complete(through: through, result)
        if result != .committed { bench.buddy.observeFailure(result, now: bench.now, store: bench.store) }
        let known = waiting.filter { $0.ticket <= completed }
        waiting.removeAll { $0.ticket <= completed }
        guard result == .committed else { return bench.checkInvariants(comment) }
        for (_, letter, isTombstone) in known {
            if isTombstone {
                collected += 1
                promised.remove(letter)
            } else {
                kept += 1
                let isDoomed = waiting.contains { $0.letter == letter && $0.isTombstone }
                if !isDoomed { promised.insert(letter) }
            }
        }
        bench.checkInvariants(comment)
    }

    /// Whatever a crash leaves of a batch, all or nothing, the index goes with the envelopes.
    private func checkBatch() {
        func changes(_ table: Table) -> [[UInt8]: Bool] {
            (batch?.writes ?? []).reduce(into: [:]) { changes, write in
                if write.table == table { changes[write.key] = write.value != nil }
            }
        }
        #expect(changes(.envelopes) == changes(.mailboxes), comment)
    }

    private mutating func crash() {
        batch = nil
        waiting = []
        bench.crash()
        bench.checkInvariants(comment)
    }
}
