import Basics
import Cryptography
import Sessions
import Testing
import Wire

/// One thing that can happen to a session at a time, datagram by datagram.
@Suite struct SessionStoryTests {
    let alice = Party(1)
    let bob = Party(2)

    @Test func firstContactCostsOneRoundTrip() throws {
        let (here, there) = try #require(alice.open(to: bob, now: at(0)))
        #expect(alice.received == Party.response(1))
        let ours = try #require(alice.table.info(here))
        let theirs = try #require(bob.table.info(there))
        #expect(ours.remoteKey == bob.key && ours.remoteID == bob.id && ours.isInitiator && ours.isProven)
        #expect(theirs.remoteKey == alice.key && theirs.remoteID == alice.id && !theirs.isInitiator && theirs.isProven)
        #expect(alice.table.indices(of: here) == bob.table.indices(of: there)?.reversed())
        #expect(ours.channelBinding == nil && theirs.channelBinding == nil, "servers read no mail")
        #expect(alice.table.established(as: .node, with: bob.id) == here)
        #expect(bob.table.established(as: .node, with: alice.id) == there)
        #expect(alice.exchange(2, with: bob, now: at(1)))
        #expect(bob.exchange(3, with: alice, now: at(1)))
    }

    @Test func aClientAndItsServerKnowTheirSessionByTheSameBinding() throws {
        let carol = Party(3, mode: .client)
        let (here, there) = try #require(carol.open(to: bob, now: at(0)))
        let (ours, theirs) = (carol.table.info(here)?.channelBinding, bob.table.info(there)?.channelBinding)
        #expect(ours != nil && ours == theirs)
    }

    @Test(arguments: [NodeMode.client, .server])
    func sessionsGoOverIPv6AsWell(mode: NodeMode) throws {
        let carol = Party(3, mode: mode)
        carol.endpoint = Endpoint(high: 0x2001_0db8_0000_0001, low: 0x0123_4567_89ab_cdef, port: 7_337)
        bob.endpoint = Endpoint(high: 0x2001_0db8_0000_0002, low: 0xffff_0a00_0001, port: 1)
        let (here, there) = try #require(carol.open(to: bob, now: at(0)))
        #expect(carol.table.info(here)?.endpoint == bob.endpoint && bob.table.info(there)?.endpoint == carol.endpoint)
        #expect((carol.table.info(here)?.channelBinding == nil) == (mode == .server))
        #expect(carol.exchange(2, with: bob, now: at(1)) && bob.exchange(3, with: carol, now: at(1)))
        // The same to the last bit, or it is another address: a datagram from there is of a new path.
        for (number, bit) in ([0, 31, 32, 63] as [UInt64]).enumerated() {
            _ = carol.request(4, to: bob, now: at(1))
            let request = try #require(carol.drainOne())
            let (high, low) = (carol.endpoint.high, carol.endpoint.low)
            let other =
                number % 2 == 0
                ? Endpoint(high: high ^ 1 << bit, low: low, port: 7_337)
                : Endpoint(high: high, low: low ^ 1 << bit, port: 7_337)
            guard case .request(there, .transport(there), _) = bob.receive(request, from: other, now: at(1)) else {
                throw Unexpected()
            }
        }
        #expect(bob.table.info(there)?.endpoint == carol.endpoint)
    }

    @Test func copiesOfATableKeepTheirKeys() throws {
        let client = alice.table.addClientIdentity(SecretKey(Bytes32(words: (1, 2, 3, 4))))
        let (first, _) = try #require(alice.open(to: bob, as: client, now: at(0)))
        var copy = alice.table
        for number in 0..<UInt64(Limits.identities) {
            _ = copy.addClientIdentity(SecretKey(Bytes32(words: (number, 5, 6, 7))))
        }
        #expect(copy.info(first) == nil, "the copy has ended the session and wiped its keys")
        #expect(alice.table.info(first) != nil)
        #expect(alice.request(2, to: bob, as: client, now: at(1)) == .sent)
        let request = try #require(alice.drainOne())
        guard case .request = bob.receive(request, from: alice.endpoint, now: at(1)) else { throw Unexpected() }
    }

