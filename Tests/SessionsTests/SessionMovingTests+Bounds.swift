import Basics
import Cryptography
import Sessions
import Testing
import Wire

// What following costs at most, and peers of other versions.
extension SessionMovingTests {
    // MARK: Bounds

    /// Whoever sends from a victim's address: at most three bytes go there for one, and besides hints no more than strangers get.
    @Test func aVictimGetsThreeTimesAtMost() throws {
        let there = try session()
        var (came, went, datagrams) = (0, 0, 0)
        for number in 2..<60 as Range<UInt32> {
            let time = at(1 + Double(number) / 20)
            #expect(alice.request(number, to: bob, now: time) == .sent)
            let request = try #require(alice.drainOne())
            came += request.count
            if case .request(_, let carrier, _) = bob.receive(request, from: elsewhere, now: time) {
                _ = bob.reply(Party.response(number), over: carrier, now: time)
            }
            bob.handleDeadline(now: time)
            for (to, bytes) in bob.drain() where to == elsewhere {
                went += bytes.count
                if bytes.count != 21 { datagrams += 1 }
            }
            #expect(went <= Limits.amplification * came)
        }
        #expect(datagrams > 4 && datagrams <= Limits.unansweredPerHost)
        #expect(place(there) == alice.endpoint)
        bob.table.checkInvariants()
    }

    /// The own path and the other are asked three times each; then the other is refused, with a hint to what comes from there.
    @Test func aChallengeIsRepeatedTwice() throws {
        _ = try session()
        try ask(2, from: moved, padding: 200, now: at(1))
        var times: [Endpoint: [Double]] = [:]
        var now = at(1)
        while true {
            let time = Double((now - at(1)) / .milliseconds(1)) / 1_000
            for (to, _) in bob.drain() { times[to, default: []].append(time) }
            guard let next = bob.table.nextDeadline, next < at(50) else { break }
            #expect(next > now, "it keeps ringing")
            now = next
            bob.handleDeadline(now: now)
            if now == at(1.9) {
                try ask(3, from: moved, now: now)
                #expect(lengths() == [moved: [21]])
            }
        }
        #expect(times == [moved: [0, 0.3, 0.6], alice.endpoint: [0, 0.3, 0.6]] && now == at(16), "\(times), \(now)")
        // Then it is forgotten, and may be tried again.
        try ask(4, from: moved, now: at(60))
        _ = try challenges(at: moved)
    }

    /// A session is followed to no third path for fifteen seconds, which makes four a minute; what comes over it is served, and gets a hint.
    @Test(arguments: [true, false]) func fourNewPathsAMinute(hasMoved: Bool) throws {
        _ = try session()
        if hasMoved {
            try move(to: moved, asking: 2, at: at(1))
            alice.endpoint = moved
        } else {
            try ask(2, from: moved, now: at(1))
            _ = bob.drain()
        }
        for time in [2.1, 15.9] {
            bob.handleDeadline(now: at(time))
            _ = bob.drain()
            let carrier = try ask(3, from: elsewhere, now: at(time))
            #expect(bob.reply(Party.response(3, padding: 500), over: carrier, now: at(time)))
            #expect(lengths() == [elsewhere: [21], alice.endpoint: [534]])
        }
        bob.handleDeadline(now: at(16))
        _ = bob.drain()
        try ask(4, from: elsewhere, now: at(16))
        #expect(Set(bob.drain().map(\.to)) == [elsewhere, alice.endpoint])
        bob.table.checkInvariants()
    }

    /// Somebody with any number of keys who claims to be at a victim's address, at ever other ports: as much goes there as to a
    /// stranger who doesn't answer.
    @Test func anInsiderMakesNobodyFloodAVictim() throws {
        var went = 0
        for number in 0..<60 as Range<UInt32> {
            let insider = Party(100 + number)
            insider.endpoint = Endpoint(ipv4: 0x0909_0000 + number << 8, port: 7_337)
            _ = try #require(insider.open(to: bob, now: at(0)))
            for port in 0..<4 as Range<UInt16> {
                let time = at(1 + Double(number * 4 + UInt32(port)) / 10)
                #expect(insider.request(UInt32(port) + 2, to: bob, padding: 300, now: time) == .sent)
                let request = try #require(insider.drainOne())
                guard
                    case .request(_, let carrier, _) = bob.receive(
                        request, from: elsewhere.with(port: 100 + port), now: time)
                else { throw Unexpected() }
                _ = bob.reply(Party.response(UInt32(port) + 2), over: carrier, now: time)
                bob.handleDeadline(now: time)
                went += bob.drain().count { $0.to.host == elsewhere.host && $0.bytes.count != 21 }
            }
        }
        // 24 s: the bound gives back one in 7.5.
        #expect(went > 0 && went <= Limits.unansweredPerHost + 4, "\(went)")
        bob.table.checkInvariants()
    }

