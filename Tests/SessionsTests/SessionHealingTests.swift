import Basics
import Cryptography
import Sessions
import Testing
import Wire

/// Sessions that one side has lost, that have moved, aged or fallen silent.
@Suite struct SessionHealingTests {
    let alice = Party(1)
    let bob = Party(2)

    @Test func aHintHealsALostSession() throws {
        let (here, _) = try #require(alice.open(to: bob, now: at(0)))
        bob.restart(seed: 5)
        #expect(alice.request(2, to: bob, now: at(1)) == .sent)
        let request = try #require(alice.drainOne())
        #expect(bob.receive(request, from: alice.endpoint, now: at(1)) == .nothing(.unknownSession))
        let hint = try #require(bob.drainOne())
        #expect(hint.count < request.count)
        #expect(alice.receive(hint, from: bob.endpoint, now: at(1)) == .lost(as: .node, bob.id))
        #expect(alice.table.established(as: .node, with: bob.id) == nil)
        #expect(alice.table.info(here) != nil, "what a forger of hints could see is not enough to end a session")
        #expect(alice.receive(hint, from: bob.endpoint, now: at(1)) == .nothing(.unexpected), "believed once")
        #expect(alice.open(to: bob, requestID: 2, now: at(1)) != nil)
        #expect(alice.exchange(3, with: bob, now: at(2)))
    }

    @Test func aHintFromWhoSawNothingIsNotBelieved() throws {
        let (_, _) = try #require(alice.open(to: bob, now: at(0)))
        for number in 0..<UInt32(12) { _ = alice.request(number + 2, to: bob, now: at(1)) }
        let sent = alice.drain().map(\.bytes)
        func hint(_ datagram: [UInt8]) -> [UInt8] { [4] + datagram[1..<5] + datagram.suffix(16) }
        var wrongTag = hint(sent[11])
        wrongTag[5] ^= 1
        var wrongIndex = hint(sent[11])
        wrongIndex[1] ^= 1
        let elsewhere = Endpoint(ipv4: 0x0a00_0063, port: 9)
        #expect(alice.receive(wrongTag, from: bob.endpoint, now: at(1)) == .nothing(.unexpected))
        #expect(alice.receive(wrongIndex, from: bob.endpoint, now: at(1)) == .nothing(.unexpected))
        #expect(alice.receive(hint(sent[11]), from: elsewhere, now: at(1)) == .nothing(.unexpected))
        #expect(alice.receive(hint(sent[7]), from: bob.endpoint, now: at(1)) == .nothing(.unexpected), "long ago")
        #expect(alice.receive(hint(sent[8]), from: bob.endpoint, now: at(1)) == .lost(as: .node, bob.id))
    }

    @Test func hintsAreLimited() throws {
        #expect(alice.open(to: bob, now: at(0)) != nil)
        _ = alice.request(2, to: bob, now: at(1))
        let request = try #require(alice.drainOne())
        bob.restart(seed: 5)
        var answered = 0
        for _ in 0..<1_000 where bob.receive(request, from: alice.endpoint, now: at(1)) == .nothing(.unknownSession) {
            answered += 1
        }
        #expect(answered == Limits.unauthenticatedAnswersPerSecond)
        #expect(bob.receive(request, from: alice.endpoint, now: at(1.001)) == .nothing(.rateLimited))
        #expect(bob.receive(request, from: alice.endpoint, now: at(1.02)) == .nothing(.unknownSession))
        #expect(bob.drain().count == answered + 1)
    }

    @Test func eachTransportDatagramCountsOnce() throws {
        let (_, there) = try #require(alice.open(to: bob, now: at(0)))
        _ = alice.request(2, to: bob, now: at(1))
        let request = try #require(alice.drainOne())
        #expect(
            bob.receive(request, from: alice.endpoint, now: at(1))
                == .request(there, .transport(there), Party.header(2)))
        #expect(bob.receive(request, from: alice.endpoint, now: at(1)) == .nothing(.replayed))
    }

    @Test func silenceOpensANewSession() throws {
        let (old, _) = try #require(alice.open(to: bob, now: at(0)))
        #expect(alice.request(2, to: bob, now: at(1)) == .sent)
        #expect(alice.request(2, to: bob, now: at(3)) == .sent)
        _ = alice.drain()
        // Bob moved: no hint ever comes from the old address.
        let moved = Endpoint(ipv4: 0x0a00_0063, port: 9)
        #expect(alice.request(2, to: bob, at: moved, now: at(6)) == .carried)
        let datagrams = alice.drain()
        #expect(datagrams.map(\.to) == [moved])
        guard case .request(_, let carrier, _) = bob.receive(datagrams[0].bytes, from: alice.endpoint, now: at(6)),
            bob.reply(Party.response(2), over: carrier, now: at(6)), let response = bob.drainOne(),
            case .established(let new, response: _?) = alice.receive(response, from: moved, now: at(6))
        else {
            Issue.record("not established")
            return
        }
        #expect(new != old && alice.table.established(as: .node, with: bob.id) == new)
    }

    @Test func anOldSessionServesWhileItIsRenewed() throws {
        let (old, _) = try #require(alice.open(to: bob, now: at(0)))
        for minute in 1..<60 { #expect(alice.exchange(2, with: bob, now: at(Double(minute) * 60))) }
        #expect(alice.request(3, to: bob, now: at(3_600)) == .carried)
        let initiation = try #require(alice.drainOne())
        #expect(alice.exchange(4, with: bob, now: at(3_600)), "over the old session")
        #expect(alice.table.established(as: .node, with: bob.id) == old)
        guard case .request(_, let carrier, _) = bob.receive(initiation, from: alice.endpoint, now: at(3_600)),
            bob.reply(Party.response(3), over: carrier, now: at(3_600)), let response = bob.drainOne(),
            case .established(let new, _) = alice.receive(response, from: bob.endpoint, now: at(3_600)),
            let confirmation = alice.drainOne()
        else {
            Issue.record("not renewed")
            return
        }
        #expect(new > old && alice.table.established(as: .node, with: bob.id) == new)
        #expect(bob.exchange(5, with: alice, now: at(3_600)), "the other side may still use the old one")
        guard case .proven = bob.receive(confirmation, from: alice.endpoint, now: at(3_600)) else {
            Issue.record("not proven")
            return
        }
        #expect(alice.exchange(6, with: bob, now: at(3_601)))
        #expect(bob.exchange(7, with: alice, now: at(3_601)))
    }

    /// What two servers say to each other from time to time shall find its session; clients come and go.
    @Test(arguments: [(NodeMode.client, 600.0), (.server, 600)])
    func idleSessionsGo(mode: NodeMode, idle: Double) throws {
        let alice = Party(1, mode: mode)
        let (here, there) = try #require(alice.open(to: bob, now: at(0)))
        var asked = 0
        while let deadline = alice.table.nextDeadline {
            asked += 1
            alice.table.handleDeadline(now: deadline)
            bob.table.handleDeadline(now: deadline)
            if deadline < at(idle) { #expect(alice.table.info(here) != nil && bob.table.info(there) != nil) }
            if deadline > at(idle + 50) { break }
        }
        #expect(alice.table.info(here) == nil && bob.table.info(there) == nil)
        #expect(alice.table.nextDeadline == nil && asked < 95)
        #expect(alice.takeEnded() == [here] && alice.takeEnded().isEmpty)
        #expect(alice.table.established(as: .node, with: bob.id) == nil)
    }
}
