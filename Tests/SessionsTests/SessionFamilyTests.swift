import Basics
import Cryptography
import Sessions
import Testing
import Wire

/// A node with an address of each family, of which one may not answer.
@Suite struct SessionFamilyTests {
    private let ipv6 = Endpoint("[2a10::2]:7337")!

    /// The repetition of a handshake goes to the other family; an answer counts from wherever it was sent to, late or not.
    @Test(arguments: [true, false])
    func anAnswerCountsFromEitherFamily(isFromFirst: Bool) {
        let (alice, bob) = (Party(1), Party(2))
        #expect(alice.request(1, to: bob, now: at(0)) == .carried)
        let first = alice.drain()
        #expect(alice.request(1, to: bob, at: ipv6, now: at(1)) == .carried)
        let second = alice.drain()
        #expect(first.map(\.to) == [bob.endpoint] && second.map(\.to) == [ipv6])
        #expect(first.map(\.bytes) == second.map(\.bytes), "the same initiation")
        guard case .request(_, let carrier, _) = bob.receive(first[0].bytes, from: alice.endpoint, now: at(1)),
            bob.reply(Party.response(1), over: carrier, now: at(1)), let response = bob.drainOne()
        else {
            Issue.record("no answer")
            return
        }
        let elsewhere = Endpoint(ipv4: 0x0a00_0063, port: 9)
        #expect(alice.receive(response, from: elsewhere, now: at(1)) == .nothing(.unexpected))
        let place = isFromFirst ? bob.endpoint : ipv6
        guard case .established(let session, response: _?) = alice.receive(response, from: place, now: at(2))
        else {
            Issue.record("an answer from \(place) is not believed")
            return
        }
        #expect(alice.table.info(session)?.endpoint == place)
    }

    /// Both sides of a handshake tell what the other can't see; client keys and clients tell nothing.
    @Test func bothSidesTellTheirOtherEndpoint() throws {
        let (alice, bob) = (Party(1), Party(2))
        let own = Endpoint("[2a10::1]:7337")!
        alice.table.ownEndpoints.ipv6 = own
        bob.table.ownEndpoints.ipv6 = ipv6
        #expect(alice.open(to: bob, now: at(0)) != nil)
        #expect(bob.table.takeAlternate()?.endpoint == own)
        #expect(alice.table.takeAlternate()?.endpoint == ipv6)
        #expect(alice.table.takeAlternate() == nil, "once")

        var random = SeededGenerator(seed: 5)
        let client = alice.table.addClientIdentity(SecretKey(random.bytes32()))
        #expect(alice.open(to: bob, requestID: 2, as: client, now: at(1)) != nil)
        #expect(bob.table.takeAlternate() == nil, "a client key mustn't show whose it is")
        #expect(alice.table.takeAlternate()?.endpoint == ipv6)

        let carol = Party(3, mode: .client)
        carol.table.ownEndpoints.ipv6 = own
        #expect(carol.open(to: bob, now: at(2)) != nil)
        #expect(bob.table.takeAlternate() == nil, "nobody is to dial who can't be reached")
    }
}