    /// Any number of sessions that move at once: the table of other paths is bounded. The others aren't followed, but served, and get a hint.
    @Test func otherPathsAreBounded() throws {
        let parties = (0..<UInt32(Limits.otherPaths + 20)).map { number in
            let party = Party(1_000 + number)
            party.endpoint = Endpoint(ipv4: 0x0a00_0000 + number << 8, port: 7_337)
            return party
        }
        for (number, party) in parties.enumerated() {
            _ = try #require(party.open(to: bob, now: at(0.01 * Double(number))))
        }
        var hints = 0
        for party in parties {
            _ = party.request(2, to: bob, now: at(5))
            let request = try #require(party.drainOne())
            guard case .request = bob.receive(request, from: party.endpoint.with(port: 9), now: at(5)) else {
                throw Unexpected()
            }
            hints += bob.drain().count { $0.bytes.count == 21 }
            bob.table.checkInvariants()
        }
        #expect(hints == 20)
        // Of those that are decided one makes room.
        for time in [5.3, 5.6, 5.9] { bob.handleDeadline(now: at(time)) }
        _ = bob.drain()
        _ = try #require(alice.open(to: bob, now: at(6)))
        // It is charged to where it has moved to.
        try move(to: moved, asking: 2, at: at(6.1))
        bob.table.checkInvariants()
    }

    /// Whoever has few addresses can't use up the table for others: their sessions have a share of it.
    @Test func aBlockHasAShareOfTheOtherPaths() throws {
        let parties = (0..<UInt32(Limits.otherPathsPerBlock + 8)).map { number in
            let party = Party(1_000 + number)
            party.endpoint = Endpoint(ipv4: 0x0909_0900 + number, port: 7_337)
            return party
        }
        var followed = 0
        for party in parties {
            _ = try #require(party.open(to: bob, now: at(0)))
            _ = party.request(2, to: bob, now: at(1))
            let request = try #require(party.drainOne())
            guard case .request = bob.receive(request, from: party.endpoint.with(port: 9), now: at(1)) else {
                throw Unexpected()
            }
            if bob.drain().contains(where: { $0.to == party.endpoint }) { followed += 1 }
        }
        #expect(followed == Limits.otherPathsPerBlock)
        bob.table.checkInvariants()
        // Of those that are decided one makes room.
        for time in [1.3, 1.6, 1.9] { bob.handleDeadline(now: at(time)) }
        _ = bob.drain()
        let next = try #require(parties.last)
        _ = next.request(3, to: bob, now: at(2))
        _ = bob.receive(try #require(next.drainOne()), from: next.endpoint.with(port: 9), now: at(2))
        #expect(Set(bob.drain().map(\.to)) == [next.endpoint, next.endpoint.with(port: 9)])
        bob.table.checkInvariants()
        _ = try #require(alice.open(to: bob, now: at(2)))
        try ask(2, from: moved, now: at(2.1))
        _ = try challenges(at: moved)
    }

    /// Many answers at once leave room for the challenges: where the first is lost, the next comes all the same.
    @Test func answersLeaveRoomForChallenges() throws {
        let there = try session()
        var lost: [[UInt8]] = []
        for number in 2..<14 as Range<UInt32> {
            let carrier = try ask(number, from: moved, padding: 100, now: at(1))
            #expect(bob.reply(Party.response(number), over: carrier, now: at(1)))
            lost += bob.drain().filter { $0.to == moved }.map(\.bytes)
        }
        #expect(lost.count == Limits.unansweredPerHost - Limits.challenges)
        bob.handleDeadline(now: at(1.3))
        let again = try #require(sent()[moved]?.first)
        #expect(
            bob.receive(try answer(to: again, now: at(1.4)), from: moved, now: at(1.4)) == .challengeAnswered(there))
        #expect(bob.drain().count == Limits.answersHeldPerPath, "and what waited comes")
    }

    /// Whoever sends many datagrams from where the session isn't followed is told for each: what is remembered of them are the last few.
    @Test func aBurstIsHintedAtThroughout() throws {
        _ = try session()
        try ask(2, from: elsewhere, now: at(1))
        _ = bob.drain()
        var hints: [[UInt8]] = []
        let requests = try (3..<23 as Range<UInt32>).map { number in
            #expect(alice.request(number, to: bob, now: at(2)) == .sent)
            return try #require(alice.drainOne())
        }
        for request in requests {
            _ = bob.receive(request, from: moved, now: at(2))
            hints += bob.drain().filter { $0.to == moved }.map(\.bytes)
        }
        #expect(hints.count == 20)
        alice.endpoint = moved
        #expect(alice.receive(try #require(hints.last), from: bob.endpoint, now: at(2.1)) == .lost(as: .node, bob.id))
    }

    // MARK: Other versions

    /// A peer that knows no challenges answers without the number: it isn't followed, and told at once, so that it opens a session anew, as ever.
    @Test func whoKnowsNoChallengesOpensASessionAnew() throws {
        let there = try session()
        try ask(2, from: moved, now: at(1))
        let (challenge, _) = try challenges(at: moved)
        let answer = try answer(to: challenge, knows: false, now: at(1.1))
        #expect(bob.receive(answer, from: moved, now: at(1.1)) == .challengeAnswered(there))
        #expect(place(there) == alice.endpoint)
        let hint = try #require(bob.drainOne())
        alice.endpoint = moved
        #expect(alice.receive(hint, from: bob.endpoint, now: at(1.2)) == .lost(as: .node, bob.id))
        #expect(alice.open(to: bob, requestID: 3, now: at(1.2)) != nil)
        bob.table.checkInvariants()
    }

    /// With its session all that was known of its other path is gone.
    @Test func whatEndsTakesItsPathsAlong() throws {
        let there = try session()
        let carrier = try ask(2, from: moved, now: at(1))
        _ = bob.reply(Party.response(2, padding: 700), over: carrier, now: at(1))
        bob.handleDeadline(now: at(900))
        #expect(bob.table.info(there) == nil && bob.table.path(of: there) == nil)
        #expect(!bob.reply(Party.response(2), over: carrier, now: at(900)))
        bob.table.checkInvariants()
    }
}
