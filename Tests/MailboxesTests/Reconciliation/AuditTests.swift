import Basics
import Cryptography
import Mailboxes
import Testing
import Wire

/// Who doesn't keep what it acknowledged is found, and who does is never blamed.
@Suite struct AuditTests {
    private let owner = Owner(1)
    private let message = envelope(7)
    private var id: EnvelopeID { EnvelopeID(hashing: message.span.bytes) }
    private var mailbox: MailboxID { owner.mailbox.location }
    private let lastDay = today.advanced(by: 10)

    private func question(_ nonce: UInt128 = 9, now: Now = .noon(today)) -> Audit? {
        Audit(of: Bench.own, about: id, in: mailbox, lastDay: lastDay, nonce: nonce, now: now.utc)
    }

    private func response(_ bench: Bench, _ audit: Audit) -> Response {
        switch bench.buddy.audit(audit.envelope, in: audit.mailbox, nonce: audit.nonce, store: bench.store) {
        case .held(let proof), .pending(let proof, _): .proof(proof)
        case .collected(let key, let tombstone): .collectedBy(key, tombstone)
        case .absent: .refused(.notFound, retryAfterSeconds: 0)
        case .mayHaveGivenWay: .refused(.mailboxFull, retryAfterSeconds: 0)
        }
    }

    private func finding(_ response: Response, _ audit: Audit, now: Now = .noon(today)) -> Audit.Finding {
        audit.finding(in: response, bytes: message.span.bytes, suite: .cheap, now: now.utc)
    }

    private func discard(_ bench: inout Bench) {
        let source = Bench.source
        _ = bench.buddy.discard(
            mailbox, key: owner.mailbox.key, [owner.tombstone(message, expiry: lastDay)], from: source,
            isResponsible: true, now: bench.now, store: &bench.store)
    }

    @Test(arguments: StoreKind.allCases) func aKeeperProvesItOnceItIsDurable(kind: StoreKind) throws {
        var bench = try Bench(kind)
        let audit = try #require(question())
        #expect(response(bench, audit) == .refused(.notFound, retryAfterSeconds: 0))
        guard case .keep(let ticket) = bench.deposit(message, to: mailbox) else {
            Issue.record("not kept")
            return
        }
        let pending = bench.buddy.audit(id, in: mailbox, nonce: 9, store: bench.store)
        let proof = AuditProof.make(nonce: 9, by: Bench.own, of: message.span.bytes)
        #expect(pending == .pending(proof: proof, ticket))
        bench.commit()
        #expect(bench.buddy.audit(id, in: mailbox, nonce: 9, store: bench.store) == .held(proof: proof))
        #expect(finding(response(bench, audit), audit) == .held)
        discard(&bench)
        bench.commit()
        let tombstone = owner.tombstone(message, expiry: lastDay)
        #expect(finding(response(bench, audit), audit) == .collected(owner.mailbox.key, tombstone))
        let held = try #require(bench.buddy.tombstone(of: id, in: mailbox, store: bench.store))
        #expect(held.0 == owner.mailbox.key && held.1 == tombstone)
    }

