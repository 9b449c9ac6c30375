import Basics
import PeerCore
import Testing

/// Messages to somebody whose own node doesn't answer: only the first finds that out.
@Suite struct DirectWayTests {
    let world: World
    let alice: Person
    let bob: Person

    init() { (world, alice, bob) = World.ofTwo() }

    private var direct: Int { world.sent.count(where: \.isDirect) }

    /// How long a message of Alice's takes until it is stored.
    private func timeToStore(_ text: String) throws -> Duration {
        let (id, begin) = (try alice.send(text, to: bob, world), world.now.monotonic)
        for _ in 0..<200 {
            if alice.state(id) == .stored { return world.now.monotonic - begin }
            world.run(for: .milliseconds(10))
        }
        return .seconds(3_600)
    }

    @Test func onlyTheFirstMessageWaitsForAShutWay() throws {
        bob.stop()
        #expect(try timeToStore("first") >= Limits.directHeadStart)
        world.run(for: .seconds(4))
        let tried = direct
        for number in 0..<20 {
            #expect(try timeToStore("\(number)") < Limits.directHeadStart, "\(number)")
        }
        #expect(direct == tried, "known to be shut")
        world.run(for: .seconds(20))
        #expect(try timeToStore("last") < Limits.directHeadStart, "what is tried again is raced")
        #expect(direct == tried + 1)
    }

    /// Strangers don't learn where Carol is: their mail takes the mailbox, until she has written to them.
    @Test(arguments: [EndpointReaders.accepted, .nobody])
    func endpointsAreForThoseWhomTheirOwnerHasWrittenTo(_ readers: EndpointReaders) throws {
        let carol = world.addPerson(3, endpointReaders: readers)
        world.run(for: .seconds(5))
        let first = try alice.send("first", to: carol, world)
        world.run(for: .seconds(60))
        // Nor do they learn it by her receipts.
        #expect(direct == 0)
        #expect(carol.acceptedMailboxes.isEmpty == (readers == .nobody))
        #expect(carol.texts(world) == ["first"] && alice.state(first) == .delivered)
        // What waits was written when her record named no endpoint, a moment before she answers.
        try alice.send("another", to: carol, world)
        world.run(for: .seconds(2))
        try carol.send("answer", to: alice, world)
        world.run(for: .seconds(2))
        #expect((direct == 0) == (readers == .nobody))
        let second = try alice.send("second", to: carol, world)
        world.run(for: .seconds(60))
        #expect(alice.state(second) == .delivered)
        #expect(alice.agent.message(second)?.via == (readers == .accepted ? .direct : .mailbox))
        // What Alice knows is in her store.
        alice.restart(world)
        world.run(for: .seconds(5))
        let third = try alice.send("third", to: carol, world)
        world.run(for: .seconds(60))
        #expect(alice.agent.message(third)?.via == (readers == .accepted ? .direct : .mailbox))
    }

    @Test func aMultitudeIsStoredAtOnceAndFewTryTheWay() throws {
        bob.stop()
        let begin = world.now.monotonic
        let messages = try (0..<300).map { try alice.send("\($0)", to: bob, world) }
        while world.now.monotonic - begin < .seconds(60), messages.contains(where: { alice.state($0) != .stored }) {
            world.run(for: .milliseconds(100))
        }
        // A place is free again at each quorum: 24 places, some 200 ms for each, and the head start once.
        #expect(world.now.monotonic - begin < .seconds(4), "\(world.now.monotonic - begin)")
        #expect(direct <= Limits.attemptsUnderWay + 10, "\(direct)")
    }

    @Test func whoComesBackIsReachedAtOnce() throws {
        bob.stop()
        for number in 0..<5 {
            _ = try timeToStore("\(number)")
            world.run(for: .seconds(30))
        }
        bob.restart(world)
        world.run(for: .seconds(5))
        // Bob's receipts came straight here, so that he is known to be there.
        let id = try alice.send("again", to: bob, world)
        world.run(for: .seconds(1))
        #expect(alice.state(id) == .delivered)
        #expect(alice.agent.message(id)?.via == .direct)
    }

    @Test func answersThatTakeLongerThanAHeadStartShutNoWay() throws {
        world.latency = .milliseconds(400)
        world.run(for: .seconds(10))
        let messages = try (0..<10).map { number in
            let id = try alice.send("\(number)", to: bob, world)
            world.run(for: .milliseconds(150))
            return id
        }
        world.run(for: .seconds(5))
        #expect(messages.allSatisfy { alice.state($0) == .delivered })
        #expect(messages.allSatisfy { alice.agent.message($0)?.via == .direct })
    }
}
