import Basics
import Cryptography
import Exchange
import PeerCore
import Storage
import Testing
import Wire

/// A buddy tells a sender at once that an envelope was collected.
@Suite struct CollectedTests {
    let world: World
    let alice: Person
    let bob: Person

    init() { (world, alice, bob) = World.ofTwo() }

    /// Something of Alice's is stored while Bob's program is not running. Returns it, and Bob's tombstone of it.
    private func store() throws -> (id: MessageID, tombstone: Tombstone) {
        bob.stop()
        let id = try alice.send("hello", to: bob, world)
        world.run(for: .seconds(5))
        #expect(alice.state(id) == .stored)
        let sent = try #require(world.sent.last { !$0.isDirect })
        let envelope = EnvelopeID(hashing: sent.envelope.span.bytes)
        let signer = bob.profile.blinded(for: .mailbox, epoch: world.now.utc.epoch)
        #expect(signer.location == sent.mailbox)
        return (id, Tombstone(envelope: envelope, expiry: world.now.utc.day.advanced(by: 15), signer: signer))
    }

    @Test func whatTheOwnerHasSignedIsCollectedAndNotDelivered() throws {
        let (id, tombstone) = try store()
        alice.handle(.collected([tombstone]), world)
        #expect(alice.state(id) == .collected)
        world.run(for: .seconds(600))
        #expect(alice.state(id) == .collected, "a tombstone says nothing of who has read it")
        alice.restart(world)
        world.run(for: .seconds(10))
        #expect(alice.state(id) == .collected, "it was written down")
        #expect(world.sent.filter { !$0.isDirect }.count == 1, "it isn't brought to the mailbox again")
    }

    @Test func aBuddysWordIsNone() throws {
        let (id, tombstone) = try store()
        let forged = Tombstone(
            envelope: tombstone.envelope, expiry: tombstone.expiry,
            signer: alice.profile.blinded(for: .mailbox, epoch: world.now.utc.epoch))
        let ofAnother = Tombstone(
            envelope: EnvelopeID(Bytes32(words: (1, 2, 3, 4))), expiry: tombstone.expiry,
            signer: bob.profile.blinded(for: .mailbox, epoch: world.now.utc.epoch))
        alice.handle(.collected([forged, ofAnother]), world)
        #expect(alice.state(id) == .stored)
        alice.handle(.collected([forged, tombstone]), world)
        #expect(alice.state(id) == .collected, "a false word doesn't stand in the way of a true one")
    }

    /// The receipt may be faster, and is the last word.
    @Test func whatIsDeliveredStaysSo() throws {
        let (id, tombstone) = try store()
        bob.restart(world)
        world.run(for: .seconds(20))
        #expect(alice.state(id) == .delivered)
        alice.handle(.collected([tombstone]), world)
        #expect(alice.state(id) == .delivered)
    }

    /// The receipt's way is looked for while receipts gather: so less than that later it leaves.
    @Test func theWayOfAReceiptIsLookedForAtOnce() throws {
        world.isDirectOpen = false
        try alice.send("hello", to: bob, world)
        world.run(for: .seconds(2))
        let before = world.recordsAsked[bob.index] ?? 0
        bob.handle(.announced(mailbox: try #require(bob.watchedMailboxes.first)), world)
        world.run(for: world.latency * 2 + .milliseconds(50))
        #expect(bob.texts(world) == ["hello"])
        #expect(world.recordsAsked[bob.index] ?? 0 > before)
    }
}
