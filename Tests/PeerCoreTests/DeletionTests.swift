import Basics
import PeerCore
import Testing

/// What a person deletes is gone, whatever still comes.
@Suite struct DeletionTests {
    let world: World
    let alice: Person
    let bob: Person

    init() { (world, alice, bob) = World.ofTwo() }

    private func keys(_ prefix: Unicode.Scalar) -> Int {
        var count = 0
        bob.store.scan(.inbox, prefix: [UInt8(ascii: prefix)], after: nil) { _, _ in
            count += 1
            return true
        }
        return count
    }

    @Test func whatWasDeletedDoesNotComeBack() throws {
        // It comes straight, and a copy that was brought to the mailbox meanwhile is found later.
        let id = try alice.send("once", to: bob, world)
        try alice.send("twice", to: bob, world)
        world.run(for: .seconds(2))
        #expect(bob.texts(world) == ["once", "twice"])
        #expect(bob.delete([.message(id)], world) == 1)
        #expect(bob.delete([.message(id)], world) == 0)
        #expect(bob.texts(world) == ["twice"])
        let name = try #require(alice.agent.message(id))
        #expect(name.state == .delivered)
        bob.stop()
        bob.restart(world)
        world.run(for: .seconds(60))
        #expect(bob.texts(world) == ["twice"])
        #expect(keys("t") == 1 && keys("o") == 1 && keys("u") == 1, "text, place and mark are gone")
        #expect(keys("i") == 2, "that it came is remembered")
    }

    @Test func isForgottenWhenNoCopyCanComeAnyMore() throws {
        let id = try alice.send("once", to: bob, world)
        world.run(for: .seconds(2))
        #expect(bob.delete([.message(id)], world) == 1)
        world.run(for: .seconds(86_400 * Double(Limits.envelopeDaysAccepted)))
        #expect(keys("i") == 1)
        world.run(for: .seconds(86_400 * 2))
        #expect(keys("i") == 0 && keys("x") == 0)
    }

    @Test func aPositionNamesOneOfTwoSendersMessages() throws {
        let id = try alice.send("mine", to: bob, world)
        let other = try bob.send("my own", to: bob, world)
        world.run(for: .seconds(5))
        let positions = bob.agent.inbox(InboxFilter(), now: world.now).map(\.position)
        #expect(positions.count == 2)
        let forged = InboxPosition(lamport: positions[0].lamport, from: bob.id, id: id)
        #expect(bob.delete([.position(forged)], world) == 0, "not this sender's")
        #expect(bob.delete([.position(try #require(positions.first { $0.id == other }))], world) == 1)
        #expect(bob.texts(world) == ["mine"])
    }

    /// What a call reaches and tells goes where its driver looks.
    @Test func whatADeletionReachesIsCounted() throws {
        let id = try alice.send("once", to: bob, world)
        try alice.send("twice", to: bob, world)
        world.run(for: .seconds(2))
        var (agent, outbox) = (bob.agent, PeerOutbox())
        outbox.marks = .counting
        let deleted = agent.delete([.message(id)], now: world.now, into: &outbox)
        let portion = agent.deleteConversation(with: alice.id, now: world.now, into: &outbox)
        #expect(deleted == 1 && portion.count == 1)
        #expect(outbox.marks[.receivedMessageDeleted] == 2)
    }

    @Test func aDeletedConversationIsToldOnce() throws {
        try alice.send("once", to: bob, world)
        world.run(for: .seconds(2))
        try bob.send("answer", to: alice, world)
        world.run(for: .seconds(2))
        let before = bob.notices.count
        #expect(bob.deleteConversation(with: alice, world) == 2)
        #expect(bob.notices.dropFirst(before).count { $0 == .conversationChanged(alice.id) } == 1)
    }

    @Test func aFullInboxHasRoomAgain() throws {
        for number in 0..<10 { try alice.send("\(number)", to: bob, world) }
        world.run(for: .seconds(5))
        let before = bob.agent.inboxMessages
        #expect(before == 10)
        #expect(bob.delete(bob.agent.inbox(InboxFilter(), now: world.now).map { .position($0.position) }, world) == 10)
        #expect(bob.agent.inboxMessages == 0)
    }
}
