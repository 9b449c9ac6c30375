import Basics
import Sessions
import Testing

/// Which session is sent over when there are two, and when another is opened.
@Suite struct SessionRenewalTests {
    let alice = Party(1)
    let bob = Party(2)

    /// Alice and Bob open a session each at once. The names are those that each side has for Alice's and for Bob's.
    private func openBoth(now: Instant) throws -> (alices: (here: SessionID, there: SessionID), bobs: SessionID) {
        _ = alice.request(1, to: bob, now: now)
        _ = bob.request(2, to: alice, now: now)
        let fromAlice = try #require(alice.drainOne())
        let fromBob = try #require(bob.drainOne())
        guard case .request(let there, let bobsCarrier, _) = bob.receive(fromAlice, from: alice.endpoint, now: now),
            bob.reply(Party.response(1), over: bobsCarrier, now: now), let toAlice = bob.drainOne(),
            case .request(_, let alicesCarrier, _) = alice.receive(fromBob, from: bob.endpoint, now: now),
            alice.reply(Party.response(2), over: alicesCarrier, now: now), let toBob = alice.drainOne(),
            case .established(let here, response: _?) = alice.receive(toAlice, from: bob.endpoint, now: now),
            case .established(let bobs, response: _?) = bob.receive(toBob, from: alice.endpoint, now: now),
            let alicesProof = alice.drainOne(), let bobsProof = bob.drainOne(),
            case .proven = bob.receive(alicesProof, from: alice.endpoint, now: now),
            case .proven = alice.receive(bobsProof, from: bob.endpoint, now: now)
        else { throw Failure() }
        return ((here, there), bobs)
    }

    private struct Failure: Error {}

    @Test func ofTwoOpenedAtOnceTheOneOfTheLowerIDIsUsed() throws {
        let (alices, bobs) = try openBoth(now: at(0))
        let isAlices = alice.id < bob.id
        #expect((alice.table.established(as: .node, with: bob.id) == alices.here) == isAlices)
        #expect(bob.table.established(as: .node, with: alice.id) == (isAlices ? alices.there : bobs))
        for minute in 1...9 {
            #expect(alice.exchange(3, with: bob, now: at(Double(minute) * 60)))
            #expect(bob.exchange(4, with: alice, now: at(Double(minute) * 60)))
        }
        for party in [alice, bob] { party.table.handleDeadline(now: at(630)) }
        #expect(alice.table.counts.sessions == 1 && bob.table.counts.sessions == 1, "the other fell idle")
        #expect(alice.exchange(5, with: bob, now: at(640)) && bob.exchange(6, with: alice, now: at(640)))
    }

    /// The one that is used is lost, as by a hint of somebody who saw a datagram of it: no handshake is needed.
    @Test func theOtherOfTwoServesWhereOneIsLost() throws {
        _ = try openBoth(now: at(0))
        let used = alice.table.established(as: .node, with: bob.id)
        #expect(alice.request(3, to: bob, now: at(1)) == .sent)
        let request = try #require(alice.drainOne())
        let hint = [4] + request[1..<5] + request.suffix(16)
        #expect(alice.receive(hint, from: bob.endpoint, now: at(1)) == .lost(as: .node, bob.id))
        #expect(alice.table.established(as: .node, with: bob.id) != used)
        #expect(alice.exchange(3, with: bob, now: at(1)))
    }

    @Test func whatWentThroughASessionRenewsItLongBeforeItIsUsedUp() throws {
        for party in [alice, bob] { party.table.budget = SessionBudget(renewal: 32, datagrams: 64) }
        let (old, _) = try #require(alice.open(to: bob, now: at(0)))
        var requestID: UInt32 = 2
        // The opener's first datagram was its proof.
        while requestID < 33 {
            #expect(alice.exchange(requestID, with: bob, now: at(1)), "\(requestID)")
            requestID += 1
        }
        #expect(alice.request(requestID, to: bob, now: at(1)) == .carried)
        let initiation = try #require(alice.drainOne())
        // The other side waits a little longer, so that not both renew.
        #expect(bob.exchange(200, with: alice, now: at(1)) && bob.exchange(201, with: alice, now: at(1)))
        #expect(bob.exchange(202, with: alice, now: at(1)))
        #expect(bob.request(203, to: alice, now: at(1)) == .carried)
        #expect(bob.drain().count == 1)
        guard case .request(_, let carrier, _) = bob.receive(initiation, from: alice.endpoint, now: at(1)),
            bob.reply(Party.response(requestID), over: carrier, now: at(1)), let response = bob.drainOne(),
            case .established(let new, response: _?) = alice.receive(response, from: bob.endpoint, now: at(1))
        else { throw Failure() }
        #expect(new > old && alice.table.established(as: .node, with: bob.id) == new)
    }

    @Test func aUsedUpSessionNeitherSendsNorReceives() throws {
        alice.table.budget = SessionBudget(renewal: 1_000, datagrams: 4)
        let (_, there) = try #require(alice.open(to: bob, now: at(0)))
        for requestID in 2...4 as ClosedRange<UInt32> { #expect(alice.exchange(requestID, with: bob, now: at(1))) }
        #expect(alice.request(5, to: bob, now: at(1)) == .carried, "a new handshake")
        _ = alice.drain()
        // Bob keeps to no such bound and sends on: Alice takes nothing beyond it.
        #expect(bob.exchange(1_001, with: alice, now: at(1)) == false, "there is no answer any more")
        _ = bob.reply(Party.response(9), over: .transport(there), now: at(1))
        let fifth = try #require(bob.drainOne())
        #expect(alice.receive(fifth, from: bob.endpoint, now: at(1)) == .nothing(.replayed))
    }

    @Test func aChangeOfModeIsSeenAfterTheNextRequest() throws {
        #expect(alice.open(to: bob, now: at(0)) != nil)
        for (step, mode) in [NodeMode.client, .server].enumerated() {
            let now = at(Double(step + 1))
            alice.table.mode = mode
            #expect(bob.exchange(UInt32(20 + step), with: alice, now: now), "who doesn't know yet is still answered")
            let (_, there) = try #require(alice.open(to: bob, requestID: UInt32(10 + step), now: now))
            #expect(bob.table.info(there)?.remoteMode == mode)
            #expect(bob.table.established(as: .node, with: alice.id) == there)
            #expect(alice.exchange(UInt32(30 + step), with: bob, now: now), "once only")
        }
    }
}
