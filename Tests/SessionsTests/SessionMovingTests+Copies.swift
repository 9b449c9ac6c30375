import Basics
import Cryptography
import Sessions
import Testing
import Wire

// What copies lead to, and what brings a session back.
extension SessionMovingTests {
    /// A copy that overtakes the original: it is served once, and the session stays, whether or not its sender passes the challenge
    /// on. What it brings later is served too, answered to Alice, and gets a hint.
    @Test(arguments: [true, false]) func whoSendsCopiesGetsNoSession(passesOn: Bool) throws {
        let there = try session()
        _ = alice.request(2, to: bob, now: at(1))
        let request = try #require(alice.drainOne())
        guard case .request(_, let carrier, _) = bob.receive(request, from: elsewhere, now: at(1)) else {
            throw Unexpected()
        }
        #expect(bob.receive(request, from: alice.endpoint, now: at(1)) == .nothing(.replayed), "the original")
        let (challenge, own) = try challenges(at: elsewhere)
        #expect(
            bob.receive(try answer(to: own, now: at(1.05)), from: alice.endpoint, now: at(1.1))
                == .challengeAnswered(there))
        if passesOn {
            let late = try answer(to: challenge, from: elsewhere, now: at(1.1))
            #expect(bob.receive(late, from: elsewhere, now: at(1.15)) == .challengeAnswered(there))
        }
        #expect(place(there) == alice.endpoint && bob.table.pathOutcomes.stayed == 1)
        #expect(lengths() == (passesOn ? [elsewhere: [21]] : [:]))
        _ = bob.reply(Party.response(2), over: carrier, now: at(1.2))
        #expect(bob.drain().map(\.to) == [alice.endpoint])
        for number in 3..<60 as Range<UInt32> {
            let time = at(1.2 + Double(number) / 10)
            let carrier = try ask(number, from: elsewhere, now: time)
            #expect(bob.reply(Party.response(number, padding: 500), over: carrier, now: time))
            let lengths = lengths()
            #expect(lengths[alice.endpoint] == [534], "all answers go to Alice")
            #expect(lengths[elsewhere].map { $0 == [21] } ?? true, "and hints to the copier, as few as strangers get")
        }
        #expect(place(there) == alice.endpoint)
        bob.table.checkInvariants()
    }

    /// A challenge that comes to Alice from elsewhere than Bob is answered without its number: so the path from which it came proves nothing,
    /// though her own is silent.
    @Test func whatIsSentOnProvesNothing() throws {
        let there = try session()
        try ask(2, from: elsewhere, now: at(1))
        let (challenge, _) = try challenges(at: elsewhere)
        let answer = try answer(to: challenge, from: elsewhere.with(port: 10), now: at(1.04))
        #expect(bob.receive(answer, from: elsewhere, now: at(1.1)) == .challengeAnswered(there))
        #expect(lengths() == [elsewhere: [21]], "whoever is there may open a session anew")
        for time in [1.3, 1.6, 1.9, 3] { bob.handleDeadline(now: at(time)) }
        #expect(bob.drain().isEmpty && place(there) == alice.endpoint)
        #expect(bob.table.pathOutcomes.unproven == 1)
        bob.table.checkInvariants()
    }

    /// Whose way is faster than Alice's own, and who sends from Bob's address, has nothing of the session while her answer comes in time, over
    /// whatever path.
    @Test(arguments: [true, false]) func whoAnswersFirstIsNotFollowed(isCopied: Bool) throws {
        let there = try session()
        try ask(2, from: elsewhere, now: at(1))
        let (challenge, own) = try challenges(at: elsewhere)
        let (first, second) = (try answer(to: challenge, now: at(1.04)), try answer(to: own, now: at(1.06)))
        #expect(bob.receive(first, from: elsewhere, now: at(1.1)) == .challengeAnswered(there))
        for time in [1.3, 1.6] { bob.handleDeadline(now: at(time)) }
        #expect(
            bob.receive(second, from: isCopied ? elsewhere : alice.endpoint, now: at(1.8)) == .challengeAnswered(there))
        for time in [1.9, 3] { bob.handleDeadline(now: at(time)) }
        #expect(bob.table.takeMoved().isEmpty && place(there) == alice.endpoint)
        bob.table.checkInvariants()
    }

    /// Nor while her answer to the other path's challenge comes over her own.
    @Test func anAnswerOverTheOwnPathKeepsTheSessionThere() throws {
        let there = try session()
        try ask(2, from: elsewhere, now: at(1))
        let (challenge, _) = try challenges(at: elsewhere)
        let answer = try answer(to: challenge, now: at(1.1))
        #expect(bob.receive(answer, from: alice.endpoint, now: at(1.2)) == .challengeAnswered(there))
        for time in [1.3, 1.6, 1.9, 3] { bob.handleDeadline(now: at(time)) }
        #expect(place(there) == alice.endpoint && bob.table.pathOutcomes.stayed == 1)
    }

    /// The copy of her answer may be faster than that. It proves where the challenge has come to, and not where the copy comes from.
    @Test func anAnswerOverAThirdPathProvesWhereItWasAsked() throws {
        let there = try session()
        try ask(2, from: moved, now: at(1))
        let (challenge, _) = try challenges(at: moved)
        let answer = try answer(to: challenge, now: at(1.1))
        #expect(bob.receive(answer, from: elsewhere, now: at(1.2)) == .challengeAnswered(there))
        for time in [1.3, 1.6, 1.9] { bob.handleDeadline(now: at(time)) }
        #expect(bob.table.takeMoved().count == 1 && place(there) == moved)
    }

    /// All challenges of her path, or their answers, were lost: the next one brings the session back, over whatever path its answer comes, and
    /// so does one that came late.
    @Test(arguments: [true, false], [true, false]) func whatWasLostBringsTheSessionBack(isCopied: Bool, isLate: Bool)
        throws
    {
        let there = try session()
        try ask(2, from: elsewhere, now: at(1))
        let (challenge, own) = try challenges(at: elsewhere)
        _ = bob.receive(try answer(to: challenge, now: at(1.1)), from: elsewhere, now: at(1.1))
        for time in [1.3, 1.6, 1.9] { bob.handleDeadline(now: at(time)) }
        #expect(bob.table.takeMoved().count == 1 && place(there) == elsewhere)
        _ = bob.drain()
        bob.handleDeadline(now: at(2.9))
        let again = try #require(sent()[alice.endpoint]?.first)
        let back = try answer(to: isLate ? own : again, now: at(3))
        #expect(
            bob.receive(back, from: isCopied ? elsewhere : alice.endpoint, now: at(3.1)) == .challengeAnswered(there))
        #expect(
            bob.table.takeMoved() == [SessionMove(session: there, former: .direct(elsewhere), seenAt: nil)])
        #expect(place(there) == alice.endpoint && bob.table.pathOutcomes.returned == 1)
        // For a while nobody draws it away again.
        try ask(3, from: elsewhere, now: at(17.9))
        #expect(lengths() == [elsewhere: [21]])
        bob.table.checkInvariants()
    }

    /// A datagram that comes straight from where the session was drawn from has that path asked at once, and its answer goes there too.
    @Test func whoIsHeardStraightIsFollowedBack() throws {
        let there = try session()
        try move(to: elsewhere, asking: 2, at: at(1))
        let carrier = try ask(3, from: alice.endpoint, now: at(2.2))
        #expect(bob.reply(Party.response(3), over: carrier, now: at(2.2)))
        let sent = sent()
        #expect(sent.mapValues { $0.map(\.count) } == [alice.endpoint: [45, 34], elsewhere: [34]])
        let straight = try #require(sent[alice.endpoint]?.first)
        #expect(
            bob.receive(try answer(to: straight, now: at(2.25)), from: alice.endpoint, now: at(2.3))
                == .challengeAnswered(there))
        #expect(place(there) == alice.endpoint)
        bob.table.checkInvariants()
    }

    /// Whoever is at the former place and sends its challenges on to where Alice is now doesn't lead the session back.
    @Test func aFormerPlaceThatSendsChallengesOnIsNotGoneBackTo() throws {
        let there = try session()
        let former = alice.endpoint
        let end = try move(to: moved, asking: 2, at: at(1))
        bob.handleDeadline(now: end + .seconds(1))
        let challenge = try #require(sent()[former]?.first)
        let answer = try answer(to: challenge, from: former, now: at(3))
        #expect(bob.receive(answer, from: moved, now: at(3)) == .challengeAnswered(there))
        #expect(bob.table.takeMoved().isEmpty && place(there) == moved)
    }

    /// Whoever is at the former place sends on the challenge of the session's own path, to where Alice is. It keeps the session, but she
    /// is told at once, so that she opens another.
    @Test func aFormerPlaceThatSendsItsChallengeOnKeepsNoSession() throws {
        let there = try session()
        let former = alice.endpoint
        try ask(2, from: moved, now: at(1))
        let (_, own) = try challenges(at: moved)
        let copied = try answer(to: own, from: former, now: at(1.1))
        #expect(bob.receive(copied, from: moved, now: at(1.2)) == .challengeAnswered(there))
        let hint = try #require(sent()[moved]?.first)
        alice.endpoint = moved
        #expect(alice.receive(hint, from: bob.endpoint, now: at(1.3)) == .lost(as: .node, bob.id))
        #expect(place(there) == former)
    }
}
