import Basics
import Cryptography
import PeerCore
import Testing
import Wire

/// Whoever a person writes to may write back into a mailbox that strangers flood.
@Suite struct AcceptedSenderTests {
    let world: World
    let alice: Person
    let bob: Person

    init() { (world, alice, bob) = World.ofTwo() }

    /// Whether what was brought to a mailbox last is what its buddies would take for an accepted sender's.
    private func isLastAccepted(by owner: Person) throws -> Bool {
        let mailbox = owner.profile.blinded(for: .mailbox, epoch: world.now.utc.epoch).location
        let last = try #require(world.sent.last { !$0.isDirect && $0.mailbox == mailbox })
        let record = try #require(world.records[last.mailbox], "no policy is published")
        let policy = try MailboxPolicy(decoding: record.span.bytes)
        return policy.accepts(last.envelope, in: last.mailbox, suite: Person.suite)
    }

    @Test func whoWasWrittenToIsAccepted() throws {
        world.isDirectOpen = false
        try alice.send("hello", to: bob, world)
        world.run(for: .seconds(5))
        #expect(try !isLastAccepted(by: bob), "Bob hasn't written to Alice")
        world.run(for: .seconds(60))
        #expect(bob.texts(world) == ["hello"])
        // Bob doesn't write, but his receipt is an accepted sender's: Alice has written to him.
        #expect(try isLastAccepted(by: alice))
        try alice.send("again", to: bob, world)
        world.run(for: .seconds(5))
        #expect(try !isLastAccepted(by: bob), "a receipt accepts nobody")

        try bob.send("hello, Alice", to: alice, world)
        world.run(for: .seconds(60))
        #expect(try isLastAccepted(by: alice))
        try alice.send("and so on", to: bob, world)
        world.run(for: .seconds(5))
        #expect(try isLastAccepted(by: bob))
    }

    /// What accepts them is durable with the message that says so.
    @Test func itOutlivesARestart() throws {
        world.isDirectOpen = false
        try bob.send("hello", to: alice, world)
        world.run(for: .seconds(60))
        #expect(alice.texts(world) == ["hello"])
        alice.restart(world)
        world.run(for: .seconds(5))
        bob.stop()
        try alice.send("hello, Bob", to: bob, world)
        world.run(for: .seconds(5))
        #expect(try isLastAccepted(by: bob))
    }

    /// The policy of the next epoch is out as early as its record: the mailbox moves at midnight, and nobody is a stranger then.
    @Test func policiesAreOutAheadLikeRecords() throws {
        let epoch = world.now.utc.epoch
        world.run(for: .seconds(4 * 86_400))
        #expect(world.now.utc.epoch == epoch)
        for person in [alice, bob] {
            for epoch in [epoch, epoch.advanced(by: 1)] {
                let location = person.profile.blinded(for: .mailbox, epoch: epoch).location
                let record = try #require(world.records[location])
                let signed = SignedRecord.verified(record, at: location, now: world.now.utc, suite: Person.suite)
                #expect(signed != nil)
                #expect(try MailboxPolicy(decoding: record.span.bytes).deliveryKeys.count == 1)
            }
        }
    }
}
