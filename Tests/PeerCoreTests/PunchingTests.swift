import Basics
import Exchange
import PeerCore
import Testing

/// Who gets a way to whom, when nobody's record says where they are.
@Suite struct PunchingTests {
    /// Two people whom others don't reach. The second has written to the first.
    private func hidden(
        second: EndpointReaders = .everyone, writes: Bool = true
    ) throws -> (World, alice: Person, bob: Person) {
        let world = World()
        let alice = world.addPerson(1)
        let bob = world.addPerson(2, endpointReaders: second)
        for person in [alice, bob] {
            world.schedule(.unreachable, for: person)
            world.schedule(.placeChanged(place(of: person)), for: person)
        }
        world.run(for: .seconds(5))
        if writes {
            try bob.send("hello, Alice", to: alice, world)
            world.run(for: .seconds(60))
        }
        return (world, alice, bob)
    }

    private func place(of person: Person, observed: Endpoint? = nil, local: [Endpoint] = []) -> OwnPlace {
        OwnPlace(
            key: person.contact.key, observed: [observed ?? person.contact.ipv4].compactMap(\.self), local: local)
    }

    /// Sends a message. Returns whether it arrived straight.
    private func isDirect(_ text: String, from sender: Person, to recipient: Person, _ world: World) throws -> Bool {
        let id = try sender.send(text, to: recipient, world)
        world.run(for: .seconds(10))
        return sender.agent.message(id)?.via == .direct
    }

    /// What became of somebody's offers that were passed on.
    private func offers(of person: Person, _ world: World) -> [[UInt8]?] {
        world.punching.passed.filter { $0.asker == person.index }.map(\.answer)
    }

    @Test func theNextMessageGoesStraightBothWays() throws {
        let (world, alice, bob) = try hidden()
        #expect(try !isDirect("one", from: alice, to: bob, world))
        #expect(world.punching.answered.count == 1)
        #expect(try isDirect("two", from: alice, to: bob, world))
        #expect(try isDirect("three", from: bob, to: alice, world))
        #expect(offers(of: alice, world).count == 1, "a way that is open isn't asked for")
        #expect(offers(of: bob, world) == [[]], "he was a stranger then")
    }

    @Test func strangersGetNoAnswer() throws {
        let (world, alice, bob) = try hidden(writes: false)
        #expect(try !isDirect("one", from: alice, to: bob, world))
        #expect(offers(of: alice, world) == [[]])
        #expect(try !isDirect("two", from: alice, to: bob, world))
        #expect(offers(of: alice, world).count == 1, "it isn't tried again at once")
        world.run(for: Limits.offerPause)
        #expect(try !isDirect("three", from: alice, to: bob, world))
        #expect(offers(of: alice, world) == [[], []])
        #expect(world.punching.ways.isEmpty)
    }

    @Test func whoIsBlockedGetsNoAnswerAndNoOffer() throws {
        let (world, alice, bob) = try hidden()
        #expect(bob.decide(.blocked, about: alice, world))
        #expect(try !isDirect("one", from: alice, to: bob, world))
        #expect(offers(of: alice, world) == [[]])
        let (other, carol, dave) = try hidden()
        #expect(carol.decide(.blocked, about: dave, other))
        _ = try? carol.send("one", to: dave, other)
        other.run(for: .seconds(10))
        #expect(offers(of: carol, other).isEmpty)
    }

    @Test func whoseEndpointsNobodyMayReadAnswersNothing() throws {
        let (world, alice, bob) = try hidden(second: .nobody)
        #expect(try !isDirect("one", from: alice, to: bob, world))
        #expect(try !isDirect("two", from: bob, to: alice, world))
        #expect(offers(of: bob, world).isEmpty && world.punching.ways.isEmpty)
    }

    /// Repeated by a buddy, at another mailbox, or much later: an offer is answered once.
    @Test func anOfferIsAnsweredOnce() throws {
        let (world, alice, bob) = try hidden()
        _ = try isDirect("one", from: alice, to: bob, world)
        let first = try #require(world.punching.answered.first)
        world.punching.pass(first.offer, first.command, from: alice, to: bob, first.mailbox, in: world)
        let other = try #require(bob.acceptedMailboxes.first { $0 != first.mailbox })
        world.punching.pass(first.offer, first.command, from: alice, to: bob, other, in: world)
        world.run(for: .seconds(Limits.offerAge + 1))
        world.punching.pass(first.offer, first.command, from: alice, to: bob, first.mailbox, in: world)
        world.run(for: .seconds(2 * Limits.offerAge))
        world.punching.pass(first.offer, first.command, from: alice, to: bob, first.mailbox, in: world)
        world.run(for: .seconds(5))
        #expect(offers(of: alice, world).count == 5 && world.punching.answered.count == 1)
    }

