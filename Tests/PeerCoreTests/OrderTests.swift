import Basics
import PeerCore
import Testing

/// In which order, and how often, messages are shown.
@Suite struct OrderTests {
    let world: World
    let alice: Person
    let bob: Person

    init() { (world, alice, bob) = World.ofTwo() }

    private var received: [String] {
        bob.notices.compactMap {
            if case .received(let message) = $0 { message.text } else { nil }
        }
    }

    /// Sends through the mailbox and takes the envelopes out of it, in the order of sending.
    private func envelopes(_ texts: [String]) throws -> (
        mailbox: Location, envelopes: [(id: EnvelopeID, bytes: [UInt8])]
    ) {
        bob.stop()
        for text in texts {
            try alice.send(text, to: bob, world)
            world.run(for: .seconds(5))
        }
        let (mailbox, held) = try #require(world.mailboxes.first { !$0.value.isEmpty })
        #expect(held.count == texts.count)
        world.mailboxes = [:]
        alice.stop()
        bob.restart(world)
        world.run(for: .seconds(40))
        return (mailbox, held)
    }

    @Test func aLaterMessageWaitsForTheOneBeforeIt() throws {
        let (mailbox, held) = try envelopes(["one", "two", "three"])
        world.mailboxes[mailbox] = [held[2]]
        world.run(for: .seconds(60))
        #expect(bob.fetched.count == 1)
        #expect(received == ["three"], "no longer than it is worth")

        world.mailboxes[mailbox] = [held[1]]
        world.run(for: .seconds(26))
        #expect(bob.texts(world) == ["three"])
        world.mailboxes[mailbox] = [held[0]]
        world.run(for: .seconds(40))
        #expect(bob.texts(world) == ["one", "two", "three"])
    }

    @Test func aMessageWhoseShowingCannotBeWrittenDownIsShownOnce() throws {
        let (mailbox, held) = try envelopes(["one", "two"])
        world.mailboxes[mailbox] = [held[1]]
        for _ in 0..<60 where bob.fetched.isEmpty { world.run(for: .seconds(1)) }
        world.run(for: .seconds(Limits.withholdingSeconds - 3))
        #expect(received.isEmpty)
        bob.nextResult = .failed
        world.run(for: .seconds(5))
        #expect(bob.nextResult == .committed, "the failure has happened")
        world.run(for: .seconds(60))
        #expect(received == ["two"])
    }

    @Test func theyAreShownTogetherInOrder() throws {
        let (mailbox, held) = try envelopes(["one", "two", "three", "four"])
        world.mailboxes[mailbox] = [held[3], held[1], held[0], held[2]]
        world.run(for: .seconds(40))
        #expect(received == ["one", "two", "three", "four"])
        #expect(bob.texts(world) == received)
    }

    @Test func whatWaitsIsStillWaitingAfterARestart() throws {
        let (mailbox, held) = try envelopes(["one", "two"])
        world.mailboxes[mailbox] = [held[1]]
        while bob.fetched.isEmpty { world.run(for: .seconds(1)) }
        world.run(for: .seconds(1))
        #expect(bob.texts(world).isEmpty)
        bob.restart(world)
        #expect(bob.texts(world).isEmpty)
        world.run(for: .seconds(35))
        #expect(bob.texts(world) == ["two"])
        #expect(received == ["two"], "and it is announced")
    }

    @Test func copiesAreTakenInOnce() throws {
        let (mailbox, held) = try envelopes(["one"])
        world.mailboxes[mailbox] = held
        world.run(for: .seconds(60))
        for _ in 0..<3 {
            world.mailboxes[mailbox] = held
            bob.restart(world)
            world.run(for: .seconds(60))
        }
        #expect(received == ["one"])
        #expect(bob.texts(world) == ["one"])
        #expect(bob.fetched.count == 1, "what is done isn't fetched again")
        #expect(world.holdsNoMail == false || world.mailboxes[mailbox]?.isEmpty == true)
    }

    @Test func repliesComeAfterWhatTheyAnswer() throws {
        for index in 0..<6 {
            let (from, to) = index.isMultiple(of: 2) ? (alice, bob) : (bob, alice)
            try from.send("\(index)", to: to, world)
            world.run(for: .seconds(2))
        }
        let lamports =
            (alice.agent.inbox(InboxFilter(), now: world.now) + bob.agent.inbox(InboxFilter(), now: world.now))
            .sorted { $0.position < $1.position }
        #expect(lamports.map(\.text) == (0..<6).map { "\($0)" })
    }

    @Test func theInboxIsReadPageByPage() throws {
        for index in 0..<10 { try alice.send("\(index)", to: bob, world) }
        world.run(for: .seconds(10))
        var filter = InboxFilter(from: alice.id, limit: 3)
        var texts: [String] = []
        while true {
            let page = bob.agent.inbox(filter, now: world.now)
            guard let last = page.last else { break }
            texts += page.map(\.text)
            filter.after = last.position
        }
        #expect(texts == (0..<10).map { "\($0)" })
        #expect(bob.agent.inbox(InboxFilter(from: bob.id), now: world.now).isEmpty)
        #expect(alice.agent.outgoingMessages().map(\.text) == texts)
        let third = alice.agent.outgoingMessages()[2].id
        #expect(alice.agent.outgoingMessages(after: third, limit: 2).map(\.text) == ["3", "4"])
    }

    /// Its header opens, so that Bob knows that it was sealed to his keys; what follows was changed.
    @Test func whatWasSealedToTheOwnPrekeyAndChangedIsThrownOut() throws {
        let (mailbox, held) = try envelopes(["one"])
        var garbage = held[0].bytes
        garbage[1_500] ^= 1
        let id = EnvelopeID(hashing: garbage.span.bytes)
        world.mailboxes[mailbox] = [(id, garbage)]
        world.garbage = [id]
        bob.fetched = []
        world.run(for: .seconds(40))
        #expect(bob.fetched == [id])
        #expect(bob.texts(world).isEmpty)
        #expect(world.holdsNoMail)
    }
}
