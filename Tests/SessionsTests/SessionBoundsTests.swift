import Basics
import Cryptography
import Sessions
import Testing
import Wire

/// Floods: everything stays within its bounds, and no address that proved nothing is sent more than came from it.
@Suite struct SessionBoundsTests {
    let bob = Party(2)

    @Test func unprovenSessionsAreBounded() throws {
        for number in 0..<UInt32(Limits.unprovenSessions + 100) {
            let stranger = Party(1_000 + number)
            let now = at(Double(number) / 100)
            _ = stranger.request(1, to: bob, now: now)
            let initiation = try #require(stranger.drainOne())
            guard case .request(_, let carrier, _) = bob.receive(initiation, from: stranger.endpoint, now: now) else {
                Issue.record("refused")
                return
            }
            _ = bob.reply(Party.response(1), over: carrier, now: now)
        }
        #expect(bob.table.counts.unproven == Limits.unprovenSessions)
        #expect(bob.table.counts.sessions == Limits.unprovenSessions)
        bob.table.handleDeadline(now: at(60))
        #expect(bob.table.counts.sessions == 0)
    }

    @Test func hellosAnsweredInASecondAreBounded() throws {
        let alice = Party(1)
        alice.hello(nonce: 1, to: bob)
        let hello = try #require(alice.drainOne())
        var answered = 0
        for _ in 0..<2 * Limits.helloAnswersPerSecond
        where bob.receive(hello, from: alice.endpoint, now: at(1)) == .hello(nonce: 1) {
            answered += 1
        }
        #expect(answered == Limits.helloAnswersPerSecond)
        #expect(bob.receive(hello, from: alice.endpoint, now: at(2)) == .hello(nonce: 1))
    }

    /// Whoever answers hellos may be asked on and on; who doesn't, only as often as a stranger may.
    @Test(arguments: [true, false])
    func anAnswerToAHelloGivesBackWhatLedToIt(isAnswered: Bool) {
        let alice = Party(1)
        for second in 0..<30 {
            alice.hello(nonce: UInt64(second), to: bob, now: at(Double(second)))
            if isAnswered { alice.table.recordHelloAnswer(from: bob.endpoint, after: 1) }
        }
        #expect(isAnswered ? alice.drain().count == 30 : alice.drain().count <= 2 * Limits.unansweredPerHost)
    }

    @Test func initiationsThatAreNeverAnsweredLeaveNothing() throws {
        let alice = Party(1)
        _ = alice.request(1, to: bob, now: at(0))
        let initiation = try #require(alice.drainOne())
        for number in 0..<5_000 {
            guard case .request = bob.receive(initiation, from: alice.endpoint, now: at(Double(number) / 100)) else {
                Issue.record("refused")
                return
            }
        }
        #expect(bob.table.counts.sessions == 0)
    }

