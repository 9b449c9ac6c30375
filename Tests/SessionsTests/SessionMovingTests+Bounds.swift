import Basics
import Cryptography
import Sessions
import Testing
import Wire

// What following costs at most, and peers of other versions.
extension SessionMovingTests {
    // MARK: Bounds

    /// Whoever sends from a victim's address: at most three bytes go there for one, and no more than strangers get.
    @Test func aVictimGetsThreeTimesAtMost() throws {
        let there = try session()
        var (came, went) = (0, 0)
        for number in 2..<40 as Range<UInt32> {
            let time = at(1 + Double(number) / 20)
            #expect(alice.request(number, to: bob, now: time) == .sent)
            let request = try #require(alice.drainOne())
            came += request.count
            if case .request(_, let carrier, _) = bob.receive(request, from: elsewhere, now: time) {
                _ = bob.reply(Party.response(number), over: carrier, now: time)
            }
            bob.handleDeadline(now: time)
            for (to, bytes) in bob.drain() where to == elsewhere { went += bytes.count }
            #expect(went <= Limits.amplification * came)
        }
        bob.handleDeadline(now: at(4))
        _ = bob.drain()
        _ = alice.request(50, to: bob, now: at(4))
        let request = try #require(alice.drainOne())
        guard case .request(_, .transport, _) = bob.receive(request, from: elsewhere, now: at(4)) else {
            throw Unexpected()
        }
        #expect(bob.drain().isEmpty, "it has had what strangers get")
        #expect(bob.table.info(there)?.endpoint == alice.endpoint)
        bob.table.checkInvariants()
    }

    @Test func aChallengeIsRepeatedTwice() throws {
        _ = try session()
        try ask(2, from: moved, padding: 200, now: at(1))
        var times: [Double] = []
        var now = at(1)
        while true {
            for (to, _) in bob.drain() where to == moved {
                times.append(Double((now - at(1)) / .milliseconds(1)) / 1_000)
            }
            guard let next = bob.table.nextDeadline, next < at(50) else { break }
            #expect(next > now, "it keeps ringing")
            now = next
            bob.handleDeadline(now: now)
        }
        #expect(times == [0, 0.3, 0.9] && now == at(1) + .milliseconds(2_100), "\(times), \(now)")
    }

    /// A session's fifth new path within a minute isn't followed, and in the next minute it is.
    @Test func fourNewPathsAMinute() throws {
        _ = try session()
        for number in 0..<4 as Range<UInt16> {
            try ask(2, from: moved.with(port: 1_000 + number), now: at(1 + Double(number)))
        }
        _ = bob.drain()
        #expect(alice.exchange(8, with: bob, now: at(5)))
        for second in 5...8 { bob.handleDeadline(now: at(Double(second))) }
        _ = bob.drain()
        guard case .transport = try ask(9, from: moved.with(port: 2_000), now: at(50)) else { throw Unexpected() }
        #expect(bob.drain().map(\.bytes.count) == [21], "it is served, and gets a hint")
        #expect(alice.exchange(10, with: bob, now: at(51)))
        guard case .newPath = try ask(3, from: moved.with(port: 2_000), now: at(61)) else { throw Unexpected() }
    }

    /// Challenges of one session keep their distance, whatever paths they are for.
    @Test func challengesKeepTheirDistance() throws {
        _ = try session()
        try ask(2, from: moved, now: at(1))
        #expect(bob.drain().count == 2)
        try ask(3, from: elsewhere, now: at(1.02))
        #expect(bob.drain().isEmpty, "one is awaited")
        #expect(bob.table.nextDeadline == at(1) + Limits.challengeSpacing)
        bob.handleDeadline(now: at(1) + Limits.challengeSpacing)
        #expect(Set(bob.drain().map(\.to)) == [elsewhere, alice.endpoint])
    }

