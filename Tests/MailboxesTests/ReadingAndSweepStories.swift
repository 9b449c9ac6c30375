import Basics
import Cryptography
import Mailboxes
import Testing
import Wire

/// Bob comes for his mail, and what nobody came for goes.
@Suite struct ReadingAndSweepStories {
    let bob = Owner(1)
    var mailbox: MailboxID { bob.mailbox.location }
    let binding = Digest512(first: Bytes32(words: (5, 6, 7, 8)), second: Bytes32(words: (9, 10, 11, 12)))

    @Test(arguments: [CipherSuite.cheap, .sodium])
    func onlyTheOwnerReads(_ suite: CipherSuite) throws {
        var bench = try Bench(suite: suite)
        let bob = Owner(1, suite: suite)
        let mallory = Owner(2, suite: suite)
        let mailbox = bob.mailbox.location
        let (bobs, other) = (
            Source(session: 1, account: Account(rawValue: 1)), Source(session: 2, account: Account(rawValue: 1))
        )
        let statement = SignedBytes.authorize(mailbox, channelBinding: binding, responder: Bench.own)
        let signature = bob.mailbox.sign(statement)
        let replayed = Digest512(first: binding.second, second: binding.first)
        #expect(!authorize(&bench, mallory.mailbox.key, signature, binding, other))
        #expect(!authorize(&bench, mallory.mailbox.key, mallory.mailbox.sign(statement), binding, other))
        #expect(!authorize(&bench, bob.mailbox.key, mallory.mailbox.sign(statement), binding, other))
        #expect(!authorize(&bench, bob.mailbox.key, signature, replayed, other), "in another session")
        #expect(!bench.buddy.isAuthorized(mailbox, source: other))
        #expect(authorize(&bench, bob.mailbox.key, signature, binding, bobs))
        #expect(bench.buddy.isAuthorized(mailbox, source: bobs))
        #expect(!bench.buddy.isAuthorized(mailbox, source: other))
        bench.buddy.forget(session: bobs.session)
        #expect(!bench.buddy.isAuthorized(mailbox, source: bobs))
    }

    @Test func aSessionReadsAFewMailboxes() throws {
        var bench = try Bench()
        let owners = (1...UInt64(Limits.authorizationsPerSession + 1)).map { Owner($0) }
        for owner in owners {
            let location = owner.mailbox.location
            let statement = SignedBytes.authorize(location, channelBinding: binding, responder: Bench.own)
            let signature = owner.mailbox.sign(statement)
            for _ in 0..<2 {
                let isGranted = bench.buddy.authorize(
                    location, key: owner.mailbox.key, signature, channelBinding: binding, source: Bench.source)
                #expect(isGranted)
            }
        }
        let open = owners.map { bench.buddy.isAuthorized($0.mailbox.location, source: Bench.source) }
        #expect(open == [false] + Array(repeating: true, count: Limits.authorizationsPerSession), "the oldest gave way")
    }

