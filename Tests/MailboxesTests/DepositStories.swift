import Basics
import Mailboxes
import Testing
import Wire

/// Alice brings mail for Bob to a buddy.
@Suite struct DepositStories {
    let bob = Owner(1)
    var mailbox: MailboxID { bob.mailbox.location }

    @Test(arguments: Limits.sizeClasses.indices)
    func anEnvelopeIsKeptOnceItIsDurable(_ sizeClass: Int) throws {
        var bench = try Bench()
        let letter = envelope(1, sizeClass: sizeClass)
        let first = bench.deposit(letter, to: mailbox)
        #expect(first.isKeep)
        #expect(
            bench.deposit(letter, to: mailbox) == first, "asked again before the commit, the same ticket is waited for")
        bench.commit()
        #expect(bench.deposit(letter, to: mailbox) == .kept)
        #expect(bench.deposit(letter, to: mailbox, from: Source(session: 9, account: Account(rawValue: 9))) == .kept)
        #expect(!bench.store.hasWrites, "repetition writes nothing")
        #expect(bench.list(mailbox).count == 1)
        bench.checkInvariants("kept")
    }

    @Test func eachChunkTellsWhichHaveArrived() throws {
        var bench = try Bench()
        let letter = envelope(2)
        #expect(add(2, of: letter, &bench) == .partial(0b100))
        #expect(add(0, of: letter, &bench) == .partial(0b101))
        #expect(add(0, of: letter, &bench) == .partial(0b101))
        #expect(add(1, of: letter, &bench).isKeep)
    }

    @Test func whatExpiresIsRefusedBeforeTheRestIsSent() throws {
        var bench = try Bench()
        let yesterday = today.advanced(by: -1)
        for (day, isRefused) in [
            (yesterday, true), (today, false), (today.advanced(by: 16), false), (today.advanced(by: 17), true),
        ] {
            let letter = envelope(3, expiry: day)
            let answer = add(0, of: letter, &bench)
            #expect(answer == (isRefused ? .refused(.expiry, retryAfterSeconds: 0) : .partial(1)))
            #expect(bench.deposit(letter, to: mailbox).isKeep == !isRefused)
        }
        // Even when the first chunk, which tells the day, comes last.
        let late = envelope(4, expiry: yesterday)
        _ = add(2, of: late, &bench)
        _ = add(1, of: late, &bench)
        #expect(add(0, of: late, &bench).refusal == .expiry)
    }

    @Test func itExpiresWhileItWaits() throws {
        var bench = try Bench()
        let letter = envelope(5, expiry: today)
        #expect(bench.deposit(letter, to: mailbox).isKeep)
        bench.commit()
        bench.pass(days: 1)
        #expect(bench.deposit(letter, to: mailbox).refusal == .expiry)
        #expect(bench.list(mailbox) == [])
    }

    @Test func onlyTheResponsibleKeepWhatIsNew() throws {
        var bench = try Bench()
        let letter = envelope(6)
        #expect(bench.deposit(letter, to: mailbox, isResponsible: false).refusal == .notResponsible)
        #expect(bench.deposit(letter, to: mailbox).isKeep)
        bench.commit()
        #expect(bench.deposit(letter, to: mailbox, isResponsible: false) == .kept, "what is here is here")
    }

    @Test func aWrongHashDropsTheSet() throws {
        var bench = try Bench()
        let letter = envelope(7)
        var forged = letter
        forged[1_000] ^= 1
        let object = EnvelopeID(hashing: letter.span.bytes).bytes
        for (index, expected) in [
            (0, KeepOutcome.partial(1)), (1, .partial(3)), (2, .refused(.invalid, retryAfterSeconds: 0)),
        ] {
            let answer = bench.buddy.deposit(
                chunk(index, of: forged, at: mailbox, object: object), forged.span.bytes, from: Bench.source,
                isResponsible: true, now: bench.now, store: &bench.store)
            #expect(answer == expected)
        }
        #expect(add(0, of: letter, &bench) == .partial(1), "begun anew")
        #expect(bench.deposit(letter, to: mailbox).isKeep)
    }

    @Test func malformedEnvelopesAreRefused() throws {
        var bench = try Bench()
        let letter = envelope(8)
        for (offset, value) in [(0, 9), (5, 1), (5, 200), (6, 7)] as [(Int, UInt8)] {
            var bad = letter
            bad[offset] = value
            #expect(bench.deposit(bad, to: mailbox).refusal == .invalid, "byte \(offset)")
        }
        #expect(bench.deposit(Array(letter.dropLast()), to: mailbox).refusal == .invalid, "no size class")
    }

    private func other(_ block: UInt64) -> Source { Source(session: block, account: Account(rawValue: 1_000 + block)) }

    @Test func aFullMailboxAndAFullNodeSaySo() throws {
        var bounds = BuddyBounds()
        bounds.envelopesPerMailbox = 2
        bounds.bytesPerNode = 5 * 2_048
        var bench = try Bench(bounds: bounds)
        let another = Owner(2).mailbox.location
        #expect(bench.deposit(envelope(1), to: mailbox).isKeep)
        #expect(bench.deposit(envelope(2), to: mailbox, from: other(2)).isKeep)
        let full = KeepOutcome.refused(.mailboxFull, retryAfterSeconds: Limits.retryAfterMailboxFull)
        #expect(bench.deposit(envelope(3), to: mailbox) == full)
        #expect(bench.deposit(envelope(1), to: another).isKeep)
        #expect(bench.deposit(envelope(2, sizeClass: 1), to: another).refusal == .nodeFull)
        bench.commit()
        #expect(bench.deposit(envelope(3), to: mailbox) == full)
        // The owner makes room.
        #expect(bench.discard(bob, [bob.tombstone(envelope(1), expiry: today.advanced(by: 10))]).isKeep)
        #expect(bench.deposit(envelope(3), to: mailbox).isKeep)
        bench.commit()
        bench.checkInvariants("full")
    }

    @Test func bytesOfAMailboxAreBoundedToo() throws {
        var bounds = BuddyBounds()
        bounds.bytesPerMailbox = 3 * 2_048
        var bench = try Bench(bounds: bounds)
        #expect(bench.deposit(envelope(1, sizeClass: 1), to: mailbox).refusal == .mailboxFull)
        for number in UInt64(1)...3 {
            #expect(bench.deposit(envelope(number), to: mailbox, from: other(number)).isKeep)
        }
        #expect(bench.deposit(envelope(4), to: mailbox).refusal == .mailboxFull)
    }

    @Test func twoThatFillTheLastPlaceAtOnceDontOverfillIt() throws {
        var bounds = BuddyBounds()
        bounds.envelopesPerMailbox = 1
        var bench = try Bench(bounds: bounds)
        let letters = [envelope(1), envelope(2)]
        for index in 0..<2 {
            for letter in letters { _ = add(index, of: letter, &bench) }
        }
        #expect(add(2, of: letters[0], &bench).isKeep)
        #expect(add(2, of: letters[1], &bench).refusal == .mailboxFull)
    }

    @Test func aFullDiskRefusesNewMailForAWhile() throws {
        var bench = try Bench()
        #expect(bench.deposit(envelope(1), to: mailbox).isKeep)
        bench.commit()
        #expect(bench.deposit(envelope(2), to: mailbox).isKeep)
        bench.commit(.full)
        #expect(!bench.holds(envelope(2), in: mailbox))
        #expect(bench.buddy.usage.envelopes == 1)
        #expect(bench.deposit(envelope(2), to: mailbox).refusal == .nodeFull)
        #expect(bench.deposit(envelope(1), to: mailbox) == .kept)
        #expect(bench.discard(bob, [bob.tombstone(envelope(1), expiry: today.advanced(by: 10))]).isKeep)
        bench.pass(seconds: 31)
        #expect(bench.deposit(envelope(2), to: mailbox).isKeep)
        bench.commit()
        bench.checkInvariants("after a full disk")
    }

    @Test func aStalledDiskDoesNotFillTheMemory() throws {
        var bounds = BuddyBounds()
        bounds.pendingBytes = 1 << 20
        var bench = try Bench(bounds: bounds)
        var outcome = KeepOutcome.kept
        var count: UInt64 = 0
        repeat {
            outcome = bench.deposit(envelope(count, sizeClass: 3), to: mailbox)
            count += 1
        } while outcome.isKeep && count < 100
        #expect(outcome == .refused(.busy, retryAfterSeconds: Limits.retryAfterBusy))
        #expect(bench.store.pendingBytes < bounds.pendingBytes + 100_000)
        let tombstone = bob.tombstone(envelope(0, sizeClass: 3), expiry: today.advanced(by: 10))
        #expect(bench.discard(bob, [tombstone]).isKeep, "what frees space is taken")
        let early = bob.tombstone(envelope(500, sizeClass: 3), expiry: today.advanced(by: 10))
        #expect(bench.discard(bob, [early]).refusal == .busy, "and what frees none isn't")
        bench.commit()
        #expect(bench.deposit(envelope(count, sizeClass: 3), to: mailbox).isKeep)
    }

    /// While the disk stalls, some bring all that is taken of them. Whoever brings little finds room all the same.
    @Test(arguments: [1, 2, 16])
    func aStalledDiskLeavesRoomForWhoBringsLittle(_ hogs: Int) throws {
        var bounds = BuddyBounds()
        bounds.pendingBytes = 1 << 20
        var bench = try Bench(bounds: bounds)
        func source(_ account: Int) -> Source {
            Source(session: UInt64(account), account: Account(rawValue: UInt64(account)))
        }
        var count: UInt64 = 0
        var kept = [Int](repeating: 0, count: hogs)
        func bringAll() {
            var refused: Set<Int> = []
            while refused.count < hogs, count < 10_000 {
                let hog = Int(count) % hogs
                count += 1
                let mailbox = Owner(UInt64(hog + 10)).mailbox.location
                switch bench.deposit(envelope(count), to: mailbox, from: source(hog + 1)) {
                case .keep: kept[hog] += 1
                default: refused.insert(hog)
                }
            }
        }
        bringAll()
        let share = (1 << 20) / (hogs + 1)
        #expect(kept.allSatisfy { (share / 8_000...share / 2_000).contains($0) }, "\(kept) of \(share) bytes each")
        for newcomer in 0..<4 {
            let letter = envelope(20_000 + UInt64(newcomer))
            #expect(bench.deposit(letter, to: mailbox, from: source(100 + newcomer)).isKeep)
        }
        #expect(bench.store.pendingBytes < bounds.pendingBytes)
        bench.commit()
        let before = kept
        bringAll()
        #expect(zip(kept, before).allSatisfy { $0 > $1 }, "what is durable counts no more")
        bench.checkInvariants("after a stall")
    }

    @Test func deliveriesAreAssembledAndChecked() throws {
        var bench = try Bench()
        let letter = envelope(1, sizeClass: 1)
        var outcome = DeliveryAssembly.partial(0)
        for index in 0..<Chunks.count(of: letter.count) { outcome = deliver(index, of: letter, &bench) }
        #expect(outcome == .whole(letter))
        #expect(deliver(0, of: envelope(2, expiry: today.advanced(by: -1)), &bench) == .refused(.expiry))
        #expect(deliver(0, of: Array(letter.dropLast()), &bench) == .refused(.invalid))
        #expect(!bench.store.hasWrites)
    }

    // MARK: Tools

    private func add(_ index: Int, of letter: [UInt8], _ bench: inout Bench) -> KeepOutcome {
        bench.buddy.deposit(
            chunk(index, of: letter, at: mailbox), letter.span.bytes, from: Bench.source, isResponsible: true,
            now: bench.now, store: &bench.store)
    }

    private func deliver(_ index: Int, of letter: [UInt8], _ bench: inout Bench) -> DeliveryAssembly {
        bench.buddy.assembleDelivery(
            chunk(index, of: letter, at: mailbox), letter.span.bytes, from: Bench.source, now: bench.now)
    }
}