    @Test func anotherProofOrExcuseIsNone() throws {
        let audit = try #require(question())
        let bytes = message.span.bytes
        // Of another nonce, of another node, of other bytes.
        #expect(finding(.proof(AuditProof.make(nonce: 8, by: Bench.own, of: bytes)), audit) == .missing)
        #expect(finding(.proof(AuditProof.make(nonce: 9, by: NodeID(.zero), of: bytes)), audit) == .missing)
        #expect(
            finding(.proof(AuditProof.make(nonce: 9, by: Bench.own, of: envelope(8).span.bytes)), audit) == .missing)
        // A tombstone of somebody else, of another envelope, of another day.
        let other = Owner(2)
        let key = owner.mailbox.key
        #expect(
            finding(.collectedBy(other.mailbox.key, other.tombstone(message, expiry: lastDay)), audit) == .missing)
        #expect(finding(.collectedBy(key, other.tombstone(message, expiry: lastDay)), audit) == .missing)
        #expect(finding(.collectedBy(key, owner.tombstone(envelope(8), expiry: lastDay)), audit) == .missing)
        #expect(finding(.collectedBy(key, owner.tombstone(message, expiry: today)), audit) == .missing)
        #expect(finding(.refused(.notFound, retryAfterSeconds: 0), audit) == .missing)
        for reason in RefusalReason.allCases where reason != .notFound {
            #expect(finding(.refused(reason, retryAfterSeconds: 0), audit) == .unclear)
        }
        #expect(finding(.kept, audit) == .unclear)
    }

    /// On the evening before the last day a clock that is ahead may say that it is over.
    @Test func nothingIsAskedOrConcludedAroundTheEnd() throws {
        #expect(question(now: .noon(lastDay.advanced(by: -1))) != nil)
        #expect(question(now: .noon(lastDay)) == nil)
        let asked = try #require(question(now: .noon(lastDay.advanced(by: -1))))
        let gone = Response.refused(.notFound, retryAfterSeconds: 0)
        #expect(finding(gone, asked, now: .noon(lastDay.advanced(by: -1))) == .missing)
        #expect(finding(gone, asked, now: .noon(lastDay)) == .unclear, "it came late")
    }

    private static let patience = Duration.seconds(3_600)

    /// Brings the node the envelope again; returns when to ask it.
    private func bringAgain(_ doubts: inout Doubts, now: Instant) -> Instant? {
        doubts.observeBrought(id, to: Bench.own, patience: AuditTests.patience, now: now)
    }

    @Test func onlyWhoAcknowledgesItAnewAndCannotShowItEitherIsUnfaithful() throws {
        let audit = try #require(question())
        var doubts = Doubts()
        let begin = Instant.origin
        #expect(doubts.observe(.missing, of: audit, now: begin) == .bringAgain)
        // As long as it hasn't acknowledged it anew, it stays with that.
        #expect(doubts.observe(.missing, of: audit, now: begin + .seconds(9 * 3_600)) == .bringAgain)
        let end = try #require(bringAgain(&doubts, now: begin))
        #expect(end == begin + AuditTests.patience)
        #expect(doubts.observe(.missing, of: audit, now: begin + .seconds(60)) == .askAgain(at: end))
        #expect(doubts.observe(.unclear, of: audit, now: end) == .none)
        #expect(doubts.contains(Bench.own, for: id))
        #expect(doubts.observe(.missing, of: audit, now: end) == .unfaithful)
        #expect(doubts.count == 0)
    }

    @Test func aDoubtEndsWithoutBlame() throws {
        let audit = try #require(question())
        var doubts = Doubts()
        let end = Instant.origin + AuditTests.patience
        // It shows it after all; the owner discarded it.
        for clearing in [Audit.Finding.held, .collected(owner.mailbox.key, owner.tombstone(message, expiry: lastDay))] {
            _ = doubts.observe(.missing, of: audit, now: .origin)
            _ = bringAgain(&doubts, now: .origin)
            #expect(doubts.observe(clearing, of: audit, now: end) == .none)
            #expect(doubts.count == 0)
        }
        // This node holds it no more; the other one didn't acknowledge it anew.
        _ = doubts.observe(.missing, of: audit, now: .origin)
        doubts.forget(id, in: mailbox)
        #expect(bringAgain(&doubts, now: .origin) == nil)
        _ = doubts.observe(.missing, of: audit, now: .origin)
        doubts.forget(Bench.own, for: id)
        #expect(doubts.observe(.missing, of: audit, now: end) == .bringAgain)
    }

    @Test func doubtsAreBounded() throws {
        var doubts = Doubts()
        for number in 0..<(2 * Limits.doubts) {
            let node = NodeID(Bytes32(words: (UInt64(number), 0, 0, 0)))
            let audit = try #require(
                Audit(of: node, about: id, in: mailbox, lastDay: lastDay, nonce: 1, now: Now.noon(today).utc))
            _ = doubts.observe(.missing, of: audit, now: .origin)
        }
        #expect(doubts.count == Limits.doubts)
    }

    /// A keeper that had no room for the tombstone can't show that the owner discarded the envelope. The asker learns of it from
    /// others, and so doesn't blame it.
    @Test func anHonestNodeWithoutRoomForTombstonesIsNotBlamed() throws {
        var bounds = BuddyBounds()
        bounds.tombstonesPerNode = 0
        var bench = try Bench(.memory, bounds: bounds)
        _ = bench.deposit(message, to: mailbox)
        discard(&bench)
        bench.commit()
        let audit = try #require(question())
        var doubts = Doubts()
        let begin = bench.now.monotonic
        let first = finding(response(bench, audit), audit)
        #expect(first == .missing)
        #expect(doubts.observe(first, of: audit, now: begin) == .bringAgain)
        // Meanwhile a comparison brings the tombstone to the asker.
        doubts.forget(id, in: mailbox)
        #expect(doubts.count == 0)
    }
}
