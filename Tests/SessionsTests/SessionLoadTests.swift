import Basics
import Cryptography
import Sessions
import Testing
import Wire

/// More handshakes than a node should take in: who proves their address still gets theirs, without any Diffie-Hellman
/// before.
@Suite struct SessionLoadTests {
    let alice = Party(1)
    let bob = Party(2)

    /// Makes Bob answer as many strangers as he does in a second without a question.
    private func flood(now: Instant) throws {
        let stranger = Party(3)
        _ = stranger.request(1, to: alice, now: now)
        // It is for somebody else: it costs Bob a computation all the same.
        let initiation = try #require(stranger.drainOne())
        for _ in 0..<Limits.initiationsPerSecond {
            #expect(bob.receive(initiation, from: stranger.endpoint, now: now) == .nothing(.unauthentic))
        }
        #expect(bob.receive(initiation, from: stranger.endpoint, now: now) == .nothing(.challenged))
        _ = bob.drain()
    }

    @Test func whoProvesItsAddressIsAnsweredUnderLoad() throws {
        try flood(now: at(0))
        #expect(alice.request(1, to: bob, now: at(0)) == .carried)
        let initiation = try #require(alice.drainOne())
        let before = bob.table.counts
        #expect(bob.receive(initiation, from: alice.endpoint, now: at(0)) == .nothing(.challenged))
        #expect(bob.table.counts == before, "nothing is remembered")
        let cookie = try #require(bob.drainOne())
        #expect(cookie.count == CookieLayout.byteCount && cookie.count < initiation.count)
        #expect(alice.receive(cookie, from: bob.endpoint, now: at(0.01)) == .nothing(.repeated))
        let repeated = try #require(alice.drainOne())
        #expect(repeated[..<5] == initiation[..<5] && repeated[21...] == initiation[21...], "but for the cookie")
        #expect(repeated[5..<21] == cookie[5...])
        guard case .request(_, let carrier, _) = bob.receive(repeated, from: alice.endpoint, now: at(0.01)),
            bob.reply(Party.response(1), over: carrier, now: at(0.01)), let response = bob.drainOne()
        else {
            Issue.record("a cookie is not accepted")
            return
        }
        #expect(alice.receive(cookie, from: bob.endpoint, now: at(0.02)) == .nothing(.unexpected), "the same again")
        guard case .established(_, response: _?) = alice.receive(response, from: bob.endpoint, now: at(0.02))
        else {
            Issue.record("not established")
            return
        }
        #expect(bob.receive(initiation, from: alice.endpoint, now: at(1)) != .nothing(.challenged), "the load is over")
    }

    @Test func aCookieIsGoodForItsAddressAndFourMinutes() throws {
        bob.table.initiationsPerSecond = 0
        _ = alice.request(1, to: bob, now: at(0))
        let initiation = try #require(alice.drainOne())
        _ = bob.receive(initiation, from: alice.endpoint, now: at(0))
        let cookie = try #require(bob.drainOne())
        let filled = initiation[..<5] + cookie[5...] + initiation[21...]
        func outcome(from endpoint: Endpoint, at seconds: Double) -> Received {
            bob.receive(Array(filled), from: endpoint, now: at(seconds))
        }
        let sibling = Endpoint(ipv4: 0x0a00_0001, port: alice.endpoint.port + 1)
        #expect(outcome(from: sibling, at: 1) == .nothing(.challenged))
        #expect(outcome(from: Party(9).endpoint, at: 1) == .nothing(.challenged))
        var wrong = Array(filled)
        wrong[20] ^= 1
        #expect(bob.receive(wrong, from: alice.endpoint, now: at(1)) == .nothing(.challenged))
        for seconds in [1, 119, 121, 239] {
            guard case .request = outcome(from: alice.endpoint, at: Double(seconds)) else {
                Issue.record("refused after \(seconds) s")
                return
            }
        }
        #expect(outcome(from: alice.endpoint, at: 241) == .nothing(.challenged))
        #expect(outcome(from: alice.endpoint, at: 2_000) == .nothing(.challenged))
    }

    @Test func inventedCookiesCostOneRepetitionEachAndHinderNothing() throws {
        #expect(alice.request(1, to: bob, now: at(0)) == .carried)
        let initiation = try #require(alice.drainOne())
        func cookie(_ byte: UInt8, index: ArraySlice<UInt8>) -> [UInt8] {
            [7] + index + [UInt8](repeating: byte, count: 16)
        }
        let index = initiation[1..<5]
        let strangers = Endpoint(ipv4: 0x0a00_0063, port: 9)
        #expect(alice.receive(cookie(1, index: index), from: strangers, now: at(0)) == .nothing(.unexpected))
        #expect(alice.receive(cookie(1, index: [0, 0, 0, 0]), from: bob.endpoint, now: at(0)) == .nothing(.unexpected))
        #expect(alice.drain().isEmpty)
        for byte in 1...5 as ClosedRange<UInt8> {
            let received = alice.receive(cookie(byte, index: index), from: bob.endpoint, now: at(0))
            #expect((received == .nothing(.repeated)) == (Int(byte) <= Limits.cookiesPerHandshake))
        }
        let repetitions = alice.drain()
        #expect(repetitions.count == Limits.cookiesPerHandshake)
        // A node that is not under load never looks at the cookie.
        guard case .request(_, let carrier, _) = bob.receive(repetitions[0].bytes, from: alice.endpoint, now: at(0)),
            bob.reply(Party.response(1), over: carrier, now: at(0)), let response = bob.drainOne(),
            case .established(_, response: _?) = alice.receive(response, from: bob.endpoint, now: at(0))
        else {
            Issue.record("not established")
            return
        }
    }

    /// One block of addresses, all of which prove that they are there, can't keep a node busy.
    @Test func oneBlockGetsItsShareOfHandshakesUnderLoad() throws {
        bob.table.initiationsPerSecond = 0
        var served = 0
        for number in 0..<UInt32(100) {
            let party = Party(100 + number)
            party.endpoint = Endpoint(ipv4: 0xcb00_7100 + number % 200, port: 7_337)
            _ = party.request(1, to: bob, now: at(0))
            let initiation = try #require(party.drainOne())
            _ = bob.receive(initiation, from: party.endpoint, now: at(0))
            let cookie = try #require(bob.drainOne())
            _ = party.receive(cookie, from: bob.endpoint, now: at(0))
            let repeated = try #require(party.drainOne())
            if case .request = bob.receive(repeated, from: party.endpoint, now: at(0)) { served += 1 }
        }
        #expect(served == Limits.initiationsPerBlock)
        let elsewhere = Party(9)
        elsewhere.endpoint = Endpoint(ipv4: 0xc633_6401, port: 7_337)
        _ = elsewhere.request(1, to: bob, now: at(0))
        let initiation = try #require(elsewhere.drainOne())
        _ = bob.receive(initiation, from: elsewhere.endpoint, now: at(0))
        let cookie = try #require(bob.drainOne())
        _ = elsewhere.receive(cookie, from: bob.endpoint, now: at(0))
        let repeated = try #require(elsewhere.drainOne())
        guard case .request = bob.receive(repeated, from: elsewhere.endpoint, now: at(0)) else {
            Issue.record("kept out by others")
            return
        }
    }
}
