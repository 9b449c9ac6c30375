import Basics
import Cryptography
import Mailboxes
import Storage
import Testing
import Wire

/// The owner of a mailbox has said whose mail they accept, and strangers flood it.
@Suite struct PolicyStories {
    private let owner = Owner(1)
    private let accepted = DeliverySecret(SecretKey(Bytes32(words: (1, 1, 1, 1)))).signer(
        in: today.start.epoch, suite: .cheap)
    private var mailbox: MailboxID { owner.mailbox.location }

    /// Room for 40 envelopes, of which strangers may have 10.
    private func bounds() -> BuddyBounds {
        var bounds = BuddyBounds()
        bounds.envelopesPerMailbox = 40
        bounds.strangersEnvelopesPerMailbox = 10
        return bounds
    }

    private func policy(_ sequence: UInt64 = 1, validDays: Int = 14, keys: [Bytes32]? = nil) -> [UInt8] {
        MailboxPolicy(deliveryKeys: keys ?? [accepted.publicKey]).encode(
            sequence: sequence, validUntil: today.advanced(by: validDays).start, signer: owner.mailbox)
    }

    /// An envelope by an accepted sender.
    private func signed(_ number: UInt64, sizeClass: Int = 0, for mailbox: MailboxID? = nil) -> [UInt8] {
        let header = EnvelopeHeader(expiry: today.advanced(by: 10), sizeClass: sizeClass, isSigned: true)
        let sealed = number.bigEndianBytes + [UInt8](repeating: 7, count: header.sealed.count - 8)
        return header.assemble(sealed: sealed) {
            accepted.sign(SignedBytes.delivery(mailbox ?? self.mailbox, $0))
        }
    }

    private func source(_ block: UInt64) -> Source {
        Source(session: block, account: Account(rawValue: 1_000 + block))
    }

