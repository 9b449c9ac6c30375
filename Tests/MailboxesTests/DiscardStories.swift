import Basics
import Cryptography
import Mailboxes
import Testing
import Wire

/// Bob has collected his mail and says so.
@Suite struct DiscardStories {
    let bob = Owner(1)
    let mallory = Owner(2)
    var mailbox: MailboxID { bob.mailbox.location }
    let expiry = today.advanced(by: 10)

    @Test func whatIsDiscardedIsCollectedForGood() throws {
        var bench = try Bench()
        let letter = envelope(1)
        #expect(bench.deposit(letter, to: mailbox).isKeep)
        bench.commit()
        let tombstone = bob.tombstone(letter, expiry: expiry)
        let outcome = bench.discard(bob, [tombstone])
        #expect(outcome.isKeep && outcome.count == 1)
        #expect(
            bench.discard(bob, [tombstone]) == outcome, "asked again before the commit, the same ticket is waited for")
        bench.commit()
        #expect(bench.discard(bob, [tombstone]) == .kept(count: 1))
        #expect(!bench.store.hasWrites)
        #expect(bench.list(mailbox) == [])
        #expect(bench.deposit(letter, to: mailbox) == .collected(tombstone))
        #expect(bench.buddy.usage.envelopes == 0 && bench.buddy.usage.tombstones == 1)
        bench.checkInvariants("discarded")
    }

    @Test func aTombstoneHoldsForAnEnvelopeNeverSeen() throws {
        var bench = try Bench()
        let letter = envelope(1)
        let tombstone = bob.tombstone(letter, expiry: expiry)
        #expect(bench.discard(bob, [tombstone]).isKeep)
        bench.commit()
        #expect(bench.deposit(letter, to: mailbox) == .collected(tombstone))
        #expect(bench.deposit(letter, to: mallory.mailbox.location).isKeep, "in his mailbox alone")
    }

    @Test func aTombstoneThatComesBetweenTheChunksWins() throws {
        var bench = try Bench()
        let letter = envelope(1)
        for index in 0..<2 {
            _ = bench.buddy.deposit(
                chunk(index, of: letter, at: mailbox), letter.span.bytes, from: Bench.source, isResponsible: true,
                now: bench.now, store: &bench.store)
        }
        let tombstone = bob.tombstone(letter, expiry: expiry)
        #expect(bench.discard(bob, [tombstone]).isKeep)
        let last = bench.buddy.deposit(
            chunk(2, of: letter, at: mailbox), letter.span.bytes, from: Bench.source, isResponsible: true,
            now: bench.now, store: &bench.store)
        #expect(last == .collected(tombstone))
    }

    @Test(arguments: [CipherSuite.cheap, .sodium])
    func onlyTheOwnerDiscards(_ suite: CipherSuite) throws {
        var bench = try Bench(suite: suite)
        let bob = Owner(1, suite: suite)
        let mallory = Owner(2, suite: suite)
        let mailbox = bob.mailbox.location
        let letter = envelope(1)
        #expect(bench.deposit(letter, to: mailbox).isKeep)
        bench.commit()
        let forged = mallory.tombstone(letter, expiry: expiry)
        let genuine = bob.tombstone(letter, expiry: expiry)
        let moved = Tombstone(envelope: genuine.envelope, expiry: expiry.advanced(by: 1), signature: genuine.signature)
        let invalid = DiscardOutcome.refused(.invalid, retryAfterSeconds: 0)
        for tombstone in [forged, moved] { #expect(bench.discard(bob, [tombstone]) == invalid) }
        let stolen = bench.buddy.discard(
            mailbox, key: mallory.mailbox.key, [forged], from: Bench.source, isResponsible: true, now: bench.now,
            store: &bench.store)
        #expect(stolen == invalid, "the key is not that of the location")
        #expect(bench.holds(letter, in: mailbox))
        #expect(!bench.store.hasWrites)
        #expect(bench.discard(bob, [genuine]).count == 1)
    }

    @Test func theFirstForgeryEndsIt() throws {
        var bench = try Bench()
        let letters = (1...3).map { envelope($0) }
        let tombstones = [
            bob.tombstone(letters[0], expiry: expiry), mallory.tombstone(letters[1], expiry: expiry),
            bob.tombstone(letters[2], expiry: expiry),
        ]
        #expect(bench.discard(bob, tombstones).count == 1)
        #expect(bench.deposit(letters[2], to: mailbox).isKeep)
    }

    @Test func theDayMustBeSound() throws {
        var bench = try Bench()
        let letter = envelope(1)
        #expect(bench.deposit(letter, to: mailbox).isKeep)
        let early = bob.tombstone(letter, expiry: today)
        #expect(
            bench.discard(bob, [early]) == .refused(.expiry, retryAfterSeconds: 0), "it would lapse before its envelope"
        )
        let far = bob.tombstone(envelope(2), expiry: today.advanced(by: 17))
        #expect(bench.discard(bob, [far]) == .refused(.expiry, retryAfterSeconds: 0))
        let past = bob.tombstone(envelope(3), expiry: today.advanced(by: -4))
        #expect(bench.discard(bob, [past]) == .kept(count: 1), "nothing is left to do")
    }

    @Test func tombstonesAreBounded() throws {
        var bounds = BuddyBounds()
        bounds.tombstonesPerMailbox = 3
        bounds.tombstonesPerNode = 5
        var bench = try Bench(bounds: bounds)
        let held = envelope(9)
        #expect(bench.deposit(held, to: mailbox).isKeep)
        #expect(bench.discard(bob, (1...4).map { bob.tombstone(envelope($0), expiry: expiry) }).count == 3)
        #expect(bench.discard(bob, [bob.tombstone(envelope(4), expiry: expiry)]).refusal == .mailboxFull)
        // Both come from one block: the oldest of its tombstones give way to the newest.
        #expect(bench.discard(mallory, (1...3).map { mallory.tombstone(envelope($0), expiry: expiry) }).count == 3)
        #expect(bench.buddy.usage.tombstones == 5 && bench.buddy.displaced.tombstones == 1)
        // What is held goes all the same.
        #expect(bench.discard(bob, [bob.tombstone(held, expiry: expiry)]).count == 1)
        #expect(!bench.holds(held, in: mailbox))
        bench.commit()
        #expect(bench.buddy.usage.tombstones <= 5 && bench.buddy.usage.envelopes == 0)
        bench.checkInvariants("bounded")
    }
}

extension DiscardOutcome {
    var isKeep: Bool { if case .keep = self { true } else { false } }

    var count: Int {
        switch self {
        case .keep(let count, _), .kept(let count): count
        case .refused: 0
        }
    }

    var refusal: RefusalReason? { if case .refused(let reason, _) = self { reason } else { nil } }
}
