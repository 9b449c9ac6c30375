import Basics
import Cryptography
import Sessions
import Testing

/// Somebody between Alice and Bob sees all that passes, and sends copies on from addresses of their own, faster or slower than the
/// original. They hold nothing back, but need not pass on what comes to them. Whatever they do, Alice's questions are answered,
/// and while she doesn't move her session stays where she is, or comes back.
@Suite struct CopierTests {
    @Test(arguments: 1...60 as ClosedRange<UInt64>, [0.02, 0.1, 0.3])
    func copiesDrawNoSessionToThemselves(seed: UInt64, copy: Double) throws {
        let sky = Sky(seed: seed, Sky.Copier(copy: copy))
        try sky.open()
        sky.ask(2..<40) { .milliseconds($0 % 5 == 0 ? 400 : 30) }
        sky.run(until: sky.now + .seconds(3))
        #expect(sky.isWithAlice, "Bob's session is where Alice is")
        #expect(sky.handshakes == 0)
        #expect(sky.answers.count == 38, "\(sky.answers.count) of 38 are answered")
        #expect(sky.gain.went <= Limits.amplification * sky.gain.came)
        sky.checkInvariants()

        // She moves, and the copier goes on. At worst she has to open a session anew.
        sky.alice.endpoint = Endpoint(ipv4: 0xcb00_7109, port: 7_337)
        sky.ask(40..<200) { _ in .milliseconds(100) }
        sky.run(until: sky.now + .seconds(1))
        if copy > 0.2 {
            // Copies that come late change nothing, and nothing is opened anew.
            #expect(sky.handshakes == 0)
            #expect(sky.isWithAlice)
        }
        let late = (160..<200 as Range<UInt32>).count { sky.answers.contains($0) }
        #expect(late == 40, "\(late) of the last 40, though nothing is repeated")
        sky.checkInvariants()
    }

    /// Copies of both sides' datagrams, from one port or from more than are followed, whether or not the copier passes on what comes to
    /// it, for longer than anything is remembered of a path. Nothing is lost, so that nothing may go unanswered.
    @Test(arguments: 1...12 as ClosedRange<UInt64>, Sky.Copier.all)
    func everyQuestionIsAnswered(seed: UInt64, copier: Sky.Copier) throws {
        let sky = Sky(seed: seed, copier)
        try sky.open()
        sky.ask(2..<202) { .milliseconds($0 % 7 == 0 ? 2_600 : 300) }
        sky.run(until: sky.now + .seconds(3))
        #expect(sky.now > at(130))
        #expect(sky.answers.count == 200, "\(sky.answers.count) of 200 are answered")
        #expect(sky.isWithAlice, "Bob's session is where Alice is")
        #expect(sky.isWithBob, "and Alice's where Bob is")
        #expect(sky.handshakes == 0)
        sky.checkInvariants()
    }

    /// The same while one datagram in ten is lost: whatever has gone to the copier comes back.
    @Test(arguments: 1...12 as ClosedRange<UInt64>, Sky.Copier.all)
    func whatWasLostToACopierComesBack(seed: UInt64, copier: Sky.Copier) throws {
        let sky = Sky(seed: seed, copier)
        try sky.open()
        sky.loss = 0.1
        sky.ask(2..<302) { .milliseconds($0 % 7 == 0 ? 2_600 : 300) }
        let count = sky.answers.count
        #expect(count > 200, "\(count) of 300 are answered, one in five of which are lost both ways")
        sky.loss = 0
        sky.run(until: sky.now + .seconds(3))
        sky.ask(302..<342) { _ in .milliseconds(300) }
        sky.run(until: sky.now + .seconds(3))
        #expect(sky.answers.count - count >= 38, "\(sky.answers.count - count) of 40")
        #expect(sky.isWithAlice && sky.isWithBob)
        sky.checkInvariants()
    }

    /// A peer of a version that knows no challenges is not worse off: what a copier brings first is served.
    @Test(arguments: 1...12 as ClosedRange<UInt64>) func whoKnowsNoChallengesIsAnswered(seed: UInt64) throws {
        let sky = Sky(seed: seed, Sky.Copier(copy: 0.02, knows: false))
        try sky.open()
        sky.ask(2..<102) { _ in .milliseconds(300) }
        sky.run(until: sky.now + .seconds(3))
        #expect(sky.answers.count == 100, "\(sky.answers.count) of 100 are answered")
        #expect(sky.isWithAlice && sky.handshakes == 0)
    }

    /// The copier sends on the challenges that come to it and nothing else, while Alice moves. Her session is silent then, and she opens
    /// another: six seconds at most.
    @Test(arguments: 1...12 as ClosedRange<UInt64>) func challengesAloneKeepNoSession(seed: UInt64) throws {
        let sky = Sky(seed: seed, Sky.Copier(copy: 0.02, passes: .challenges))
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
