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

    /// Bob's session goes where Alice is, after two challenges of his own path without an answer. Returns when.
    @discardableResult
    func move(to place: Endpoint, asking number: UInt32, at start: Instant) throws -> Instant {
        try ask(number, from: place, now: start)
        let (challenge, _) = try challenges(at: place)
        let answered = start + .milliseconds(100)
        guard
            case .challengeAnswered = bob.receive(try answer(to: challenge, now: answered), from: place, now: answered)
        else { throw Unexpected() }
        #expect(bob.table.takeMoved().isEmpty, "the own path may still answer")
        let end = start + .milliseconds(900)
        for time in [start + .milliseconds(300), end] { bob.handleDeadline(now: time) }
        let moves = bob.table.takeMoved()
        #expect(moves.map(\.seenAt) == [start] && moves.map(\.former) == [.direct(alice.endpoint)])
        _ = bob.drain()
        return end
    }

    @Test func aSessionFollowsItsOtherSide() throws {
        let there = try session()
        let carrier = try ask(2, from: moved, now: at(1))
        let (challenge, _) = try challenges(at: moved)
        // An answer goes at once over the path by which the request came, and over the session's own.
        #expect(bob.reply(Party.response(2), over: carrier, now: at(1.01)))
        let responses = sent()
        #expect(Set(responses.keys) == [moved, alice.endpoint])
        let response = try #require(responses[moved]?.first)
        guard case .response = alice.receive(response, from: bob.endpoint, now: at(1.05)) else { throw Unexpected() }
        let answer = try answer(to: challenge, now: at(1.05))
        #expect(bob.receive(answer, from: moved, now: at(1.1)) == .challengeAnswered(there))
        #expect(bob.receive(answer, from: moved, now: at(1.1)) == .nothing(.replayed))
        #expect(bob.table.info(there)?.endpoint == alice.endpoint, "it stays while its own path may answer")
        bob.handleDeadline(now: at(1.3))
        #expect(bob.drain().map(\.to) == [alice.endpoint], "which is asked once more")
        #expect(bob.table.nextDeadline == at(1.9))
        bob.handleDeadline(now: at(1.9))
        #expect(
            bob.table.takeMoved() == [SessionMove(session: there, former: .direct(alice.endpoint), seenAt: at(1))])
        #expect(bob.table.info(there)?.endpoint == moved)
        #expect(bob.drain().map(\.to) == [alice.endpoint], "and goes on to be asked")
        alice.endpoint = moved
        #expect(alice.exchange(3, with: bob, now: at(2)) && bob.exchange(4, with: alice, now: at(2)))
        #expect(bob.table.counts.sessions == 1 && alice.table.counts.handshakes == 0, "without a handshake")
        bob.table.checkInvariants()
        bob.handleDeadline(now: at(62))
        #expect(bob.drain().count <= 1 && bob.table.nextDeadline.map { $0 > at(100) } ?? true, "for a minute")
    }

    /// To the other family and back: what a session is bound to stays.
    @Test(arguments: [NodeMode.client, .server]) func theBindingMovesAlong(mode: NodeMode) throws {
        alice.table.mode = mode
        let there = try session()
        let binding = bob.table.info(there)?.channelBinding
        #expect((binding == nil) == (mode == .server))
        for (place, time) in [(Endpoint(high: 0x2001 << 48, low: 7, port: 9), at(1)), (moved, at(4))] {
            try move(to: place, asking: 2, at: time)
            #expect(bob.table.info(there)?.endpoint == place && bob.table.info(there)?.channelBinding == binding)
            alice.endpoint = place
        }
        #expect(alice.exchange(3, with: bob, now: at(5)))
    }

    /// What is longer than three times the request waits a round trip at a new path, and goes over the session's own at once.
    @Test(arguments: [true, false]) func aLongAnswerWaitsForTheProof(isThere: Bool) throws {
        let there = try session()
        let carrier = try ask(2, from: moved, now: at(1))
        let (challenge, own) = try challenges(at: moved)
        #expect(bob.reply(Party.response(2, padding: 700), over: carrier, now: at(1)))
        let direct = bob.drain()
        #expect(direct.map(\.to) == [alice.endpoint], "three times what came is not enough")
        var response = direct[0].bytes
        if isThere {
            let answer = try answer(to: challenge, now: at(1.1))
            #expect(bob.receive(answer, from: moved, now: at(1.2)) == .challengeAnswered(there))
            let waited = bob.drain()
            #expect(waited.map(\.to) == [moved])
            response = waited[0].bytes
        } else {
            // It was a copy, and its sender sends the challenge on as well.
            let (late, answer) = (try answer(to: challenge, now: at(1.1)), try answer(to: own, now: at(1.1)))
            #expect(bob.receive(answer, from: alice.endpoint, now: at(1.2)) == .challengeAnswered(there))
            #expect(bob.receive(late, from: moved, now: at(1.3)) == .challengeAnswered(there))
            #expect(bob.drain().isEmpty, "and it gets nothing")
        }
        guard case .response = alice.receive(response, from: bob.endpoint, now: at(1.3)) else { throw Unexpected() }
        #expect(alice.received == Party.response(2, padding: 700))
        bob.table.checkInvariants()
    }

    /// Answers that wait are bounded: by path, and by all.
    @Test func fewAnswersWait() throws {
        _ = try session()
        let carrier = try ask(2, from: moved, now: at(1))
        for _ in 0..<10 { #expect(bob.reply(Party.response(2, padding: 700), over: carrier, now: at(1))) }
        #expect(bob.drain().allSatisfy { $0.to == alice.endpoint || $0.bytes.count == 45 })
        // Who never answers gets none of them.
        for second in 2...10 { bob.handleDeadline(now: at(Double(second))) }
        #expect(bob.drain().allSatisfy { $0.bytes.count == 45 }, "challenges, and no answers")
        bob.table.checkInvariants()
    }

    /// Who answers late gets as many as there is room for.
    @Test func noMoreAnswersWaitThanThereIsRoomFor() throws {
        _ = try session()
        let carrier = try ask(2, from: moved, now: at(1))
        let (challenge, _) = try challenges(at: moved)
        for _ in 0..<10 { _ = bob.reply(Party.response(2, padding: 700), over: carrier, now: at(1)) }
        _ = bob.drain()
        _ = bob.receive(try answer(to: challenge, now: at(1.1)), from: moved, now: at(1.1))
        #expect(bob.drain().map(\.to) == Array(repeating: moved, count: Limits.answersHeldPerPath))
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

    /// Whose way is faster than Alice's own has nothing of the session while her answer is awaited.
    @Test func whoAnswersFirstMustNotBeFollowed() throws {
        let there = try session()
        try ask(2, from: elsewhere, now: at(1))
        let (challenge, own) = try challenges(at: elsewhere)
        let (first, second) = (try answer(to: challenge, now: at(1.04)), try answer(to: own, now: at(1.06)))
        #expect(bob.receive(first, from: elsewhere, now: at(1.1)) == .challengeAnswered(there))
        #expect(bob.receive(second, from: alice.endpoint, now: at(1.8)) == .challengeAnswered(there))
        bob.handleDeadline(now: at(3))
        #expect(bob.table.takeMoved().isEmpty && bob.table.info(there)?.endpoint == alice.endpoint)
        bob.table.checkInvariants()
    }

    /// Two challenges of her path, or their answers, were lost: the next one brings the session back, over whatever path its answer comes.
    @Test(arguments: [true, false]) func whatWasLostBringsTheSessionBackLater(isCopied: Bool) throws {
        let there = try session()
        let end = try moveAway()
        bob.handleDeadline(now: end + .milliseconds(1_200))
        let own = try #require(sent()[alice.endpoint]?.first)
        let back = try answer(to: own, now: at(3.2))
        #expect(
            bob.receive(back, from: isCopied ? elsewhere : alice.endpoint, now: at(3.3)) == .challengeAnswered(there))
        #expect(
            bob.table.takeMoved() == [SessionMove(session: there, former: .direct(elsewhere), seenAt: nil)])
        #expect(bob.table.info(there)?.endpoint == alice.endpoint)
        bob.table.checkInvariants()
    }

    /// A session that was drawn to a copier, though Alice is where she was.
    private func moveAway() throws -> Instant { try move(to: elsewhere, asking: 2, at: at(1)) }

    /// A datagram that comes straight from where the session was drawn from brings it back with the answer, whoever answers at its
    /// present path.
    @Test(arguments: [true, false]) func whoIsHeardStraightIsFollowedBack(isCopied: Bool) throws {
        let there = try session()
        _ = try moveAway()
        try ask(3, from: alice.endpoint, now: at(5))
        let sent = sent()
        let straight = try #require(sent[alice.endpoint]?.first)
        let other = try answer(to: try #require(sent[elsewhere]?.first), now: at(5.05))
        #expect(bob.receive(other, from: elsewhere, now: at(5.1)) == .challengeAnswered(there))
        #expect(try #require(bob.table.info(there)).endpoint == elsewhere)
        let answer = try answer(to: straight, now: at(5.05))
        guard case .challengeAnswered = bob.receive(answer, from: isCopied ? elsewhere : alice.endpoint, now: at(5.2))
        else { throw Unexpected() }
        #expect(bob.table.info(there)?.endpoint == alice.endpoint)
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
        #expect(bob.receive(old, from: moved, now: at(1.2)) == .challengeAnswered(there))
        bob.handleDeadline(now: at(4))
        #expect(bob.table.info(there)?.endpoint == alice.endpoint)
    }

    /// The challenge of a new path is answered over the session's own: somebody has sent it on.
    @Test func anAnswerOverTheOwnPathDecides() throws {
        let there = try session()
        try ask(2, from: elsewhere, now: at(1))
        let (challenge, _) = try challenges(at: elsewhere)
        let answer = try answer(to: challenge, now: at(1.1))
        #expect(bob.receive(answer, from: alice.endpoint, now: at(1.2)) == .challengeAnswered(there))
        #expect(try ask(3, from: elsewhere, now: at(1.3)) == .transport(there))
    }

    /// Whose own path has answered is where they were, from then on: what comes over the new path is served, answered over the own one,
    /// and answered by a hint besides, as somebody may be there whose answers are sent on from their former place.
    @Test func anAnswerOfTheOwnPathDecides() throws {
        let there = try session()
        try ask(2, from: elsewhere, now: at(1))
        let (_, own) = try challenges(at: elsewhere)
        #expect(
            bob.receive(try answer(to: own, now: at(1.1)), from: alice.endpoint, now: at(1.2))
                == .challengeAnswered(there))
        #expect(bob.table.nextDeadline.map { $0 > at(60) } ?? true, "nothing is awaited")
        let carrier = try ask(3, from: elsewhere, now: at(1.5))
        #expect(carrier == .transport(there))
        #expect(bob.reply(Party.response(3, padding: 700), over: carrier, now: at(1.5)))
        #expect(sent().mapValues { $0.map(\.count) } == [elsewhere: [21], alice.endpoint: [734]])
        bob.table.checkInvariants()
    }

    /// A path that was not taken is challenged again when something comes over it later: the other side may have gone there since.
    @Test func aPathThatWasNotTakenIsChallengedAgain() throws {
        _ = try session()
        try ask(2, from: moved, now: at(1))
        let (_, own) = try challenges(at: moved)
        _ = bob.receive(try answer(to: own, now: at(1.1)), from: alice.endpoint, now: at(1.1))
        try ask(3, from: moved, now: at(2))
        #expect(sent().mapValues { $0.map(\.count) } == [moved: [21]], "not at once")
        try move(to: moved, asking: 4, at: at(3.2))
        bob.table.checkInvariants()
    }

    /// The first datagram of all may come from elsewhere.
    @Test func theFirstDatagramOfAllIsTheNewest() throws {
        let there = try session()
        // Bob has sent nothing over the session yet.
        #expect(bob.request(7, to: alice, now: at(1)) == .sent)
        let request = try #require(bob.drainOne())
        guard case .request(_, .newPath, _) = alice.receive(request, from: moved, now: at(1)) else {
            throw Unexpected()
        }
        #expect(alice.drain().count == 2)
        #expect(bob.table.info(there)?.endpoint == alice.endpoint)
    }
}