    @Test func aListComesInPages() throws {
        var bench = try Bench()
        let letters = (0..<UInt64(Limits.entriesPerPage * 2 + 1)).map { envelope($0) }
        for letter in letters { #expect(bench.deposit(letter, to: mailbox).isKeep) }
        #expect(bench.deposit(envelope(99), to: Owner(2).mailbox.location).isKeep)
        let expected = letters.map { EnvelopeID(hashing: $0.span.bytes) }.sorted()
        #expect(bench.list(mailbox) == expected)
        bench.commit()
        let page = bench.page(of: mailbox, after: nil)
        #expect(page.entries.map(\.envelope) == Array(expected.prefix(Limits.entriesPerPage)) && page.more)
        #expect(page.entries.allSatisfy { $0.size == 2_048 })
        let rest = bench.page(of: mailbox, after: expected[expected.count - 2])
        #expect(rest.entries.map(\.envelope) == [expected[expected.count - 1]] && !rest.more)
        #expect(bench.list(Owner(3).mailbox.location) == [])
    }

    @Test(arguments: Limits.sizeClasses.indices)
    func anEnvelopeIsFetchedInChunks(_ sizeClass: Int) throws {
        var bench = try Bench()
        let letter = envelope(1, sizeClass: sizeClass)
        let id = EnvelopeID(hashing: letter.span.bytes)
        #expect(bench.deposit(letter, to: mailbox).isKeep)
        bench.commit()
        var download = Download(expectedHash: id.bytes, size: letter.count)
        while case .request(let index, let number) = download.next() {
            let isFound = bench.buddy.envelopeChunk(id, in: mailbox, index: index, store: bench.store) {
                download.observe($0, $1, number: number)
            }
            #expect(isFound)
        }
        #expect(download.next() == .finished(letter))
        for index in [-1, Chunks.count(of: letter.count), 1_000] {
            let isFound = bench.buddy.envelopeChunk(id, in: mailbox, index: index, store: bench.store) { _, _ in }
            #expect(!isFound)
        }
        let unknown = EnvelopeID(.zero)
        let isFound = bench.buddy.envelopeChunk(unknown, in: mailbox, index: 0, store: bench.store) { _, _ in }
        #expect(!isFound)
    }

    // MARK: Sweeping

    @Test func anEnvelopeGoesADayAfterItsLastAndItsTombstoneLater() throws {
        var bench = try Bench()
        let (kept, done) = (envelope(1, expiry: today), envelope(2, expiry: today))
        let tombstone = bob.tombstone(done, expiry: today)
        #expect(bench.deposit(kept, to: mailbox).isKeep)
        #expect(bench.deposit(done, to: mailbox).isKeep)
        #expect(bench.discard(bob, [tombstone]).isKeep)
        for day in 0...5 {
            _ = bench.sweepAll()
            bench.commit()
            #expect(bench.holds(kept, in: mailbox) == (day < 2), "day \(day)")
            #expect(bench.buddy.usage.tombstones == (day < 4 ? 1 : 0), "day \(day)")
            #expect(bench.list(mailbox).isEmpty == (day > 0), "offered on its last day, and not after")
            bench.checkInvariants("day \(day)")
            bench.pass(days: 1)
        }
        #expect(bench.buddy.usage == NodeUsage())
    }

    @Test func aSweepGoesInSmallSteps() throws {
        var bench = try Bench()
        let count = Limits.removalsPerSweep * 2 + 10
        for number in 0..<UInt64(count) {
            #expect(bench.deposit(envelope(number, expiry: today), to: Owner(number % 3).mailbox.location).isKeep)
        }
        #expect(bench.deposit(envelope(9_999), to: mailbox).isKeep)
        bench.commit()
        bench.pass(days: 2)
        bench.buddy.sweep(now: bench.now, erasing: bench.now.utc, store: &bench.store)
        #expect(bench.buddy.usage.envelopes == count + 1 - Limits.removalsPerSweep)
        let due = bench.buddy.nextDeadline
        #expect(due - bench.now.monotonic == Limits.sweepStep)
        bench.buddy.sweep(now: bench.now, erasing: bench.now.utc, store: &bench.store)
        #expect(bench.buddy.usage.envelopes == count + 1 - Limits.removalsPerSweep, "not before it is due")
        #expect(bench.sweepAll() == 2)
        bench.commit()
        #expect(bench.buddy.usage.envelopes == 1 && bench.buddy.usage.mailboxes == 1)
        bench.checkInvariants("swept")
        let next = bench.buddy.nextDeadline
        #expect(next - bench.now.monotonic == Limits.sweepInterval)
    }

    private func authorize(
        _ bench: inout Bench, _ key: BlindedKey, _ signature: Signature, _ binding: Digest512, _ source: Source
    ) -> Bool {
        let mailbox = Owner(1, suite: bench.suite).mailbox.location
        return bench.buddy.authorize(mailbox, key: key, signature, channelBinding: binding, source: source)
    }
}
