import Basics
import Cryptography
import Mailboxes
import NodeCore
import Testing
import Wire

/// Whom a node asks for what, and when, and whom it leaves out.
@Suite struct AuditsTests {
    private static let now = UnixTime(seconds: 1_790_000_000)
    private static let patience = Duration.seconds(2_400)

    private func node(_ number: UInt64) -> Contact {
        Contact(key: PublicKey(Bytes32(words: (number, 0, 0, 1))), endpoint: Endpoint(ipv4: 0x2d00_0001, port: 1))
    }

    private func item(_ number: UInt64) -> ItemKey {
        .envelope(EnvelopeID(Bytes32(words: (number, 0, 0, 0))), in: Location(Bytes32(words: (1, 2, 3, 4))))
    }

    private func at(_ seconds: Int64) -> Instant { .origin + .seconds(seconds) }

    private func audit(_ question: (node: Contact, item: ItemKey)) throws -> Audit {
        try #require(
            Audit(
                of: question.node.id, about: question.item.envelope, in: question.item.location,
                lastDay: AuditsTests.now.day.advanced(by: 9), nonce: 1, now: AuditsTests.now))
    }

    /// Puts the question that is due, and tells this outcome.
    private func expect(
        _ directive: Audits.Directive, ofPutting finding: Audit.Finding, _ instant: Instant, in audits: inout Audits
    ) throws {
        let next = audits.next(now: instant)
        let question = try #require(next)
        let audit = try audit(question)
        let second = audits.next(now: instant)
        #expect(audits.due == nil && second == nil, "one after the other")
        audits.observe(Response.kept, to: audit)
        #expect(audits.due == .origin)
        let answer = audits.nextAnswer()
        #expect(answer?.node == question.node && answer?.response == .kept)
        let found = audits.observe(finding, of: audit, patience: AuditsTests.patience, now: instant)
        #expect(found == directive)
    }

    @Test func whoTwiceDoesNotKeepWhatItAcknowledgedIsLeftOutForADay() throws {
        var audits = Audits(seed: 1)
        audits.observeClaims(of: [item(1)], by: node(1), now: at(0))
        #expect(audits.due == at(0))
        try expect(.bringAgain(item(1), to: node(1)), ofPutting: .missing, at(0), in: &audits)
        #expect(audits.due == nil && audits.leftOut.isEmpty)
        audits.observeBroughtAgain((item(1), node(1)), isKept: true, patience: AuditsTests.patience, now: at(10))
        let early = audits.next(now: at(2_409))
        #expect(audits.due == at(2_410) && early == nil)
        try expect(.leftOut, ofPutting: .missing, at(2_410), in: &audits)
        #expect(audits.leftOut == [node(1).id] && audits.isLeftOut(node(1).id) && !audits.isLeftOut(node(2).id))
        // It is asked no more meanwhile, and counts again a day later.
        audits.observeClaims(of: [item(2)], by: node(1), now: at(2_500))
        #expect(audits.due == at(2_410) + Limits.leftOutFor)
        let late = audits.next(now: at(2_410) + Limits.leftOutFor)
        #expect(late == nil)
        #expect(audits.leftOut.isEmpty && audits.due == nil)
    }

    @Test func whoRefusesItAnewOrIsSilentIsNotBlamed() throws {
        var audits = Audits(seed: 1)
        audits.observeClaims(of: [item(1)], by: node(1), now: at(0))
        try expect(.bringAgain(item(1), to: node(1)), ofPutting: .missing, at(0), in: &audits)
        audits.observeBroughtAgain((item(1), node(1)), isKept: false, patience: AuditsTests.patience, now: at(1))
        #expect(audits.due == nil)
        // No answer at first: nothing follows. None to the second question: it is put three times.
        audits.observeClaims(of: [item(1)], by: node(1), now: at(10))
        try expect(.nothing, ofPutting: .unclear, at(10), in: &audits)
        #expect(audits.due == nil)
        audits.observeClaims(of: [item(1)], by: node(1), now: at(20))
        try expect(.bringAgain(item(1), to: node(1)), ofPutting: .missing, at(20), in: &audits)
        audits.observeBroughtAgain((item(1), node(1)), isKept: true, patience: AuditsTests.patience, now: at(20))
        for _ in 0..<Limits.auditTries {
            let due = try #require(audits.due)
            try expect(.nothing, ofPutting: .unclear, due, in: &audits)
        }
        #expect(audits.due == nil && audits.leftOut.isEmpty)
    }

    @Test func aTombstoneAndAnEndedEnvelopeEndAllQuestionsAboutIt() throws {
        var audits = Audits(seed: 1)
        audits.observeClaims(of: [item(1)], by: node(1), now: at(0))
        try expect(.bringAgain(item(1), to: node(1)), ofPutting: .missing, at(0), in: &audits)
        audits.observeBroughtAgain((item(1), node(1)), isKept: true, patience: AuditsTests.patience, now: at(0))
        // Meanwhile this node has learned that it was discarded.
        let question = audits.next(now: at(2_400))
        #expect(question?.item == item(1))
        audits.observeGone()
        #expect(audits.due == nil)
        audits.observeClaims(of: [item(1)], by: node(1), now: at(3_000))
        try expect(.bringAgain(item(1), to: node(1)), ofPutting: .missing, at(3_000), in: &audits)
    }

    @Test func ofManyThingsBroughtAFewByChanceAreAskedForAMinuteLater() throws {
        var asked: Set<ItemKey> = []
        var random = SeededGenerator(seed: 3)
        for _ in 0..<40 {
            var audits = Audits(seed: random.next())
            for number in 1...10 {
                audits.observeBrought((item(UInt64(number)), node(1)), now: at(0))
            }
            #expect(audits.due == at(0) + Limits.auditDelay)
            for _ in 0..<Limits.auditsPerRound {
                let next = audits.next(now: at(60))
                let question = try #require(next)
                asked.insert(question.item)
                let directive = audits.observe(.held, of: try audit(question), patience: .zero, now: at(60))
                #expect(directive == .nothing)
            }
            #expect(audits.due == nil)
        }
        #expect(asked.count == 10)
    }

    @Test func questionsAreBounded() {
        var audits = Audits(seed: 1)
        for number in 0..<UInt64(2 * Limits.auditsWaiting) {
            audits.observeClaims(of: [item(number)], by: node(number), now: at(0))
        }
        var count = 0
        while audits.next(now: at(0)) != nil {
            count += 1
            audits.observeGone()
        }
        #expect(count == Limits.auditsWaiting)
    }
}
