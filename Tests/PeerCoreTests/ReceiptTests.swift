import Basics
import PeerCore
import Testing

/// What senders hear of their messages, and by how much of it.
@Suite struct ReceiptTests {
    let world: World
    let alice: Person
    let bob: Person

    init() { (world, alice, bob) = World.ofTwo() }

    /// The envelopes that anybody tried to bring to a person, each once.
    private func envelopes(to person: Person) -> Int {
        let location = person.profile.blinded(for: .mailbox, epoch: world.now.utc.epoch).location
        return Set(world.sent.filter { $0.mailbox == location }.map(\.envelope)).count
    }

    @Test func receiptsOfManyMessagesShareAnEnvelope() throws {
        bob.stop()
        let ids = try (0..<30).map { try alice.send("\($0)", to: bob, world) }
        world.run(for: .seconds(60))
        bob.restart(world)
        world.run(for: .seconds(60))
        #expect(ids.allSatisfy { alice.state($0) == .delivered })
        let delivered = envelopes(to: alice)
        #expect((1...3).contains(delivered), "30 messages, \(delivered) envelopes of receipts")
        bob.markRead(ids, world)
        world.run(for: .seconds(10))
        #expect(ids.allSatisfy { alice.state($0) == .read })
        #expect(envelopes(to: alice) == delivered + 1)
    }

    @Test func whatWasReadStaysReadWhenItComesAgain() throws {
        bob.stop()
        let id = try alice.send("hello", to: bob, world)
        world.run(for: .seconds(5))
        let mail = world.mailboxes
        bob.restart(world)
        world.run(for: .seconds(40))
        bob.markRead([id], world)
        // The receipts so far are lost with all that keep them, and the message is offered once more.
        alice.stop()
        world.run(for: .seconds(20))
        world.mailboxes = mail
        world.tombstones = [:]
        world.run(for: .seconds(2 * 3_600))
        world.mailboxes = mail
        world.run(for: .seconds(3_600))
        alice.restart(world)
        world.run(for: .seconds(120))
        #expect(alice.state(id) == .read)
    }

    @Test func failureKeepsItsReasonAcrossRestarts() throws {
        bob.stop()
        let id = try alice.send("hello", to: bob, world)
        world.run(for: .seconds(10))
        let expiry = try #require(alice.agent.message(id)?.expiresAt)
        alice.stop()
        world.sleep(for: .seconds(expiry.seconds - world.now.utc.seconds + 60))
        alice.restart(world)
        world.run(for: .seconds(30))
        for _ in 0..<2 {
            let message = try #require(alice.agent.message(id))
            #expect(message.state == .failed)
            #expect(
                message.reason
                    == "It waited in the recipient's mailbox until it expired, and no receipt came; send it again.")
            alice.restart(world)
            world.run(for: .seconds(30))
        }
        #expect(alice.agent.pendingCount == 0)
    }
}
