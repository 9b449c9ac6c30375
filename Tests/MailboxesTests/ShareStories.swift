import Basics
import Cryptography
import Mailboxes
import Storage
import Testing
import Wire

/// Strangers bring as much as they can: it costs them their own.
@Suite struct ShareStories {
    private func source(_ block: UInt64, session: UInt64 = 1, isProven: Bool = true) -> Source {
        Source(session: block << 16 | session, account: Account(rawValue: block), isProven: isProven)
    }

    private func bounds() -> BuddyBounds {
        var bounds = BuddyBounds()
        bounds.recordsPerNode = 32
        bounds.recordsPerAccount = 8
        bounds.tombstonesPerNode = 32
        bounds.tombstonesPerAccount = 8
        bounds.bytesPerNode = 32 * 2_048
        bounds.bytesPerAccount = 8 * 2_048
        return bounds
    }

    /// Brings records of `count` people, the first of whom is `first`; returns how many were taken.
    @discardableResult
    private func flood(_ bench: inout Bench, _ block: UInt64, first: UInt64, count: UInt64, days: Int = 14) -> Int {
        var taken = 0
        for number in first..<first + count {
            let owner = Owner(number)
            let record = owner.recordBytes(1, validDays: days, sealed: 8)
            if bench.putRecord(record, at: owner.record.location, from: source(block)).isKeep { taken += 1 }
        }
        return taken
    }

    private func holds(_ bench: Bench, _ owner: Owner) -> Bool {
        bench.buddy.record(at: owner.record.location, store: bench.store) != nil
    }

    // MARK: Records

    /// One block brings any number of records: it never has more than its share, and nobody is turned away.
    @Test func oneBlockDoesNotCloseANodeForRecords() throws {
        var bench = try Bench(bounds: bounds())
        #expect(flood(&bench, 1, first: 1_000, count: 100) == 100)
        bench.commit()
        #expect(bench.buddy.usage.records == 8 && bench.buddy.displaced.records == 92)
        #expect(!bench.buddy.isFull)
        let bob = Owner(1)
        #expect(bench.putRecord(bob.recordBytes(1), at: bob.record.location, from: source(2)).isKeep)
        flood(&bench, 1, first: 2_000, count: 100)
        bench.commit()
        #expect(holds(bench, bob))
        bench.checkInvariants("flooded by one")
    }

    /// Four blocks fill the table. A newcomer gets its place, and keeps it while the flood goes on.
    @Test func inAFullTableTheBlockThatHoldsMostGivesWay() throws {
        var bench = try Bench(bounds: bounds())
        for block in UInt64(1)...5 { flood(&bench, block, first: block * 1_000, count: 20) }
        bench.commit()
        #expect(bench.buddy.usage.records == 32 && bench.buddy.isFull)
        let honest = (1...6).map { Owner($0) }
        for (number, owner) in honest.enumerated() {
            let from = source(100 + UInt64(number))
            #expect(bench.putRecord(owner.recordBytes(1), at: owner.record.location, from: from).isKeep)
        }
        for block in UInt64(1)...5 { flood(&bench, block, first: 50_000 + block * 1_000, count: 20) }
        bench.commit()
        #expect(honest.allSatisfy { holds(bench, $0) })
        #expect(bench.buddy.usage.records == 32)
        bench.checkInvariants("flooded by five")
    }

    @Test func whatWouldGoFirstGivesWayFirst() throws {
        var bench = try Bench(bounds: bounds())
        flood(&bench, 1, first: 1_000, count: 4, days: 10)
        flood(&bench, 1, first: 2_000, count: 1, days: 3)
        flood(&bench, 1, first: 3_000, count: 3, days: 10)
        bench.commit()
        #expect(holds(bench, Owner(2_000)))
        flood(&bench, 1, first: 4_000, count: 1, days: 10)
        bench.commit()
        #expect(!holds(bench, Owner(2_000)) && bench.buddy.usage.records == 8)
    }

    /// To bring others' records again takes nothing over: whoever did could have them displaced by its own.
    @Test func whoBringsARecordFirstIsChargedUntilThereIsANewerOne() throws {
        var bench = try Bench(bounds: bounds())
        let bob = Owner(1)
        let record = bob.recordBytes(1)
        #expect(bench.putRecord(record, at: bob.record.location, from: source(2)).isKeep)
        bench.commit()
        #expect(bench.putRecord(record, at: bob.record.location, from: source(1)) == .kept)
        flood(&bench, 1, first: 1_000, count: 100)
        bench.commit()
        #expect(holds(bench, bob))
        bench.checkInvariants("brought again")
    }

    @Test(arguments: StoreKind.allCases)
    func whoBroughtWhatIsKnownAfterACrash(_ kind: StoreKind) throws {
        var bench = try Bench(kind, bounds: bounds())
        flood(&bench, 1, first: 1_000, count: 8)
        let bob = Owner(1)
        #expect(bench.putRecord(bob.recordBytes(1), at: bob.record.location, from: source(2)).isKeep)
        bench.commit()
        bench.crash()
        flood(&bench, 1, first: 2_000, count: 8)
        bench.commit()
        #expect(holds(bench, bob) && bench.buddy.usage.records == 9)
        #expect(bench.buddy.displaced.records == 8)
        bench.checkInvariants("after a crash")
    }

    @Test func aFailedCommitChargesNobody() throws {
        var bench = try Bench(bounds: bounds())
        flood(&bench, 1, first: 1_000, count: 8)
        bench.commit(.failed)
        #expect(flood(&bench, 1, first: 2_000, count: 8) == 8)
        bench.commit()
        #expect(bench.buddy.usage.records == 8 && bench.buddy.displaced.records == 0)
        bench.checkInvariants("after a failure")
    }

