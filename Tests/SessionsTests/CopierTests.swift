import Basics
import Cryptography
import Sessions
import Testing

/// Somebody between Alice and Bob sees all that passes, and sends copies on from addresses of their own, faster or slower than the
/// original. They hold nothing back, but need not pass on what comes to them. Whatever they do, Alice's questions are answered, and the
/// session stays where she is.
@Suite struct CopierTests {
    /// Copies of one side's datagrams or of both, from one port or from several, whether or not the copier passes on what comes to
    /// it, for longer than anything is remembered of a path. Nothing is lost, so that nothing may go unanswered.
    @Test(arguments: 1...8 as ClosedRange<UInt64>, Sky.Copier.plain + Sky.Copier.forging)
    func everyQuestionIsAnswered(seed: UInt64, copier: Sky.Copier) throws {
        let sky = Sky(seed: seed, copier)
        try sky.open()
        sky.ask(2..<152, both: true) { .milliseconds($0 % 7 == 0 ? 2_600 : 300) }
        sky.run(until: sky.now + .seconds(3))
        #expect(sky.now > at(80))
        #expect(sky.unanswered.isEmpty, "\(sky.unanswered)")
        #expect(sky.isWithAlice && sky.isWithBob && sky.moves == 0, "the sessions never went elsewhere")
        #expect(sky.handshakes == 0 && sky.lost == 0)
        #expect(sky.gain.went <= Limits.amplification * sky.gain.came)
        sky.checkInvariants()
    }

    /// While datagrams are lost, who can't send from others' addresses has the session not for a moment.
    @Test(arguments: 1...8 as ClosedRange<UInt64>, Sky.Copier.plain)
    func lossDrawsNoSessionAway(seed: UInt64, copier: Sky.Copier) throws {
        let sky = Sky(seed: seed, copier)
        try sky.open()
        sky.loss = 0.3
        sky.ask(2..<202) { .milliseconds($0 % 7 == 0 ? 2_600 : 300) }
        #expect(sky.moves == 0 && sky.isWithAlice && sky.isWithBob)
        #expect(sky.lost == 0)
        sky.loss = 0
        sky.run(until: sky.now + .seconds(12))
        sky.ask(202..<242) { _ in .milliseconds(300) }
        sky.run(until: sky.now + .seconds(1))
        let late = (202..<242 as Range<UInt32>).count { sky.answers.contains($0) }
        #expect(late == 40, "\(late) of 40")
        sky.checkInvariants()
    }

