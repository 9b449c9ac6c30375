import Basics
import Cryptography
import Sessions
import Testing

/// One host with any number of keys gets its share of what a node holds and sends, and no more.
@Suite struct SessionShareTests {
    let bob = Party(2)

    private func party(_ number: UInt32, at address: UInt32, port: UInt16 = 7_337) -> Party {
        let party = Party(number)
        party.endpoint = Endpoint(ipv4: address, port: port)
        return party
    }

    @Test func oneBlockPushesOutItsOwnSessions() throws {
        let honest = party(10, at: 0xc633_6401)
        let (_, first) = try #require(honest.open(to: bob, now: at(0)))
        for number in 0..<UInt32(Limits.sessionsPerBlock + 20) {
            let crowd = party(1_000 + number, at: 0xcb00_7100 + number % 250)
            try #require(crowd.open(to: bob, now: at(1 + Double(number) / 100)) != nil)
        }
        #expect(bob.table.counts.sessions == Limits.sessionsPerBlock + 1)
        #expect(bob.table.info(first) != nil)
    }

    /// Sixteen blocks, each within its share, fill the table: those who are alone in theirs stay nevertheless.
    @Test func inAFullTableTheBlockThatHasMostGivesWay() throws {
        var alone: [SessionID] = []
        for number in 0..<UInt32(40) {
            alone.append(
                try #require(party(10 + number, at: 0x0800_0001 + number << 8).open(to: bob, now: at(0))).there)
        }
        for number in 0..<UInt32(Limits.sessions + 300) {
            let crowd = party(1_000 + number, at: 0xcb00_0001 + (number % 16) << 8)
            try #require(crowd.open(to: bob, now: at(1 + Double(number) / 100)) != nil)
        }
        #expect(bob.table.counts.sessions == Limits.sessions)
        #expect(alone.allSatisfy { bob.table.info($0) != nil })
    }

    @Test func localAddressesStandForThemselves() throws {
        for number in 0..<UInt32(Limits.sessionsPerBlock + 20) {
            let neighbour = party(1_000 + number, at: 0x7f00_0001, port: 1_000 + UInt16(number))
            try #require(neighbour.open(to: bob, now: at(Double(number) / 100)) != nil)
        }
        #expect(bob.table.counts.sessions == Limits.sessionsPerBlock + 20)
    }

    @Test func oneBlockPushesOutItsOwnSessionsWithoutProof() throws {
        func begin(_ party: Party, now: Instant) throws -> SessionID {
            _ = party.request(1, to: bob, now: now)
            let initiation = try #require(party.drainOne())
            guard case .request(let session, let carrier, _) = bob.receive(initiation, from: party.endpoint, now: now)
            else {
                throw Refused()
            }
            #expect(bob.reply(Party.response(1), over: carrier, now: now))
            return session
        }
        let first = try begin(party(10, at: 0xc633_6401), now: at(0))
        for number in 0..<UInt32(100) {
            _ = try begin(party(1_000 + number, at: 0xcb00_7101 + number), now: at(Double(number) / 200))
        }
        #expect(bob.table.counts.unproven == Limits.unprovenSessionsPerBlock + 1)
        for number in 0..<UInt32(400) {
            let spoofed = party(2_000 + number, at: 0xcb00_7101 + (number % 8) << 8)
            _ = try begin(spoofed, now: at(0.5 + Double(number) / 200))
        }
        #expect(bob.table.counts.unproven == Limits.unprovenSessions)
        #expect(bob.table.info(first) != nil)
    }

    private struct Refused: Error {}

    // MARK: What goes to strangers

    /// A liar names a thousand keys at one address: all of them together are sent a bounded number of datagrams.
    @Test func whatGoesToAnAddressThatNeverAnswersIsBounded() {
        let alice = Party(1)
        var withheld = 0
        for second in 0..<120 {
            for key in 0..<10 as Range<UInt32> {
                let fake = party(1_000 + UInt32(second) * 10 + key, at: 0xcb00_7101, port: UInt16(1_000 + second))
                if alice.request(1, to: fake, now: at(Double(second))) == .withheld { withheld += 1 }
                _ = alice.request(1, to: fake, now: at(Double(second) + 0.5))
                alice.hello(nonce: 1, to: fake, now: at(Double(second) + 0.5))
            }
        }
        let sent = alice.drain().count
        #expect(sent >= 2 * Limits.unansweredPerHost && sent <= 3 * Limits.unansweredPerHost)
        #expect(withheld >= 1_200 - sent && alice.table.counts.handshakes <= sent)
    }

    @Test func whatGoesToABlockThatNeverAnswersIsBounded() {
        let alice = Party(1)
        for key in 0..<1_000 as Range<UInt32> {
            _ = alice.request(1, to: party(1_000 + key, at: 0xcb00_7100 + key % 256), now: at(Double(key) / 20))
        }
        let sent = alice.drain().count
        #expect(sent >= Limits.unansweredPerBlock && sent < 2 * Limits.unansweredPerBlock)
        #expect(alice.request(1, to: party(9, at: 0xc633_6401), now: at(50)) == .carried, "elsewhere")
    }

    /// Behind one address, as behind a NAT, may be many nodes: those that answer cost nothing.
    @Test func whoAnswersIsNotHeldUp() throws {
        let alice = Party(1)
        for number in 0..<100 as Range<UInt32> {
            let other = party(100 + number, at: 0xcb00_7101, port: 1_000 + UInt16(number))
            try #require(alice.open(to: other, now: at(Double(number) / 100)) != nil)
        }
        // Nor are those who come after false names at the same address.
        for key in 0..<50 as Range<UInt32> {
            #expect(alice.request(1, to: party(1_000 + key, at: 0xcb00_7101), now: at(2)) == .carried)
        }
        _ = alice.drain()
        #expect(alice.open(to: party(9, at: 0xcb00_7101, port: 9), now: at(2)) != nil)
        var sent = 0
        for key in 0..<1_000 as Range<UInt32> {
            if alice.request(1, to: party(2_000 + key, at: 0xcb00_7101), now: at(3)) != .withheld { sent += 1 }
        }
        #expect(sent <= Limits.unansweredPerHost * Limits.discountWhereKnown, "but there is a bound for them too")
    }

    @Test func anAddressThatWasSilentIsTriedAgainLater() {
        let alice = Party(1)
        let other = party(9, at: 0xcb00_7101)
        for key in 0..<20 as Range<UInt32> { _ = alice.request(1, to: party(1_000 + key, at: 0xcb00_7101), now: at(0)) }
        #expect(alice.request(1, to: other, now: at(1)) == .withheld)
        #expect(alice.request(1, to: other, now: at(8)) == .carried)
        // After a long quiet it is the same again, and no more.
        var carried = 0
        for key in 0..<50 as Range<UInt32>
        where alice.request(1, to: party(2_000 + key, at: 0xcb00_7101), now: at(4_000)) == .carried { carried += 1 }
        #expect(carried == Limits.unansweredPerHost)
    }
}