    /// Strangers of some blocks bring small envelopes in turn; how many were kept, if only for a while.
    @discardableResult
    private func flood(_ bench: inout Bench, count: UInt64, blocks: UInt64 = 6, from first: UInt64 = 10_000) -> Int {
        var kept = 0
        for number in first..<first + count {
            let outcome = bench.deposit(envelope(number), to: mailbox, from: source(number % blocks))
            if outcome.isKeep { kept += 1 } else { #expect(outcome == full) }
            if number % 64 == 0 { bench.commit() }
        }
        bench.commit()
        return kept
    }

    private let full = KeepOutcome.refused(.mailboxFull, retryAfterSeconds: Limits.retryAfterMailboxFull)

    private func prepare(_ kind: StoreKind = .memory, hasPolicy: Bool = true) throws -> Bench {
        var bench = try Bench(kind, bounds: bounds())
        if hasPolicy { #expect(bench.putRecord(policy(), at: mailbox).isKeep) }
        bench.commit()
        return bench
    }

    @Test(arguments: StoreKind.allCases) func acceptedSendersGetThroughAFlood(kind: StoreKind) throws {
        var bench = try prepare(kind)
        let mail = (0..<40).map { signed($0) }
        for letter in mail[..<5] { #expect(bench.deposit(letter, to: mailbox).isKeep) }
        flood(&bench, count: kind == .memory ? 3_000 : 300)
        #expect(bench.list(mailbox).count == 15, "strangers have their share, and no more")
        for letter in mail[5..<30] {
            #expect(bench.deposit(letter, to: mailbox, from: source(3)).isKeep, "even from a block that floods")
        }
        bench.commit()
        #expect(bench.list(mailbox).count == 40)
        bench.checkInvariants("full")
        // The room that strangers have is lent.
        for letter in mail[30...] { #expect(bench.deposit(letter, to: mailbox).isKeep) }
        bench.commit()
        #expect(mail.allSatisfy { bench.holds($0, in: mailbox) } && bench.list(mailbox).count == 40)
        #expect(bench.deposit(signed(99), to: mailbox) == full, "what is accepted doesn't give way")
        #expect(flood(&bench, count: 100, from: 50_000) == 0)
        bench.checkInvariants("full of accepted mail")
        // Other mailboxes are as ever.
        let other = Owner(2).mailbox.location
        for number in UInt64(0)..<40 {
            #expect(bench.deposit(envelope(number), to: other, from: source(number)).isKeep)
        }
        bench.commit()
        bench.crash()
        #expect(mail.allSatisfy { bench.holds($0, in: mailbox) })
        bench.checkInvariants("after a crash")
    }

    /// The block that holds most gives way; a newcomer from another keeps what it brings.
    @Test func whoFloodsKeepsOutItselfAlone() throws {
        var bench = try prepare()
        #expect(flood(&bench, count: 100, blocks: 1) == 10)
        for number in UInt64(1)...4 {
            #expect(bench.deposit(envelope(number), to: mailbox, from: source(100 + number)).isKeep)
        }
        flood(&bench, count: 1_000, blocks: 1, from: 20_000)
        for number in UInt64(1)...4 { #expect(bench.holds(envelope(number), in: mailbox)) }
        // Where nobody holds more than one, who came first stays.
        for number in UInt64(5)...20 { _ = bench.deposit(envelope(number), to: mailbox, from: source(100 + number)) }
        bench.commit()
        let held = (UInt64(1)...20).filter { bench.holds(envelope($0), in: mailbox) }
        #expect(held == Array(1...9), "the flood keeps one of ten")
        bench.checkInvariants("strangers")
    }

    /// A large envelope needs the room of many small ones.
    @Test func bytesGiveWayAsWell() throws {
        var wide = BuddyBounds()
        wide.bytesPerMailbox = 40 * 2_048
        wide.strangersBytesPerMailbox = 10 * 2_048
        var bench = Bench(try TestStore(.memory), bounds: wide)
        _ = bench.putRecord(policy(), at: mailbox)
        flood(&bench, count: 200)
        #expect(bench.list(mailbox).count == 10)
        #expect(
            bench.deposit(envelope(1, sizeClass: 1), to: mailbox, from: source(50)) == full, "more than anybody has")
        #expect(bench.deposit(signed(1, sizeClass: 3), to: mailbox).isKeep)
        bench.commit()
        #expect(bench.list(mailbox).count == 1 + 6, "34 units, and what is left")
        bench.checkInvariants("bytes")
    }

    /// Nobody is known to be accepted: nothing gives way, and nobody has more than is free.
    @Test func withoutAPolicyNoBlockKeepsOutOthers() throws {
        var bench = try prepare(hasPolicy: false)
        #expect(flood(&bench, count: 100, blocks: 1) == 20, "one block has half")
        let half = bench.list(mailbox)
        for number in UInt64(1)...4 {
            #expect(bench.deposit(envelope(number), to: mailbox, from: source(100 + number)).isKeep)
        }
        // Five blocks more, each of which holds less than the first.
        #expect(flood(&bench, count: 1_000, from: 20_000) == 14)
        #expect(bench.deposit(envelope(5), to: mailbox, from: source(105)).isKeep, "there is room for newcomers")
        #expect(Set(half).isSubset(of: bench.list(mailbox)))
        #expect((UInt64(1)...5).allSatisfy { bench.holds(envelope($0), in: mailbox) })
        // A policy comes, and accepted mail.
        let before = bench.list(mailbox)
        #expect(bench.putRecord(policy(), at: mailbox).isKeep)
        for number in UInt64(1)...2 { #expect(bench.deposit(signed(number), to: mailbox).isKeep) }
        bench.commit()
        #expect(bench.list(mailbox).count == 40)
        #expect(Set(before).subtracting(bench.list(mailbox)).count == 1, "one gives way")
        bench.checkInvariants("a late policy")
    }

    /// Bytes count as envelopes do.
    @Test func withoutAPolicyNoBlockHasMoreBytesThanAreFree() throws {
        var few = bounds()
        few.bytesPerMailbox = 8 * 8_192
        var bench = Bench(try TestStore(.memory), bounds: few)
        let kept = (UInt64(0)..<8).filter {
            bench.deposit(envelope($0, sizeClass: 1), to: mailbox, from: source(1)).isKeep
        }
        #expect(kept == [0, 1, 2, 3])
        #expect(bench.deposit(envelope(9, sizeClass: 1), to: mailbox, from: source(2)).isKeep)
        #expect(bench.deposit(envelope(10), to: mailbox, from: source(1)) == full)
    }

    /// Few bytes don't displace the only envelope of somebody who holds more.
    @Test func nobodysOnlyEnvelopeGivesWayToAStrangers() throws {
        var few = bounds()
        few.strangersBytesPerMailbox = 2 * 8_192
        var bench = Bench(try TestStore(.memory), bounds: few)
        _ = bench.putRecord(policy(), at: mailbox)
        for number in UInt64(1)...2 {
            #expect(bench.deposit(envelope(number, sizeClass: 1), to: mailbox, from: source(number)).isKeep)
        }
        #expect(bench.deposit(envelope(3), to: mailbox, from: source(3)) == full)
        #expect((UInt64(1)...2).allSatisfy { bench.holds(envelope($0, sizeClass: 1), in: mailbox) })
    }

    /// Repair brings envelopes before policies: what came as a stranger's is looked at again before it would give way.
    @Test func mailThatCameBeforeThePolicyDoesNotGiveWay() throws {
        var bench = try prepare(hasPolicy: false)
        let mail = (0..<20).map { signed($0) }
        for letter in mail { #expect(bench.deposit(letter, to: mailbox).isKeep) }
        flood(&bench, count: 100)
        _ = bench.putRecord(policy(), at: mailbox)
        bench.commit()
        for number in UInt64(20)..<40 { #expect(bench.deposit(signed(number), to: mailbox).isKeep, "\(number)") }
        bench.commit()
        #expect(mail.allSatisfy { bench.holds($0, in: mailbox) } && bench.list(mailbox).count == 40)
        #expect(bench.deposit(signed(40), to: mailbox) == full)
        bench.checkInvariants("looked at again")
    }

    @Test func whatOnlyClaimsToBeAcceptedIsAStrangers() throws {
        var bench = try prepare()
        flood(&bench, count: 100)
        let other = Owner(2).mailbox.location
        var forged = signed(1)
        forged[20] ^= 1
        // It is let in and assembled, and then it is one more of its block.
        for letter in [forged, signed(2, for: other)] {
            let outcome = bench.deposit(letter, to: mailbox, from: source(1))
            #expect(outcome == full)
        }
        // The key isn't accepted any more.
        #expect(bench.putRecord(policy(2, keys: []), at: mailbox).isKeep)
        #expect(bench.deposit(signed(3), to: mailbox, from: source(1)) == full)
        bench.checkInvariants("forged")
    }

    /// Nobody but the owner says whose mail is accepted.
    @Test func aPolicyIsItsOwners() throws {
        var bench = try prepare(hasPolicy: false)
        let forged = MailboxPolicy(deliveryKeys: [accepted.publicKey]).encode(
            sequence: 9, validUntil: today.advanced(by: 14).start, signer: Owner(2).mailbox)
        #expect(bench.putRecord(forged, at: mailbox).refusal == .invalid)
        #expect(bench.putRecord(policy(2), at: mailbox).isKeep)
        #expect(bench.putRecord(policy(1), at: mailbox).refusal == .stale)
    }

    /// Two buddies that keep different strangers' mail don't exchange it for ever; accepted mail is repaired.
    @Test func repairDisplacesNobodyForStrangers() throws {
        var bench = try prepare()
        flood(&bench, count: 100)
        let before = bench.list(mailbox)
        #expect(bring(envelope(1), &bench) == full)
        #expect(bench.deposit(envelope(1), to: mailbox, from: source(50), isRepair: true) == full)
        #expect(bench.list(mailbox) == before)
        #expect(bring(signed(1), &bench).isKeep)
        bench.checkInvariants("repaired")
    }

    private func bring(_ bytes: [UInt8], _ bench: inout Bench) -> KeepOutcome {
        let key = ItemKey.envelope(EnvelopeID(hashing: bytes.span.bytes), in: mailbox)
        return bench.buddy.keep(key, bytes, for: Account(rawValue: 5), now: bench.now, store: &bench.store)
    }

    /// A buddy whose strangers' mail gave way doesn't look like one that lies about what it keeps.
    @Test func whatGaveWayIsNoLie() throws {
        var bench = try prepare()
        let letter = envelope(1)
        let id = EnvelopeID(hashing: letter.span.bytes)
        #expect(bench.buddy.audit(id, in: mailbox, nonce: 1, store: bench.store) == .absent)
        flood(&bench, count: 100)
        #expect(bench.buddy.audit(id, in: mailbox, nonce: 1, store: bench.store) == .mayHaveGivenWay)
    }

    /// What is collected or has expired leaves no trace.
    @Test func strangersMailIsDischarged() throws {
        var bench = try prepare()
        flood(&bench, count: 100)
        let held = bench.list(mailbox)
        let stones = held.prefix(8).map {
            Tombstone(envelope: $0, expiry: today.advanced(by: 10), signer: owner.mailbox)
        }
        guard case .keep = bench.discard(owner, stones) else {
            Issue.record("not discarded")
            return
        }
        bench.commit()
        bench.checkInvariants("collected")
        #expect(bench.deposit(envelope(1), to: mailbox, from: source(1)).isKeep, "there is room again")
        bench.commit()
        bench.pass(days: 40)
        _ = bench.sweepAll()
        bench.commit()
        #expect(bench.buddy.usage == NodeUsage() && bench.disk.entries(.charges).isEmpty)
    }
}