    /// Who can, and to whom it is lost, has it for a moment, unless they are faster than both sides with everything: then they are but another way
    /// between the two.
    @Test(arguments: 1...8 as ClosedRange<UInt64>, Sky.Copier.forging)
    func whatWasLostToAForgerComesBack(seed: UInt64, copier: Sky.Copier) throws {
        let sky = Sky(seed: seed, copier)
        try sky.open()
        sky.loss = 0.3
        sky.ask(2..<202) { .milliseconds($0 % 7 == 0 ? 2_600 : 300) }
        sky.loss = 0
        sky.run(until: sky.now + .seconds(20))
        sky.ask(202..<242) { _ in .milliseconds(300) }
        sky.run(until: sky.now + .seconds(20))
        let late = (202..<242 as Range<UInt32>).count { sky.answers.contains($0) }
        #expect(late == 40, "\(late) of 40")
        if copier.copy > 0.05 || !copier.copiesBoth { #expect(sky.isWithAlice && sky.isWithBob) }
        sky.checkInvariants()
    }

    /// Alice moves while the copier goes on. Where it is slower, her session follows. Where it is faster, she opens another at once, as ever.
    @Test(arguments: 1...20 as ClosedRange<UInt64>, [0.02, 0.1, 0.5])
    func whoMovesIsAnsweredAtOnce(seed: UInt64, copy: Double) throws {
        let sky = Sky(seed: seed, Sky.Copier(copy: copy))
        try sky.open()
        sky.ask(2..<20) { _ in .milliseconds(300) }
        // What was tried of the copier's path is over.
        sky.run(until: sky.now + .seconds(16))
        sky.alice.endpoint = Endpoint(ipv4: 0xcb00_7109, port: 7_337)
        sky.ask(20..<60) { _ in .milliseconds(100) }
        sky.run(until: sky.now + .seconds(1))
        if copy > 0.2 { #expect(sky.handshakes == 0 && sky.moves == 1) }
        #expect(sky.isWithAlice)
        let late = (30..<60 as Range<UInt32>).count { sky.answers.contains($0) }
        #expect(late == 30, "\(late) of 30 from a second after the move on, though nothing is repeated")
        sky.checkInvariants()
    }

    /// She moves while the copier's path has just been refused: she opens another session at once, as ever.
    @Test(arguments: 1...20 as ClosedRange<UInt64>, [0.02, 0.1, 0.5])
    func whoMovesBesideACopierIsAnsweredSoon(seed: UInt64, copy: Double) throws {
        let sky = Sky(seed: seed, Sky.Copier(copy: copy))
        try sky.open()
        sky.ask(2..<20) { _ in .milliseconds(300) }
        sky.alice.endpoint = Endpoint(ipv4: 0xcb00_7109, port: 7_337)
        sky.ask(20..<80, both: true) { _ in .milliseconds(100) }
        sky.run(until: sky.now + .seconds(1))
        #expect(sky.isWithAlice)
        let late = (50..<80 as Range<UInt32>).count { sky.answers.contains($0) }
        #expect(late == 30, "\(late) of 30 from three seconds after the move on, though nothing is repeated")
        sky.checkInvariants()
    }

    /// The copier passes on the challenges that come to it and nothing else, forged, while Alice moves: it may have the session, but not
    /// for longer than six seconds.
    @Test(arguments: 1...12 as ClosedRange<UInt64>) func challengesAloneKeepNoSession(seed: UInt64) throws {
        let sky = Sky(seed: seed, Sky.Copier(copy: 0.02, copiesBoth: true, passes: .challenges, forges: true))
        try sky.open()
        sky.ask(2..<12) { _ in .milliseconds(300) }
        sky.alice.endpoint = Endpoint(ipv4: 0xcb00_7109, port: 7_337)
        sky.ask(12..<92) { _ in .milliseconds(100) }
        sky.ask(92..<132) { _ in .milliseconds(100) }
        sky.run(until: sky.now + .seconds(1))
        let late = (92..<132 as Range<UInt32>).count { sky.answers.contains($0) }
        #expect(late == 40, "\(late) of the last 40")
        #expect(sky.isWithAlice)
    }

    /// A peer of a version that knows no challenges is not worse off: what a copier brings first is served.
    @Test(arguments: 1...12 as ClosedRange<UInt64>) func whoKnowsNoChallengesIsAnswered(seed: UInt64) throws {
        let sky = Sky(seed: seed, Sky.Copier(copy: 0.02, knows: false))
        try sky.open()
        sky.ask(2..<102) { _ in .milliseconds(300) }
        sky.run(until: sky.now + .seconds(3))
        #expect(sky.answers.count == 100, "\(sky.answers.count) of 100 are answered")
        #expect(sky.isWithAlice && sky.moves == 0 && sky.handshakes == 0)
    }

    /// A copier that can drop cuts a session off, as ever. When it has gone, the session is back, or another is opened.
    @Test(arguments: 1...12 as ClosedRange<UInt64>, [true, false]) func whoDropsCanOnlyDelay(seed: UInt64, forges: Bool)
        throws
    {
        let sky = Sky(seed: seed, Sky.Copier(copy: 0.02, copiesBoth: true, forges: forges))
        try sky.open()
        sky.ask(2..<12) { _ in .milliseconds(300) }
        sky.isCut = true
        sky.ask(12..<52) { _ in .milliseconds(300) }
        if !forges { #expect(sky.moves == 0) }
        sky.isCut = false
        sky.isCopied = false
        sky.run(until: sky.now + .seconds(12))
        sky.ask(52..<92) { _ in .milliseconds(300) }
        sky.run(until: sky.now + .seconds(2))
        let late = (60..<92 as Range<UInt32>).count { sky.answers.contains($0) }
        #expect(late == 32, "\(late) of the last 32")
        #expect(sky.isWithAlice && sky.isWithBob)
    }

    /// The copy of the datagram by which Alice proves where she is comes first. That proves nothing, and takes nothing from hers.
    @Test func aCopyOfTheProofTakesNothing() throws {
        let (alice, bob) = (Party(1), Party(2))
        _ = alice.request(1, to: bob, now: at(0))
        let initiation = try #require(alice.drainOne())
        guard case .request(let there, let carrier, _) = bob.receive(initiation, from: alice.endpoint, now: at(0)),
            bob.reply(Party.response(1), over: carrier, now: at(0)), let response = bob.drainOne(),
            case .established = alice.receive(response, from: bob.endpoint, now: at(0)),
            let proof = alice.drainOne()
        else { throw SessionMovingTests.Unexpected() }
        let copier = Endpoint(ipv4: 0xcb00_7263, port: 9)
        #expect(bob.receive(proof, from: copier, now: at(0)) == .nothing(.unknownSession))
        #expect(bob.receive(proof, from: alice.endpoint, now: at(0)) == .proven(there))
        #expect(bob.table.info(there)?.endpoint == alice.endpoint)
    }
}