    /// Somebody with any number of keys who claims to be at a victim's address, at ever other ports: as much goes there as to a
    /// stranger who doesn't answer.
    @Test func anInsiderMakesNobodyFloodAVictim() throws {
        var went = 0
        for number in 0..<60 as Range<UInt32> {
            let insider = Party(100 + number)
            insider.endpoint = Endpoint(ipv4: 0x0909_0000 + number, port: 7_337)
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
                went += bob.drain().count { $0.to.host == elsewhere.host }
            }
        }
        // 24 s: the bound gives back one in 7.5.
        #expect(went > 0 && went <= Limits.unansweredPerHost + 4, "\(went)")
        bob.table.checkInvariants()
    }

    /// Any number of sessions that move at once: the table of new paths is bounded, and the others aren't followed, but served.
    @Test func newPathsAreBounded() throws {
        let parties = (0..<UInt32(Limits.newPathsRemembered + 20)).map { number in
            let party = Party(1_000 + number)
            party.endpoint = Endpoint(ipv4: 0x0a00_0000 + number << 8, port: 7_337)
            return party
        }
        for (number, party) in parties.enumerated() {
            _ = try #require(party.open(to: bob, now: at(0.01 * Double(number))))
        }
        for party in parties {
            _ = party.request(2, to: bob, now: at(5))
            let request = try #require(party.drainOne())
            guard case .request = bob.receive(request, from: party.endpoint.with(port: 9), now: at(5)) else {
                throw Unexpected()
            }
            bob.table.checkInvariants()
        }
    }

    /// Whoever has few addresses can't use up the table for others: their sessions have a share of it.
    @Test func aBlockHasAShareOfTheNewPaths() throws {
        let parties = (0..<UInt32(Limits.newPathsPerBlock + 8)).map { number in
            let party = Party(1_000 + number)
            party.endpoint = Endpoint(ipv4: 0x0909_0900 + number, port: 7_337)
            return party
        }
        var followed = 0
        for party in parties {
            _ = try #require(party.open(to: bob, now: at(0)))
            _ = party.request(2, to: bob, now: at(1))
            let request = try #require(party.drainOne())
            if case .request(_, .newPath, _) = bob.receive(request, from: party.endpoint.with(port: 9), now: at(1)) {
                followed += 1
            }
            _ = bob.drain()
        }
        #expect(followed == Limits.newPathsPerBlock)
        bob.table.checkInvariants()
        _ = try session()
        guard case .newPath = try ask(2, from: moved, now: at(1)) else { throw Unexpected() }
    }

    // MARK: Other versions

    /// A peer that knows no challenges answers without one: it isn't followed, and opens a session anew, as ever.
    @Test func whoKnowsNoChallengesOpensASessionAnew() throws {
        let there = try session()
        try ask(2, from: moved, now: at(1))
        let (challenge, _) = try challenges(at: moved)
        let answer = try answer(to: challenge, knows: false, now: at(1.1))
        #expect(bob.receive(answer, from: moved, now: at(1.1)) == .challengeAnswered(there))
        #expect(bob.table.info(there)?.endpoint == alice.endpoint)
        try ask(3, from: moved, now: at(1.2))
        let hint = try #require(bob.drainOne())
        alice.endpoint = moved
        #expect(alice.receive(hint, from: bob.endpoint, now: at(1.2)) == .lost(as: .node, bob.id))
        #expect(alice.open(to: bob, requestID: 3, now: at(1.2)) != nil)
        bob.table.checkInvariants()
    }

    /// With its session all that was known of its new paths is gone.
    @Test func whatEndsTakesItsPathsAlong() throws {
        let there = try session()
        let carrier = try ask(2, from: moved, now: at(1))
        _ = bob.reply(Party.response(2, padding: 700), over: carrier, now: at(1))
        bob.handleDeadline(now: at(900))
        #expect(bob.table.info(there) == nil)
        #expect(!bob.reply(Party.response(2), over: carrier, now: at(900)))
        bob.table.checkInvariants()
    }
}