    private struct Unexpected: Error {}

    @Test func theOpenerIsNothingBeforeItsFirstTransportDatagram() throws {
        _ = alice.request(1, to: bob, now: at(0))
        let initiation = try #require(alice.drainOne())
        #expect(initiation.count == Limits.datagramSize)
        guard case .request(let session, let carrier, _) = bob.receive(initiation, from: alice.endpoint, now: at(0))
        else {
            Issue.record("no request")
            return
        }
        #expect(bob.table.info(session)?.channelBinding == nil)
        #expect(bob.reply(Party.response(1), over: carrier, now: at(0)))
        #expect(!bob.reply(Party.response(1), over: carrier, now: at(0)))
        #expect(bob.table.info(session)?.isProven == false)
        #expect(bob.table.established(as: .node, with: alice.id) == nil)
        // A request of Bob's own needs a handshake of its own.
        #expect(bob.request(9, to: alice, now: at(0)) == .carried)
    }

    @Test func modesAreStated() throws {
        let client = Party(3, mode: .client)
        let (_, there) = try #require(client.open(to: bob, now: at(0)))
        #expect(bob.table.info(there)?.remoteMode == .client)
        let identity = alice.table.addClientIdentity(SecretKey(Bytes32(words: (1, 2, 3, 4))))
        let (here, personal) = try #require(alice.open(to: bob, as: identity, now: at(0)))
        let info = try #require(bob.table.info(personal))
        #expect(info.remoteMode == .client && info.remoteKey != alice.key)
        #expect(info.remoteKey == alice.table.publicKey(of: identity))
        #expect(alice.table.info(here)?.remoteMode == .server)
        #expect(alice.table.established(as: .node, with: bob.id) == nil)
    }

    @Test func aRetrySendsTheSameInitiation() throws {
        #expect(alice.request(1, to: bob, now: at(0)) == .carried)
        let first = try #require(alice.drainOne())
        #expect(alice.request(1, to: bob, now: at(0.01)) == .carried)
        #expect(alice.drain().isEmpty, "just sent")
        #expect(alice.request(1, to: bob, now: at(1)) == .carried)
        #expect(alice.drainOne() == first)
        for attempt in 2..<20 { _ = alice.request(1, to: bob, now: at(Double(attempt) / 5 + 1)) }
        #expect(alice.drain().count == Limits.initiationSends - 2)
        #expect(alice.request(1, to: bob, now: at(11)) == .carried)
        #expect(try #require(alice.drainOne()) != first, "a new handshake after the old one's time")
    }

    @Test func requestsQueueBehindAHandshake() throws {
        #expect(alice.request(1, to: bob, now: at(0)) == .carried)
        for number in 2..<UInt32(2 + Limits.requestsPerHandshake) {
            #expect(alice.request(number, to: bob, now: at(0)) == .queued)
            #expect(alice.request(number, to: bob, now: at(0)) == .queued, "once only")
        }
        #expect(alice.request(99, to: bob, now: at(0)) == .full)
        let initiation = try #require(alice.drainOne())
        guard case .request(let session, let carrier, _) = bob.receive(initiation, from: alice.endpoint, now: at(0))
        else {
            Issue.record("no request")
            return
        }
        #expect(bob.reply([], over: carrier, now: at(0)))
        let response = try #require(bob.drainOne())
        guard case .established(_, response: nil) = alice.receive(response, from: bob.endpoint, now: at(0)) else {
            Issue.record("not established")
            return
        }
        let datagrams = alice.drain()
        #expect(datagrams.count == Limits.requestsPerHandshake)
        for (position, datagram) in datagrams.enumerated() {
            let received = bob.receive(datagram.bytes, from: alice.endpoint, now: at(0))
            let header = Party.header(UInt32(position + 2))
            #expect(received == .request(session, .transport(session), header))
            #expect(bob.received == Party.request(UInt32(position + 2)))
        }
        #expect(bob.table.info(session)?.isProven == true)
    }