    @Test func sessionsAreBoundedAndTheOnesInUseStay() throws {
        let alice = Party(1)
        let (kept, _) = try #require(bob.open(to: alice, now: at(0)))
        // One that proves nothing is counted apart, and does not go in the place of another.
        var unproven: SessionID?
        for number in 0..<UInt32(Limits.sessions + 50) {
            let now = at(Double(number) / 100)
            let other = Party(1_000 + number)
            try #require(other.open(to: bob, now: now) != nil)
            if number % 500 == 0 { #expect(bob.exchange(number + 2, with: alice, now: now)) }
            if number == 2_000 { unproven = try unprovenSession(of: Party(3), now: now) }
        }
        #expect(bob.table.counts.sessions == Limits.sessions + 1)
        #expect(bob.table.info(kept) != nil && unproven.flatMap { bob.table.info($0) } != nil)
        #expect(bob.takeEnded().count == 51)
    }

    /// Has a stranger open a session with Bob and never prove its address.
    private func unprovenSession(of stranger: Party, now: Instant) throws -> SessionID? {
        _ = stranger.request(1, to: bob, now: now)
        let initiation = try #require(stranger.drainOne())
        guard case .request(let session, let carrier, _) = bob.receive(initiation, from: stranger.endpoint, now: now)
        else {
            return nil
        }
        _ = bob.reply(Party.response(1), over: carrier, now: now)
        _ = bob.drain()
        return session
    }

    /// A full bound drops first what is overdue, whenever the node was last woken.
    @Test func nobodyHoldsPlacesForLongerThanTheirTime() throws {
        let sleeper = Party(1)
        for number in 0..<UInt32(Limits.handshakes) {
            #expect(sleeper.request(1, to: Party(1_000 + number), now: at(Double(number) / 1_000)) == .carried)
        }
        #expect(sleeper.request(1, to: Party(9), now: at(9.9)) == .full)
        #expect(sleeper.request(1, to: Party(9), now: at(10)) == .carried, "the first is 10 s old")
        #expect(sleeper.request(1, to: Party(8), now: at(10)) == .full, "and the second isn't")
        #expect(sleeper.table.handshakeOutcomes.unanswered == 1)
        #expect(sleeper.request(1, to: Party(1_300), now: at(11)) == .carried, "a new one: all others were overdue")
        #expect(sleeper.table.counts.handshakes == 2)
        #expect(sleeper.table.handshakeOutcomes.unanswered == UInt32(Limits.handshakes))

        // A response is too late whether or not the handshake was let go.
        let alice = Party(20_000)
        _ = alice.request(1, to: bob, now: at(0))
        let initiation = try #require(alice.drainOne())
        guard case .request(let session, let carrier, _) = bob.receive(initiation, from: alice.endpoint, now: at(0))
        else {
            Issue.record("refused")
            return
        }
        _ = bob.reply(Party.response(1), over: carrier, now: at(0))
        let response = try #require(bob.drainOne())
        let early = Party(20_000)
        early.table = alice.table
        #expect(alice.receive(response, from: bob.endpoint, now: at(10)) == .nothing(.unexpected))
        // And so is the proof of whoever opened a session.
        guard case .established = early.receive(response, from: bob.endpoint, now: at(9.9)) else {
            Issue.record("in time")
            return
        }
        let proof = try #require(early.drainOne())
        #expect(bob.table.info(session) != nil)
        #expect(bob.receive(proof, from: early.endpoint, now: at(10)) == .nothing(.unknownSession))
        #expect(bob.table.info(session) == nil && bob.table.counts.unproven == 0)
    }

    /// Each node has moments of its own at which it sees to all this.
    @Test func nodesAreWokenSeldomAndNotAtOnce() throws {
        let pace = SessionTimes.housekeeping
        var moments: Set<Instant> = []
        for number in 1...20 as ClosedRange<UInt32> {
            let party = Party(number)
            _ = party.request(1, to: Party(100), now: at(0))
            let first = try #require(party.table.nextDeadline)
            #expect(first >= at(10) && first <= at(10.1) + pace)
            moments.insert(first)
            // Handshakes that end later are seen to at the same moment, or a whole pace later.
            if first > at(20) {
                _ = party.request(1, to: Party(101), now: first.advanced(by: .seconds(-15)))
                #expect(party.table.nextDeadline == first)
            }
            party.table.handleDeadline(now: first)
            #expect(party.table.counts.handshakes == 0 && party.table.nextDeadline == nil)
            _ = party.request(1, to: Party(102), now: first)
            #expect(party.table.nextDeadline == first + pace)
        }
        #expect(moments.count > 15)
    }

    @Test func oneKeyHasTwoSessionsAtMost() throws {
        let alice = Party(1)
        for number in 0..<20 {
            try #require(alice.open(to: bob, now: at(Double(number))) != nil)
            alice.restart(seed: UInt64(number))
        }
        #expect(bob.table.counts.sessions == 2)
    }

    @Test func handshakesAreBounded() {
        let alice = Party(1)
        for number in 0..<UInt32(Limits.handshakes) {
            #expect(alice.request(1, to: Party(1_000 + number), now: at(0)) == .carried)
        }
        #expect(alice.request(1, to: Party(9), now: at(0)) == .full)
        alice.table.handleDeadline(now: at(10))
        #expect(alice.table.counts.handshakes == 0 && alice.table.nextDeadline == nil)
        #expect(alice.request(1, to: Party(9), now: at(10)) == .carried)
    }

    @Test func theClientKeyUsedLeastGoesWithItsSessions() throws {
        let alice = Party(1)
        func secret(_ number: UInt64) -> SecretKey { SecretKey(Bytes32(words: (number, 1, 2, 3))) }
        let first = alice.table.addClientIdentity(secret(1))
        let second = alice.table.addClientIdentity(secret(2))
        let (session, _) = try #require(alice.open(to: bob, as: second, now: at(0)))
        _ = alice.request(5, to: Party(9), as: second, now: at(0))
        _ = alice.request(6, to: Party(9), as: first, now: at(0))
        for number in 3..<UInt64(Limits.identities) { _ = alice.table.addClientIdentity(secret(number)) }
        #expect(alice.table.publicKey(of: second) != nil && alice.table.info(session) != nil)
        _ = alice.table.addClientIdentity(secret(1_000))
        #expect(alice.table.counts.identities == Limits.identities)
        #expect(alice.table.publicKey(of: second) == nil && alice.table.info(session) == nil)
        #expect(alice.table.counts.handshakes == 1, "the other key's")
        #expect(alice.request(7, to: bob, as: second, now: at(0)) == .impossible)
        #expect(alice.table.publicKey(of: first) != nil && alice.table.publicKey(of: .node) == alice.key)
    }

    /// Recorded and made-up datagrams from many addresses, all of which a node answers as fully as it may.
    @Test(arguments: 0..<4 as Range<UInt64>)
    func nobodyIsSentMoreThanTheySent(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let alice = Party(1)
        var recorded: [[UInt8]] = []
        for requestID in 1...3 as ClosedRange<UInt32> {
            let other = Party(10 + requestID)
            _ = other.request(requestID, to: bob, now: at(0))
            recorded += other.drain().map(\.bytes)
        }
        _ = try #require(alice.open(to: bob, now: at(0)))
        _ = alice.request(7, to: bob, now: at(0))
        alice.hello(nonce: 1, to: bob)
        recorded += alice.drain().map(\.bytes)

        var sent: [Endpoint: Int] = [:]
        var received: [Endpoint: Int] = [:]
        var later: [ReplyCarrier] = []
        for step in 0..<2_000 {
            let now = at(Double(step) / 200)
            let victim = Endpoint(ipv4: 0x0b00_0000 + UInt32.random(in: 0..<30, using: &random), port: 1)
            var datagram = recorded.randomElement(using: &random) ?? []
            if UInt8.random(in: 0..<4, using: &random) == 0 {
                datagram[Int.random(in: datagram.indices, using: &random)] ^= 1
            }
            // What opens under the keys of a session may be answered with three times as much.
            received[victim, default: 0] += datagram.first == 3 ? Limits.amplification * datagram.count : datagram.count
            if case .request(_, let carrier, _) = bob.receive(datagram, from: victim, now: now) {
                let padding = Int.random(in: 0...Limits.bodySize - 5, using: &random)
                let body = Bool.random(using: &random) ? [] : Party.response(1, padding: padding)
                _ = bob.reply(body, over: carrier, now: now)
                later.append(bob.table.laterCarrier(of: carrier))
            }
            if let carrier = later.randomElement(using: &random) {
                let padding = Int.random(in: 0...Limits.bodySize - 5, using: &random)
                _ = bob.reply(Party.response(1, padding: padding), over: carrier, now: now)
                let most = bob.table.maximumReply(over: carrier)
                if most >= 5 {
                    #expect(bob.reply(Party.response(1, padding: most - 5), over: carrier, now: now))
                }
            }
            for answer in bob.drain() { sent[answer.to, default: 0] += answer.bytes.count }
            #expect(sent[victim, default: 0] <= received[victim, default: 0], "seed \(seed)")
        }
        // The challenges of her own path.
        sent[alice.endpoint] = nil
        for (address, bytes) in sent { #expect(bytes <= received[address, default: 0], "seed \(seed)") }
        #expect(sent.count == 30)
    }
}
