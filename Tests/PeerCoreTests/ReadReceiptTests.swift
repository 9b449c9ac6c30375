import Basics
import PeerCore
import Testing

/// Whether people hear that their messages were read.
@Suite struct ReadReceiptTests {
    let world: World
    let alice: Person
    let bob: Person

    init() { (world, alice, bob) = World.ofTwo() }

    @Test(arguments: [true, false]) func whoDoesntTellIsntToldEither(isDirect: Bool) throws {
        world.isDirectOpen = isDirect
        #expect(bob.agent.tellsOfReading)
        bob.setTellsOfReading(false, world)
        bob.restart(world)
        #expect(!bob.agent.tellsOfReading)
        let (to, from) = (try alice.send("to Bob", to: bob, world), try bob.send("from Bob", to: alice, world))
        world.run(for: .seconds(60))
        let count = world.sent.count
        bob.markRead([to], world)
        world.run(for: .seconds(86_400))
        #expect(alice.state(to) == .delivered && bob.agent.inbox(InboxFilter(), now: world.now).allSatisfy(\.isRead))
        #expect(world.sent.count == count, "nothing leaves")
        alice.markRead([from], world)
        world.run(for: .seconds(600))
        #expect(bob.state(from) == .delivered)

        // What was read then is not told later either, even when it comes again.
        bob.setTellsOfReading(true, world)
        world.run(for: .seconds(600))
        #expect(alice.state(to) == .delivered)
        let next = try alice.send("again", to: bob, world)
        world.run(for: .seconds(60))
        bob.markRead([next], world)
        world.run(for: .seconds(60))
        #expect(alice.state(next) == .read && alice.state(to) == .delivered)
    }

    /// An envelope is offered again, as its receipt was lost: the repeated receipt says no more than may be said.
    @Test(arguments: [true, false]) func aRepeatedReceiptKeepsItToo(isOnAgain: Bool) throws {
        bob.stop()
        let id = try alice.send("hello", to: bob, world)
        world.run(for: .seconds(5))
        let mail = world.mailboxes
        bob.restart(world)
        bob.setTellsOfReading(false, world)
        world.run(for: .seconds(40))
        bob.markRead([id], world)
        bob.setTellsOfReading(isOnAgain, world)
        alice.stop()
        world.run(for: .seconds(20))
        world.mailboxes = mail
        world.tombstones = [:]
        world.run(for: .seconds(3 * 3_600))
        alice.restart(world)
        world.run(for: .seconds(120))
        #expect(alice.state(id) == .delivered)
    }

    /// What is owed, or under way to somebody who is away, is taken back.
    @Test func whatHasntLeftIsTakenBack() throws {
        world.isDirectOpen = false
        let ids = try (0..<40).map { try alice.send("\($0)", to: bob, world) }
        world.run(for: .seconds(60))
        #expect(ids.allSatisfy { alice.state($0) == .delivered })
        // Nobody is reached: the receipts stay with Bob, some of them in a batch.
        bob.isOnline = false
        bob.markRead(ids, world)
        world.run(for: .seconds(30))
        bob.setTellsOfReading(false, world)
        bob.restart(world)
        bob.isOnline = true
        world.run(for: .seconds(3_600))
        #expect(ids.allSatisfy { alice.state($0) == .delivered })
    }

    @Test func theChoiceMovesWithWhoMadeIt() throws {
        bob.setTellsOfReading(false, world)
        let again = try world.move(bob)
        #expect(!again.agent.tellsOfReading)
        let other = try world.move(alice)
        #expect(other.agent.tellsOfReading)
    }
}