    @Test func anAnswerThatWaitsForTheDiskFollowsTheHandshake() throws {
        _ = alice.request(1, to: bob, now: at(0))
        let initiation = try #require(alice.drainOne())
        guard case .request(_, let carrier, _) = bob.receive(initiation, from: alice.endpoint, now: at(0)) else {
            Issue.record("no request")
            return
        }
        #expect(bob.table.maximumReply(over: carrier) == Limits.bodySize)
        #expect(bob.reply([], over: carrier, now: at(0)))
        let response = try #require(bob.drainOne())
        let later = bob.table.laterCarrier(of: carrier)
        let answer = Party.response(1, padding: Limits.bodySize - 5)
        #expect(bob.table.maximumReply(over: later) == Limits.bodySize)
        #expect(bob.reply(answer, over: later, now: at(0.1)))
        #expect(!bob.reply(answer, over: later, now: at(0.1)), "the address proved nothing: no more than it sent")
        #expect(bob.table.maximumReply(over: later) < Limits.bodySize)
        let datagram = try #require(bob.drainOne())
        // The answer overtakes the handshake: it is dropped without a hint and would come again.
        #expect(alice.receive(datagram, from: bob.endpoint, now: at(0.2)) == .nothing(.unexpected))
        guard
            case .established(let here, response: nil) = alice.receive(response, from: bob.endpoint, now: at(0.2))
        else {
            Issue.record("not established")
            return
        }
        let confirmation = try #require(alice.drainOne())
        #expect(
            alice.receive(datagram, from: bob.endpoint, now: at(0.2))
                == .response(here, Party.header(1, isResponse: true)))
        #expect(alice.received == answer)
        _ = bob.receive(confirmation, from: alice.endpoint, now: at(0.2))
        #expect(bob.table.maximumReply(over: later) == Limits.bodySize)
    }

    @Test func aReplayedInitiationProvesNothing() throws {
        _ = alice.request(1, to: bob, now: at(0))
        let initiation = try #require(alice.drainOne())
        _ = bob.receive(initiation, from: alice.endpoint, now: at(0))
        let thief = Endpoint(ipv4: 0x0a00_0063, port: 9)
        guard case .request(let session, let carrier, _) = bob.receive(initiation, from: thief, now: at(1)) else {
            Issue.record("a replay is harmless, not refused")
            return
        }
        #expect(bob.reply(Party.response(1), over: carrier, now: at(1)))
        let response = try #require(bob.drainOne())
        #expect(bob.table.info(session)?.isProven == false)
        #expect(
            alice.receive(response, from: thief, now: at(1)) == .nothing(.unexpected), "not from where it was asked")
        bob.table.handleDeadline(now: at(11))
        #expect(bob.table.info(session) == nil)
        #expect(bob.table.counts.sessions == 0)
        let deadline = try #require(bob.table.nextDeadline)
        #expect(deadline >= at(601) && deadline <= at(601.1) + SessionTimes.housekeeping)
    }

    @Test func anotherNetworkIsNotUnderstood() throws {
        let alice = Party(1, network: "test")
        let bob = Party(2, network: "main")
        _ = alice.request(1, to: bob, now: at(0))
        let initiation = try #require(alice.drainOne())
        #expect(bob.receive(initiation, from: alice.endpoint, now: at(0)) == .nothing(.unauthentic))
        #expect(bob.drain().isEmpty && bob.table.counts.sessions == 0)
    }

    @Test func helloTellsTheKey() throws {
        alice.hello(nonce: 77, to: bob)
        let hello = try #require(alice.drainOne())
        #expect(bob.receive(hello, from: alice.endpoint, now: at(0)) == .hello(nonce: 77))
        let answer = try #require(bob.drainOne())
        #expect(answer.count <= hello.count)
        #expect(
            alice.receive(answer, from: bob.endpoint, now: at(0))
                == .helloAnswer(HelloAnswer(nonce: 77, key: bob.key, mode: .server, observed: alice.endpoint)))
    }
}
