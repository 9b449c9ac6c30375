import Basics
import Exchange
import PeerCore
import Testing

/// What a sender knows of a recipient who comes by for a moment, and of what the buddies keep.
@Suite struct VisitTests {
    let world: World
    let alice: Person
    let bob: Person

    init() { (world, alice, bob) = World.ofTwo() }

    private func writeWhileBobIsAway(_ count: Int) throws -> [MessageID] {
        bob.stop()
        let ids = try (0..<count).map { try alice.send("\($0)", to: bob, world) }
        world.run(for: .seconds(10))
        return ids
    }

    @Test func aShortVisitLeavesItsReceipts() throws {
        let ids = try writeWhileBobIsAway(5)
        bob.restart(world)
        world.run(for: .milliseconds(300))
        #expect(bob.texts(world).count == 5)
        bob.leave(world)
        world.run(for: .seconds(1))
        #expect(ids.allSatisfy { alice.state($0) == .delivered })
    }

    @Test func aShortVisitClearsWhatItFetched() throws {
        _ = try writeWhileBobIsAway(20)
        bob.restart(world)
        world.run(for: .milliseconds(300))
        bob.leave(world)
        // His receipts leave by both ways at once, and so may wait in Alice's mailbox.
        let mailbox = bob.profile.blinded(for: .mailbox, epoch: world.now.utc.epoch).location
        #expect(world.mailboxes[mailbox, default: []].isEmpty)
    }

    @Test func aShortVisitLeavesItsReceiptsInTheMailboxOfASenderWhoIsAway() throws {
        let ids = try writeWhileBobIsAway(5)
        alice.stop()
        bob.restart(world)
        world.run(for: .milliseconds(300))
        bob.leave(world)
        world.run(for: .seconds(60))
        alice.restart(world)
        world.run(for: .seconds(2))
        #expect(ids.allSatisfy { alice.state($0) == .delivered })
    }

    /// Receipts that had no time to leave do so first thing after the next start.
    @Test func whatIsStillOwedLeavesAfterTheNextStart() throws {
        let ids = try writeWhileBobIsAway(5)
        bob.restart(world)
        world.run(for: .milliseconds(300))
        bob.stop()
        world.run(for: .seconds(60))
        bob.restart(world)
        world.run(for: .seconds(3))
        #expect(ids.allSatisfy { alice.state($0) == .delivered })
    }

    @Test func nobodyWaitsForReceiptsThatCannotLeave() throws {
        #expect(!bob.agent.owesOthers)
        try alice.send("x", to: bob, world)
        world.run(for: .seconds(5))
        let id = try #require(bob.agent.inbox(InboxFilter(), now: world.now).first?.id)
        alice.stop()
        world.hidesRecords = true
        world.depositTally = Tally(done: 0, found: 5)
        bob.markRead([id], world)
        #expect(bob.agent.owesOthers)
        world.run(for: .seconds(30))
        #expect(!bob.agent.owesOthers, "it was tried in vain")
    }

    @Test func storedSaysWhatIsKnownNow() throws {
        let ids = try writeWhileBobIsAway(1)
        #expect(alice.agent.message(ids[0])?.buddies == 5)
        world.depositTally = Tally(done: 2, found: 5, refusal: .nodeFull)
        world.run(for: .seconds(360))
        let fewer = try #require(alice.agent.message(ids[0]))
        #expect(fewer.state == .stored && fewer.buddies == 2 && fewer.of == 5)
        #expect(fewer.reason?.contains("2 of 5") == true)
        world.depositTally = Tally(done: 4, found: 5)
        world.run(for: .seconds(60))
        let more = try #require(alice.agent.message(ids[0]))
        #expect(more.state == .stored && more.buddies == 4 && more.reason == nil)
        // Where nobody answers nothing is learnt.
        alice.isOnline = false
        world.run(for: .seconds(600))
        #expect(alice.agent.message(ids[0])?.buddies == 4)
    }
}
