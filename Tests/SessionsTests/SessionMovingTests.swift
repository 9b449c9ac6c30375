import Basics
import Cryptography
import Sessions
import Testing
import Wire

/// Sessions follow their other side to where that has answered, and nowhere else.
@Suite struct SessionMovingTests {
    let alice = Party(1)
    let bob = Party(2)
    /// Where Alice is after she has moved, and where somebody is who sends copies on, or who is to be flooded.
    let moved = Endpoint(ipv4: 0xcb00_7109, port: 9)
    let elsewhere = Endpoint(ipv4: 0xcb00_7263, port: 9)

    init() {
        // Public addresses: local ones count each port by itself.
        alice.endpoint = Endpoint(ipv4: 0xcb00_7101, port: 7_337)
        bob.endpoint = Endpoint(ipv4: 0xc633_6401, port: 7_337)
    }

    struct Unexpected: Error {}

    /// Bob's name of a session that Alice has opened.
    func session() throws -> SessionID { try #require(alice.open(to: bob, now: at(0))).there }

    /// A request of Alice's that reaches Bob from a place. How it is to be answered.
    @discardableResult
    func ask(
        _ number: UInt32, from place: Endpoint, padding: Int = 0, now: Instant
    ) throws -> ReplyCarrier {
        #expect(alice.request(number, to: bob, padding: padding, now: now) == .sent)
        let request = try #require(alice.drainOne())
        guard case .request(_, let carrier, Party.header(number)) = bob.receive(request, from: place, now: now) else {
            throw Unexpected()
        }
        return carrier
    }

    /// What Bob has sent, by where it goes.
    func sent() -> [Endpoint: [[UInt8]]] {
        Dictionary(grouping: bob.drain(), by: \.to).mapValues { $0.map(\.bytes) }
    }

    /// Alice's answer to a challenge that has come to her.
    func answer(to challenge: [UInt8], knows: Bool = true, now: Instant) throws -> [UInt8] {
        guard case .request(_, let carrier, _) = alice.receive(challenge, from: bob.endpoint, now: now) else {
            throw Unexpected()
        }
        try #require(alice.answerChallenge(over: carrier, seenAt: bob.endpoint, knows: knows, now: now))
        return try #require(alice.drainOne())
    }

    /// The two challenges that the first datagram from a place has led to.
    func challenges(at place: Endpoint) throws -> (new: [UInt8], own: [UInt8]) {
        let sent = sent()
        #expect(sent.count == 2 && sent.values.allSatisfy { $0.count == 1 })
        return (try #require(sent[place]?.first), try #require(sent[alice.endpoint]?.first))
    }

    @Test func aSessionFollowsItsOtherSide() throws {
        let there = try session()
        let carrier = try ask(2, from: moved, now: at(1))
        let (challenge, _) = try challenges(at: moved)
        #expect(bob.table.info(there)?.endpoint == alice.endpoint, "before the answer it stays where it is")
        // A short answer goes at once, over the path by which the request came.
        #expect(bob.reply(Party.response(2), over: carrier, now: at(1.01)))
        let response = try #require(sent()[moved]?.first)
        guard case .response = alice.receive(response, from: bob.endpoint, now: at(1.05)) else { throw Unexpected() }
        let answer = try answer(to: challenge, now: at(1.05))
        #expect(bob.receive(answer, from: moved, now: at(1.1)) == .moved(there, from: .direct(alice.endpoint)))
        #expect(bob.table.info(there)?.endpoint == moved)
        #expect(bob.receive(answer, from: moved, now: at(1.1)) == .nothing(.replayed))
        alice.endpoint = moved
        #expect(alice.exchange(3, with: bob, now: at(2)) && bob.exchange(4, with: alice, now: at(2)))
        #expect(bob.table.counts.sessions == 1 && alice.table.counts.handshakes == 0, "without a handshake")
        bob.table.checkInvariants()
    }

    /// To the other family and back: what a session is bound to stays.
    @Test(arguments: [NodeMode.client, .server]) func theBindingMovesAlong(mode: NodeMode) throws {
        alice.table.mode = mode
        let there = try session()
        let binding = bob.table.info(there)?.channelBinding
        #expect((binding == nil) == (mode == .server))
        for (place, time) in [(Endpoint(high: 0x2001 << 48, low: 7, port: 9), at(1)), (moved, at(2))] {
            try ask(2, from: place, now: time)
            let (challenge, _) = try challenges(at: place)
            guard case .moved = bob.receive(try answer(to: challenge, now: time), from: place, now: time) else {
                throw Unexpected()
            }
            #expect(bob.table.info(there)?.endpoint == place && bob.table.info(there)?.channelBinding == binding)
            alice.endpoint = place
        }
        #expect(alice.exchange(3, with: bob, now: at(2.1)))
    }

    /// What is longer than three times the request waits a round trip, and no longer.
    @Test(arguments: [true, false]) func aLongAnswerWaitsForTheProof(isThere: Bool) throws {
        let there = try session()
        let carrier = try ask(2, from: moved, now: at(1))
        let (challenge, own) = try challenges(at: moved)
        #expect(bob.reply(Party.response(2, padding: 700), over: carrier, now: at(1)))
        #expect(bob.drain().isEmpty, "three times what came is not enough")
        if isThere {
            let answer = try answer(to: challenge, now: at(1.1))
            guard case .moved = bob.receive(answer, from: moved, now: at(1.2)) else { throw Unexpected() }
        } else {
            // It was a copy, and its sender sends the challenge on as well.
            let (late, answer) = (try answer(to: challenge, now: at(1.1)), try answer(to: own, now: at(1.1)))
            #expect(bob.receive(answer, from: alice.endpoint, now: at(1.2)) == .challengeAnswered(there))
            #expect(bob.receive(late, from: moved, now: at(1.3)) == .challengeAnswered(there))
        }
        let place = isThere ? moved : alice.endpoint
        let responses = bob.drain()
        #expect(responses.map(\.to) == [place])
        guard case .response = alice.receive(responses[0].bytes, from: bob.endpoint, now: at(1.3)) else {
            throw Unexpected()
        }
        #expect(alice.received == Party.response(2, padding: 700))
        bob.table.checkInvariants()
    }

    /// Answers that wait are bounded: by path, and by all.
    @Test func fewAnswersWait() throws {
        _ = try session()
        let carrier = try ask(2, from: moved, now: at(1))
        let waiting = (0..<10).count { _ in bob.reply(Party.response(2, padding: 700), over: carrier, now: at(1)) }
        #expect(waiting == Limits.answersHeldPerPath)
        // Who never answers gets none of them.
        _ = bob.drain()
        for second in 2...10 { bob.handleDeadline(now: at(Double(second))) }
        #expect(bob.drain().allSatisfy { $0.bytes.count == 45 }, "challenges, and no answers")
        bob.table.checkInvariants()
    }

    /// A datagram that was overtaken, or a copy that comes second, has an old counter.
    @Test func oldCountersFromElsewhereChangeNothing() throws {
        let there = try session()
        _ = alice.request(2, to: bob, now: at(1))
        let overtaken = try #require(alice.drainOne())
        let carrier = try ask(3, from: alice.endpoint, now: at(1))
        #expect(carrier == .transport(there))
        #expect(
            bob.receive(overtaken, from: elsewhere, now: at(1))
                == .request(there, .transport(there), Party.header(2)), "it is Alice's all the same")
        #expect(bob.receive(overtaken, from: moved, now: at(1)) == .nothing(.replayed))
        #expect(bob.drain().isEmpty, "and nobody is challenged")
        #expect(bob.table.nextDeadline.map { $0 > at(60) } ?? true)
    }

    /// Somebody on the way who guesses or alters gets nothing, not even a hint.
    @Test func whatDoesNotOpenIsNotAnswered() throws {
        _ = try session()
        _ = alice.request(2, to: bob, now: at(1))
        var request = try #require(alice.drainOne())
        request[request.count - 1] ^= 1
        #expect(bob.receive(request, from: elsewhere, now: at(1)) == .nothing(.unauthentic))
        request[1] ^= 0xff
        #expect(bob.receive(request, from: elsewhere, now: at(1)) == .nothing(.unknownSession))
        #expect(bob.drain().map(\.bytes.count) == [21], "an unknown index gets a hint")
    }

    // MARK: Copies

    /// A copy that overtakes the original: it is served once, and the session stays, whether or not its sender passes the challenge
    /// on, and later copies aren't challenged any more.
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
            let late = try answer(to: challenge, now: at(1.1))
            #expect(bob.receive(late, from: elsewhere, now: at(1.15)) == .challengeAnswered(there))
        }
        #expect(bob.table.info(there)?.endpoint == alice.endpoint)
        _ = bob.reply(Party.response(2), over: carrier, now: at(1.2))
        _ = bob.drain()
        guard passesOn else { return }
        for number in 3..<100 as Range<UInt32> {
            let time = at(1.2 + Double(number) / 100)
            let carrier = try ask(number, from: elsewhere, now: time)
            #expect(bob.reply(Party.response(number, padding: 500), over: carrier, now: time))
            #expect(bob.drain().map(\.to) == [alice.endpoint], "all answers go to Alice")
        }
        #expect(bob.table.info(there)?.endpoint == alice.endpoint)
        bob.table.checkInvariants()
    }

    /// Whose way is faster than Alice's own has the session until her answer comes.
    @Test(arguments: [true, false]) func whoAnswersFirstMustNotBeFollowedBack(isInTime: Bool) throws {
        let there = try session()
        try ask(2, from: elsewhere, now: at(1))
        let (challenge, own) = try challenges(at: elsewhere)
        let (first, second) = (try answer(to: challenge, now: at(1.04)), try answer(to: own, now: at(1.06)))
        #expect(bob.receive(first, from: elsewhere, now: at(1.1)) == .moved(there, from: .direct(alice.endpoint)))
        let back = bob.receive(second, from: alice.endpoint, now: at(isInTime ? 2.1 : 2.2))
        #expect(back == (isInTime ? .moved(there, from: .direct(elsewhere)) : .challengeAnswered(there)))
        #expect(bob.table.info(there)?.endpoint == (isInTime ? alice.endpoint : elsewhere))
        bob.table.checkInvariants()
    }

    /// A new path has to bring the answer itself. To its own path's challenge the session may be answered over any path: whoever
    /// sends copies on may be faster with that answer as well.
    @Test func theAnswerOfTheOwnPathCountsWhereverItComesFrom() throws {
        let there = try session()
        try ask(2, from: moved, now: at(1))
        let (challenge, own) = try challenges(at: moved)
        let (new, old) = (try answer(to: challenge, now: at(1.1)), try answer(to: own, now: at(1.1)))
        #expect(bob.receive(new, from: elsewhere, now: at(1.2)) == .challengeAnswered(there))
        #expect(bob.table.info(there)?.endpoint == alice.endpoint, "the new path has not brought it")
        #expect(bob.receive(old, from: moved, now: at(1.2)) == .challengeAnswered(there))
        #expect(bob.table.info(there)?.endpoint == alice.endpoint)
    }

    /// The challenge of a new path is answered over the session's own: somebody has sent it on.
    @Test func anAnswerOverTheOwnPathDecides() throws {
        let there = try session()
        let carrier = try ask(2, from: elsewhere, now: at(1))
        let (challenge, _) = try challenges(at: elsewhere)
        #expect(bob.reply(Party.response(2, padding: 700), over: carrier, now: at(1)))
        let answer = try answer(to: challenge, now: at(1.1))
        #expect(bob.receive(answer, from: alice.endpoint, now: at(1.2)) == .challengeAnswered(there))
        #expect(bob.drain().map(\.to) == [alice.endpoint], "what waited goes to her")
        #expect(try ask(3, from: elsewhere, now: at(1.3)) == .transport(there))
    }

    /// Whose own path has answered is where they were, and gets there what waited: the new path is not that of somebody who has
    /// moved, and gets no hint.
    @Test func aSilentPathBesideOneThatAnswersIsNotTheirs() throws {
        let there = try session()
        let carrier = try ask(2, from: elsewhere, now: at(1))
        let (_, own) = try challenges(at: elsewhere)
        #expect(bob.reply(Party.response(2, padding: 700), over: carrier, now: at(1)))
        #expect(
            bob.receive(try answer(to: own, now: at(1.1)), from: alice.endpoint, now: at(1.2))
                == .challengeAnswered(there))
        for second in [1.4, 2.1] { bob.handleDeadline(now: at(second)) }
        _ = bob.drain()
        bob.handleDeadline(now: at(3.4))
        #expect(bob.drain().map(\.to) == [alice.endpoint])
        #expect(try ask(3, from: elsewhere, now: at(3.5)) == .transport(there))
        bob.table.checkInvariants()
    }

    /// A path that was not taken is challenged again when something comes over it later: the other side may have gone there since.
    @Test func aPathThatWasNotTakenIsChallengedAgain() throws {
        let there = try session()
        try ask(2, from: moved, now: at(1))
        let (challenge, own) = try challenges(at: moved)
        _ = bob.receive(try answer(to: own, now: at(1.1)), from: alice.endpoint, now: at(1.1))
        _ = bob.receive(try answer(to: challenge, now: at(1.1)), from: moved, now: at(1.1))
        #expect(try ask(3, from: moved, now: at(2)) == .transport(there))
        #expect(bob.drain().isEmpty, "not at once")
        guard case .newPath = try ask(4, from: moved, now: at(3.2)) else { throw Unexpected() }
        let (again, _) = try challenges(at: moved)
        let answer = try answer(to: again, now: at(3.3))
        #expect(bob.receive(answer, from: moved, now: at(3.3)) == .moved(there, from: .direct(alice.endpoint)))
        bob.table.checkInvariants()
    }

    /// An inner address is the shorter path: it is taken though the outer one works.
    @Test func theNarrowerScopeIsTaken() throws {
        let there = try session()
        let inner = Endpoint(ipv4: 0xc0a8_0007, port: 7_337)
        try ask(2, from: inner, now: at(1))
        let (challenge, own) = try challenges(at: inner)
        #expect(
            bob.receive(try answer(to: own, now: at(1.01)), from: alice.endpoint, now: at(1.02))
                == .challengeAnswered(there))
        #expect(
            bob.receive(try answer(to: challenge, now: at(1.01)), from: inner, now: at(1.03))
                == .moved(there, from: .direct(alice.endpoint)))
    }
}