    @Test func anAnswerThatIsChangedOpensNothing() throws {
        let (world, alice, bob) = try hidden()
        world.punching.changesAnswer = { [$0[0] ^ 1] + $0[1...] }
        #expect(try !isDirect("one", from: alice, to: bob, world))
        #expect(world.punching.ways.map(\.person) == [bob.index])
        #expect(try !isDirect("two", from: alice, to: bob, world))
    }

    /// One buddy that lies is one of those asked.
    @Test func whatABuddyMakesUpSpoilsNothing() throws {
        let (world, alice, bob) = try hidden()
        world.punching.madeUp = [UInt8](repeating: 7, count: 300)
        #expect(try !isDirect("one", from: alice, to: bob, world))
        #expect(try isDirect("two", from: alice, to: bob, world))
    }

    @Test func whatIsTriedInVainRests() throws {
        let (world, alice, bob) = try hidden()
        world.punching.opensWays = false
        for text in ["one", "two", "three"] { #expect(try !isDirect(text, from: alice, to: bob, world)) }
        #expect(offers(of: alice, world).count == 1)
        world.punching.opensWays = true
        world.run(for: Limits.wayPause)
        #expect(try !isDirect("four", from: alice, to: bob, world))
        #expect(try isDirect("five", from: alice, to: bob, world))
    }

    /// A way that leads nowhere any more costs its head start, and another is asked for.
    @Test func aWayThatFailsIsGivenUp() throws {
        let (world, alice, bob) = try hidden()
        _ = try isDirect("one", from: alice, to: bob, world)
        world.isDirectOpen = false
        #expect(try !isDirect("two", from: alice, to: bob, world))
        #expect(world.sent.last(where: \.isDirect) != nil)
        #expect(try !isDirect("three", from: alice, to: bob, world))
        #expect(offers(of: alice, world).count == 2)
        world.run(for: .seconds(30))
        #expect(bob.texts(world) == ["one", "two", "three"])
    }

    /// What is refused over a way may have been sealed by a record that is out of date, as over any.
    @Test func aRefusalHasTheRecordLookedForAnew() throws {
        let (world, alice, bob) = try hidden()
        _ = try isDirect("one", from: alice, to: bob, world)
        world.run(for: Limits.recordCacheTimeAway)
        #expect(try isDirect("two", from: alice, to: bob, world))
        let asked = try #require(world.recordsAsked[alice.index])
        #expect(try isDirect("three", from: alice, to: bob, world))
        #expect(world.recordsAsked[alice.index] == asked, "it is known")
        world.refusesDeliveries = true
        #expect(try !isDirect("four", from: alice, to: bob, world))
        world.refusesDeliveries = false
        #expect(try isDirect("five", from: alice, to: bob, world), "the way stays open")
        #expect(world.recordsAsked[alice.index] == asked + 1)
    }

    /// The addresses of a household are for those behind the same NAT: seen at the same address.
    @Test(arguments: [true, false]) func neighboursAreToldOfTheHousehold(areNeighbours: Bool) throws {
        let (world, alice, bob) = try hidden()
        let (home, seen) = (Endpoint(ipv4: 0xcb00_7101, port: 1_024), Endpoint(ipv4: 0xcb00_7101, port: 1_025))
        world.punching.seen = [alice.index: home, bob.index: seen]
        let (near, global) = (
            Endpoint(ipv4: 0xc0a8_0107, port: 7_337), Endpoint(high: 0x2001 << 48, low: 7, port: 7_337)
        )
        let observed = areNeighbours ? seen : Endpoint(ipv4: 0xcb00_7109, port: 7_337)
        world.schedule(.placeChanged(place(of: bob, observed: observed, local: [near, global])), for: bob)
        world.schedule(.placeChanged(place(of: alice, observed: home)), for: alice)
        world.run(for: .seconds(1))
        _ = try isDirect("one", from: alice, to: bob, world)
        let way = try #require(world.punching.ways.first { $0.person == alice.index })
        #expect(way.endpoints == (areNeighbours ? [near, seen, global] : [seen, global]))
    }

    @Test func aMessageOfTwoPeopleIsReadAsItWasWritten() throws {
        let question = WayMessage.Question(
            peer: PeerID(Bytes32(words: (1, 2, 3, 4))), time: UnixTime(seconds: 1_800_000_000), nonce: .max)
        let endpoints = [Endpoint(ipv4: 0xcb00_7109, port: 1), Endpoint(high: 1 << 61, low: 9, port: 65_535)]
        for message in [
            WayMessage(question: question, key: PublicKey(.zero), endpoints: endpoints),
            WayMessage(key: PublicKey(.zero), endpoints: []),
            WayMessage(
                question: question, key: PublicKey(.zero),
                endpoints: (1...20).map { Endpoint(ipv4: 0xcb00_7100 + $0, port: 9) }),
        ] {
            let bytes = message.bytes
            #expect(bytes.count == 256)
            let read = WayMessage(bytes.span.bytes)
            #expect(read == message)
            for count in 0..<256 { _ = WayMessage(bytes.span.extracting(..<count).bytes) }
        }
    }
}
