import Basics
import PeerCore
import Testing

/// Requests, and people who are blocked.
@Suite struct StandingTests {
    let world: World
    let alice: Person
    let bob: Person

    init() { (world, alice, bob) = World.ofTwo() }

    @Test func whoWritesFirstIsARequestUntilAnswered() throws {
        #expect(bob.agent.standing(of: bob.id) == .accepted)
        try alice.send("hello", to: bob, world)
        world.run(for: .seconds(2))
        #expect(bob.agent.standing(of: alice.id) == .request && alice.agent.standing(of: bob.id) == .accepted)
        #expect(bob.agent.conversations(after: nil, limit: 1, now: world.now).first?.standing == .request)
        try bob.send("answer", to: alice, world)
        world.run(for: .seconds(2))
        #expect(bob.agent.standing(of: alice.id) == .accepted)
    }

    @Test func aDecisionOutlivesARestart() throws {
        try alice.send("hello", to: bob, world)
        world.run(for: .seconds(2))
        #expect(bob.decide(.accepted, about: alice, world))
        bob.restart(world)
        #expect(bob.agent.standing(of: alice.id) == .accepted)
        #expect(bob.decide(.blocked, about: alice, world))
        bob.restart(world)
        #expect(bob.agent.standing(of: alice.id) == .blocked && bob.agent.blockedPeers() == [alice.id])
        #expect(bob.decide(.request, about: alice, world))
        #expect(bob.agent.standing(of: alice.id) == .request && bob.agent.blockedPeers().isEmpty)
        #expect(!bob.decide(.blocked, about: bob, world), "oneself")
        #expect(bob.notices.contains(.conversationChanged(alice.id)))
    }

    /// Directly and by the mailbox, however often it is sent again: nothing is shown, and its sender doesn't hear that it was read.
    @Test(arguments: [true, false]) func whatABlockedPeerWritesIsDropped(isDirect: Bool) throws {
        world.isDirectOpen = isDirect
        try alice.send("before", to: bob, world)
        world.run(for: .seconds(60))
        #expect(bob.decide(.blocked, about: alice, world))
        let id = try alice.send("dropped", to: bob, world)
        world.run(for: .seconds(600))
        #expect(bob.texts(world) == ["before"])
        #expect(alice.state(id) == .collected)
        bob.restart(world)
        world.run(for: .seconds(86_400 * 2))
        #expect(alice.state(id) == .collected, "sealed anew, and dropped again")
        #expect(bob.texts(world) == ["before"])
        #expect(throws: SendError.peerBlocked) { try bob.send("to the blocked", to: alice, world) }

        #expect(bob.decide(.request, about: alice, world))
        let later = try alice.send("after", to: bob, world)
        world.run(for: .seconds(isDirect ? 2 : 60))
        #expect(bob.texts(world) == ["before", "after"], "it doesn't wait for what was dropped")
        #expect(alice.state(later) == .delivered)
        // What its sender has not given up comes again, and is then as good as any other.
        world.run(for: .seconds(86_400 * 3))
        #expect(bob.texts(world) == ["before", "dropped", "after"])
        #expect(alice.state(id) == .delivered)
        bob.markRead(bob.agent.inbox(InboxFilter(), now: world.now).map(\.id), world)
        world.run(for: .seconds(86_400 * 3))
        #expect(bob.agent.inbox(InboxFilter(), now: world.now).allSatisfy { $0.isRead })
        #expect(bob.delete([.message(id)], world) == 1, "it is known by its ID for good")
    }

    @Test func whatStaysDroppedHasFailed() throws {
        #expect(bob.decide(.blocked, about: alice, world))
        let id = try alice.send("dropped", to: bob, world)
        world.run(for: .seconds(86_400 * 20))
        #expect(alice.state(id) == .failed && bob.texts(world).isEmpty)
        #expect(bob.agent.conversations(after: nil, limit: 1, now: world.now).isEmpty)
    }

    @Test func decisionsAreExported() throws {
        let carol = world.addPerson(3)
        #expect(bob.decide(.blocked, about: alice, world) && bob.decide(.accepted, about: carol, world))
        let copy = try world.move(bob)
        #expect(copy.agent.blockedPeers() == [alice.id] && copy.agent.standing(of: carol.id) == .accepted)
    }
}
