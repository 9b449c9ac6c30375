import Basics
import Cryptography
import Sessions
import Testing
import Wire

/// Sessions follow their other side to where that has answered while their own path is silent, and nowhere else.
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

    /// A request of Alice's that reaches Bob from a place. How it is to be answered. That she gets few answers here doesn't make her open another session.
    @discardableResult
    func ask(_ number: UInt32, from place: Endpoint, padding: Int = 0, now: Instant) throws -> ReplyCarrier {
        alice.table.startOver(now: now)
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

    /// How long what Bob has sent is, by where it goes.
    func lengths() -> [Endpoint: [Int]] { sent().mapValues { $0.map(\.count) } }

    /// Alice's answer to a challenge that has come to her. `source`: where from, if not from Bob.
    func answer(to challenge: [UInt8], from source: Endpoint? = nil, knows: Bool = true, now: Instant) throws -> [UInt8]
    {
        let source = source ?? bob.endpoint
        guard case .request(let session, let carrier, _) = alice.receive(challenge, from: source, now: now) else {
            throw Unexpected()
        }
        // What she asks of her own, as it came from elsewhere.
        _ = alice.drain()
        try #require(alice.answerChallenge(in: session, over: carrier, from: source, knows: knows, now: now))
        return try #require(alice.drain().first { $0.to == bob.endpoint }?.bytes)
    }

    /// The two challenges that the first datagram from a place has led to.
    func challenges(at place: Endpoint) throws -> (new: [UInt8], own: [UInt8]) {
        let sent = sent()
        #expect(sent.count == 2 && sent.values.allSatisfy { $0.map(\.count) == [45] })
        return (try #require(sent[place]?.first), try #require(sent[alice.endpoint]?.first))
    }

    /// Where Bob's session goes.
    func place(_ session: SessionID) -> Endpoint? { bob.table.info(session)?.endpoint }

    /// Bob's session goes where Alice is, after three challenges of his own path without an answer. Returns when.
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
        for time in [300, 600, 900] { bob.handleDeadline(now: start + .milliseconds(time)) }
        let moves = bob.table.takeMoved()
        #expect(moves.map(\.seenAt) == [start] && moves.map(\.former) == [.direct(alice.endpoint)])
        _ = bob.drain()
        return end
    }

    @Test func aSessionFollowsItsOtherSide() throws {
        let there = try session()
        let carrier = try ask(2, from: moved, now: at(1))
        let (challenge, _) = try challenges(at: moved)
        #expect(bob.table.path(of: there)?.isMoving == true)
        // An answer goes over the session's own path, and at once over the other, as far as that has the bytes.
        #expect(bob.reply(Party.response(2), over: carrier, now: at(1.01)))
        let responses = sent()
        #expect(Set(responses.keys) == [moved, alice.endpoint])
        let response = try #require(responses[moved]?.first)
        guard case .response = alice.receive(response, from: bob.endpoint, now: at(1.05)) else { throw Unexpected() }
        let answer = try answer(to: challenge, now: at(1.05))
        #expect(bob.receive(answer, from: moved, now: at(1.1)) == .challengeAnswered(there))
        #expect(bob.receive(answer, from: moved, now: at(1.1)) == .nothing(.replayed))
        #expect(bob.drain().isEmpty)
        #expect(place(there) == alice.endpoint, "it stays while its own path may answer")
        #expect(bob.request(9, to: alice, now: at(1.1)) == .sent)
        #expect(Set(bob.drain().map(\.to)) == [moved, alice.endpoint], "all goes over both")
        for time in [1.3, 1.6] {
            #expect(bob.table.nextDeadline == at(time))
            bob.handleDeadline(now: at(time))
            #expect(bob.drain().map(\.to) == [alice.endpoint], "which alone is asked on")
        }
        bob.handleDeadline(now: at(1.9))
        #expect(
            bob.table.takeMoved() == [SessionMove(session: there, former: .direct(alice.endpoint), seenAt: at(1))])
        #expect(place(there) == moved && bob.table.path(of: there)?.isMoving == false)
        #expect(bob.drain().isEmpty)
        // The path that it has left is asked five times in a minute.
        let former = alice.endpoint
        alice.endpoint = moved
        for time in [2.9, 4.9, 8.9, 16.9, 32.9] {
            #expect(bob.table.nextDeadline == at(time))
            bob.handleDeadline(now: at(time))
            #expect(bob.drain().map(\.to) == [former])
        }
        bob.handleDeadline(now: at(64.9))
        #expect(bob.drain().isEmpty && bob.table.nextDeadline.map { $0 > at(100) } ?? true)
        #expect(alice.exchange(3, with: bob, now: at(65)) && bob.exchange(4, with: alice, now: at(65)))
        #expect(bob.table.counts.sessions == 1 && alice.table.counts.handshakes == 0, "without a handshake")
        #expect(bob.table.pathOutcomes.followed == 1)
        bob.table.checkInvariants()
    }

    /// To the other family and back: what a session is bound to stays.
    @Test(arguments: [NodeMode.client, .server]) func theBindingMovesAlong(mode: NodeMode) throws {
        alice.table.mode = mode
        let there = try session()
        let binding = bob.table.info(there)?.channelBinding
        #expect((binding == nil) == (mode == .server))
        for (place, time) in [(Endpoint(high: 0x2001 << 48, low: 7, port: 9), at(1)), (moved, at(20))] {
            try move(to: place, asking: 2, at: time)
            #expect(self.place(there) == place && bob.table.info(there)?.channelBinding == binding)
            alice.endpoint = place
        }
        #expect(alice.exchange(3, with: bob, now: at(24)))
        bob.table.checkInvariants()
    }

    /// What is longer than three times the request waits a round trip at another path, and goes over the session's own at once.
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
    }

    /// Answers that wait are bounded.
    @Test func fewAnswersWait() throws {
        _ = try session()
        let carrier = try ask(2, from: moved, now: at(1))
        let (challenge, _) = try challenges(at: moved)
        for _ in 0..<10 { #expect(bob.reply(Party.response(2, padding: 700), over: carrier, now: at(1))) }
        #expect(bob.drain().allSatisfy { $0.to == alice.endpoint })
        bob.table.checkInvariants()
        _ = bob.receive(try answer(to: challenge, now: at(1.1)), from: moved, now: at(1.1))
        #expect(bob.drain().map(\.to) == Array(repeating: moved, count: Limits.answersHeldPerPath))
    }

    /// Who never answers gets none of them.
    @Test func whoIsSilentGetsNothingThatWaited() throws {
        let there = try session()
        let carrier = try ask(2, from: moved, now: at(1))
        for _ in 0..<10 { #expect(bob.reply(Party.response(2, padding: 700), over: carrier, now: at(1))) }
        for time in 10...30 { bob.handleDeadline(now: at(Double(time) / 10)) }
        #expect(bob.drain().allSatisfy { $0.to == alice.endpoint || $0.bytes.count == 45 })
        #expect(place(there) == alice.endpoint && bob.table.pathOutcomes.unproven == 1)
        bob.table.checkInvariants()
    }

    /// A datagram that was overtaken has an old counter: it is served, and nobody is challenged.
    @Test func oldCountersFromElsewhereChangeNothing() throws {
        let there = try session()
        _ = alice.request(2, to: bob, now: at(1))
        let overtaken = try #require(alice.drainOne())
        try ask(3, from: alice.endpoint, now: at(1))
        #expect(
            bob.receive(overtaken, from: elsewhere, now: at(1))
                == .request(there, .transport(there), Party.header(2)), "it is Alice's all the same")
        #expect(bob.drain().isEmpty)
        #expect(bob.table.nextDeadline.map { $0 > at(60) } ?? true)
        // A copy of it may be the original, from where Alice is since.
        #expect(bob.receive(overtaken, from: moved, now: at(1)) == .nothing(.replayed))
        #expect(lengths() == [moved: [21]])
    }

    /// Whose copies are faster takes nothing from who moves: the original, which counts as received, gets a hint.
    @Test func anOriginalThatComesSecondGetsAHint() throws {
        _ = try session()
        _ = alice.request(2, to: bob, now: at(1))
        let request = try #require(alice.drainOne())
        guard case .request = bob.receive(request, from: elsewhere, now: at(1)) else { throw Unexpected() }
        _ = bob.drain()
        #expect(bob.receive(request, from: elsewhere, now: at(1)) == .nothing(.replayed))
        #expect(bob.drain().isEmpty, "that path is being tried")
        #expect(bob.receive(request, from: moved, now: at(1)) == .nothing(.replayed))
        let hint = try #require(sent()[moved]?.first)
        alice.endpoint = moved
        #expect(alice.receive(hint, from: bob.endpoint, now: at(1)) == .lost(as: .node, bob.id))
    }

    /// Somebody on the way who guesses or alters gets nothing, not even a hint.
    @Test func whatDoesNotOpenIsNotAnswered() throws {
        _ = try session()
        _ = alice.request(2, to: bob, now: at(1))
        var request = try #require(alice.drainOne())
        request[request.count - 1] ^= 1
        #expect(bob.receive(request, from: elsewhere, now: at(1)) == .nothing(.unauthentic))
        #expect(bob.drain().isEmpty)
        request[1] ^= 0xff
        #expect(bob.receive(request, from: elsewhere, now: at(1)) == .nothing(.unknownSession))
        #expect(bob.drain().map(\.bytes.count) == [21], "an unknown index gets a hint")
    }

    /// The first datagram of all may come from elsewhere: its counter is 0.
    @Test func theFirstDatagramOfAllIsTheNewest() throws {
        _ = try session()
        // Bob has sent nothing over the session yet.
        #expect(bob.request(7, to: alice, now: at(1)) == .sent)
        let request = try #require(bob.drainOne())
        guard case .request = alice.receive(request, from: moved, now: at(1)) else { throw Unexpected() }
        #expect(Set(alice.drain().map(\.to)) == [moved, bob.endpoint])
    }

    /// Challenges that come, and answers to them, don't count as signs that requests are answered.
    @Test func challengesHideNoSilence() throws {
        let there = try session()
        try ask(2, from: elsewhere, now: at(1))
        let (_, own) = try challenges(at: elsewhere)
        #expect(bob.request(9, to: alice, now: at(1)) == .sent)
        let request = try #require(bob.drainOne())
        // It comes to Alice from elsewhere, so that she challenges Bob. What she answers is lost.
        guard case .request = alice.receive(request, from: moved, now: at(1)) else { throw Unexpected() }
        let challenge = try #require(alice.drain().first { $0.to == bob.endpoint }?.bytes)
        guard case .request = bob.receive(challenge, from: alice.endpoint, now: at(2)) else { throw Unexpected() }
        #expect(
            bob.receive(try answer(to: own, now: at(3)), from: alice.endpoint, now: at(3)) == .challengeAnswered(there))
        #expect(bob.request(10, to: alice, now: at(5.5)) == .sent)
        #expect(bob.request(11, to: alice, now: at(6.5)) == .carried, "silent since a second")
    }

    /// Nor does an answer that comes when nothing is remembered of its challenge any more.
    @Test func aLateAnswerHidesNoSilence() throws {
        let there = try session()
        try ask(2, from: elsewhere, now: at(1))
        let (_, own) = try challenges(at: elsewhere)
        for time in [1.3, 1.6, 1.9, 16] { bob.handleDeadline(now: at(time)) }
        _ = bob.drain()
        #expect(bob.request(9, to: alice, now: at(20)) == .sent)
        _ = bob.drain()
        let late = bob.receive(try answer(to: own, now: at(24)), from: alice.endpoint, now: at(24))
        guard case .response(there, _) = late else { throw Unexpected() }
        #expect(bob.request(10, to: alice, now: at(25.5)) == .carried, "silent since half a second")
    }

    /// Who asks from where the session isn't followed shows nothing of its own path.
    @Test func whoIsNotFollowedHidesNoSilence() throws {
        _ = try session()
        try ask(2, from: moved, now: at(1))
        let (_, own) = try challenges(at: moved)
        _ = bob.receive(try answer(to: own, now: at(1.1)), from: alice.endpoint, now: at(1.1))
        #expect(bob.request(9, to: alice, now: at(2)) == .sent)
        _ = bob.drain()
        for time in [3, 4, 5] as [Double] { try ask(UInt32(time), from: moved, now: at(time)) }
        _ = bob.drain()
        #expect(bob.request(10, to: alice, now: at(7.5)) == .carried, "silent since 2 s")
    }

    /// What went unanswered while the machine had no network says nothing of sessions.
    @Test func anOutageMakesNoSessionSilent() throws {
        _ = try session()
        #expect(alice.request(2, to: bob, now: at(1)) == .sent)
        alice.table.startOver(now: at(9))
        #expect(alice.request(3, to: bob, now: at(9)) == .sent)
        _ = alice.drain()
        #expect(alice.request(4, to: bob, now: at(14.1)) == .carried)
    }

    /// A session that has followed the other side was made by dialling it elsewhere: it doesn't show that a dial reaches it here.
    @Test func aSessionThatHasMovedIsNoDial() throws {
        let here = try #require(bob.open(to: alice, now: at(0))).here
        #expect(bob.table.info(here)?.isInitiator == true && bob.table.info(here)?.hasMoved == false)
        #expect(!bob.table.wasOpened(from: alice.endpoint))
        try move(to: moved, asking: 2, at: at(1))
        #expect(bob.table.info(here)?.endpoint == moved && bob.table.info(here)?.hasMoved == true)
        #expect(bob.table.wasOpened(from: moved))
    }

    /// Where Alice was another node may be by now, which doesn't know the session. Once it has moved, requests go over it all the same.
    @Test func whatAnotherNodeSaysAtTheFormerPlaceIsMended() throws {
        let there = try session()
        try ask(2, from: moved, now: at(1))
        let (challenge, own) = try challenges(at: moved)
        let stranger = Party(3)
        stranger.endpoint = alice.endpoint
        _ = stranger.receive(own, from: bob.endpoint, now: at(1.1))
        let hint = try #require(stranger.drainOne())
        #expect(bob.receive(hint, from: alice.endpoint, now: at(1.2)) == .lost(as: .node, alice.id))
        #expect(bob.table.established(as: .node, with: alice.id) == nil)
        #expect(
            bob.receive(try answer(to: challenge, now: at(1.2)), from: moved, now: at(1.3))
                == .challengeAnswered(there))
        for time in [1.3, 1.6, 1.9] { bob.handleDeadline(now: at(time)) }
        _ = bob.drain()
        #expect(bob.table.established(as: .node, with: alice.id) == there && place(there) == moved)
        alice.endpoint = moved
        #expect(bob.exchange(9, with: alice, now: at(2)))
        bob.table.checkInvariants()
    }
}