    /// What an older version kept has no charge: it counts as of one unknown block, and gives way like any other.
    @Test func whatAnOlderVersionKeptIsChargedToNobodyKnown() throws {
        var bench = try Bench(bounds: bounds())
        for block in UInt64(1)...4 { flood(&bench, block, first: block * 1_000, count: 8) }
        #expect(bench.deposit(envelope(1), to: Owner(1).mailbox.location).isKeep)
        bench.commit()
        let old = bench.disk.entries(.expiries).map { StoreWrite(.expiries, $0.key, []) }
        let charges = bench.disk.entries(.charges).map { StoreWrite(.charges, $0.key, nil) }
        _ = bench.disk.commit(old + charges)
        bench.crash()
        #expect(bench.buddy.usage.records == 32 && bench.buddy.isFull)
        _ = bench.sweepAll()
        bench.commit()
        bench.checkInvariants("charged")
        #expect(flood(&bench, 9, first: 20_000, count: 20) == 20)
        bench.commit()
        #expect(bench.buddy.usage.records == 32 && bench.buddy.displaced.records == 20)
        #expect((20_000..<20_020).count { holds(bench, Owner($0)) } == 8, "its share")
        bench.checkInvariants("displaced")
    }

    /// The first message of a handshake may be a replay from an address that isn't its sender's.
    @Test func nothingIsKeptForWhoHasProvedNoAddress() throws {
        var bench = try Bench(bounds: bounds())
        let bob = Owner(1)
        let record = bob.recordBytes(1, sealed: 8)
        #expect(record.count <= Limits.chunkSize)
        let pretender = source(1, isProven: false)
        #expect(bench.putRecord(record, at: bob.record.location, from: pretender) == .partial(0))
        #expect(!bench.store.hasWrites)
        #expect(bench.putRecord(record, at: bob.record.location, from: source(1)).isKeep)
    }

    // MARK: Tombstones

    private func tombstones(_ owner: Owner, _ numbers: ClosedRange<UInt64>) -> [Tombstone] {
        numbers.map { owner.tombstone(envelope($0), expiry: today.advanced(by: 10)) }
    }

    @Test func aNodeThatIsNotResponsibleKeepsOnlyTombstonesOfWhatItHolds() throws {
        var bench = try Bench(bounds: bounds())
        let bob = Owner(1)
        let letter = envelope(1)
        #expect(bench.deposit(letter, to: bob.mailbox.location).isKeep)
        bench.commit()
        let strange = bench.discard(Owner(2), tombstones(Owner(2), 1...8), isResponsible: false)
        #expect(strange.refusal == .notResponsible)
        #expect(!bench.store.hasWrites)
        #expect(bench.discard(bob, tombstones(bob, 1...3), isResponsible: false).count == 1)
        bench.commit()
        #expect(bench.buddy.usage.tombstones == 1 && bench.buddy.usage.envelopes == 0)
        #expect(bench.discard(bob, tombstones(bob, 1...1), isResponsible: false) == .kept(count: 1), "again")
        bench.checkInvariants("held alone")
    }

    /// Whoever fills the table with invented mailboxes keeps no owner from discarding, whether the envelope is here or not.
    @Test func anOwnerDiscardsAtANodeThatIsFloodedWithTombstones() throws {
        var bench = try Bench(bounds: bounds())
        let bob = Owner(1)
        let letter = envelope(1)
        #expect(bench.deposit(letter, to: bob.mailbox.location, from: source(50)).isKeep)
        func flood(_ blocks: ClosedRange<UInt64>, _ first: UInt64) {
            for block in blocks {
                for number in 0..<UInt64(3) {
                    let invented = Owner(first + block * 10 + number)
                    #expect(bench.discard(invented, tombstones(invented, 1...8), from: source(block)).count == 8)
                }
            }
        }
        flood(1...5, 1_000)
        bench.commit()
        #expect(bench.buddy.usage.tombstones == 32 && bench.buddy.isFull)
        #expect(bench.discard(bob, tombstones(bob, 1...2), from: source(9)).count == 2)
        flood(1...5, 2_000)
        bench.commit()
        #expect(
            bench.deposit(letter, to: bob.mailbox.location, from: source(50)) == .collected(tombstones(bob, 1...1)[0]))
        #expect(bench.buddy.usage.tombstones == 32 && bench.buddy.usage.envelopes == 0)
        bench.checkInvariants("flooded with tombstones")
    }

    // MARK: Envelopes

    /// What was acknowledged is kept, so nothing gives way: but no block has more than its share.
    @Test func oneBlockDoesNotCloseANodeForMail() throws {
        var bench = try Bench(bounds: bounds())
        var taken = 0
        for number in UInt64(1)...20 {
            let outcome = bench.deposit(envelope(number), to: Owner(number).mailbox.location, from: source(1))
            if outcome.isKeep { taken += 1 } else { #expect(outcome.refusal == .nodeFull) }
        }
        #expect(taken == 8)
        bench.commit()
        bench.crash()
        #expect(bench.deposit(envelope(40), to: Owner(40).mailbox.location, from: source(1)).refusal == .nodeFull)
        #expect(bench.deposit(envelope(41), to: Owner(41).mailbox.location, from: source(2)).isKeep)
        // What is collected makes room again.
        #expect(bench.discard(Owner(1), tombstones(Owner(1), 1...1)).count == 1)
        #expect(bench.deposit(envelope(42), to: Owner(42).mailbox.location, from: source(1)).isKeep)
        bench.commit()
        bench.checkInvariants("shares of mail")
    }
}
