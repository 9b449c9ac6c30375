import Basics
import Exchange
import PeerCore
import Testing

/// How a message gets to its recipient, told with Alice, Bob and a clock.
@Suite struct DeliveryStoryTests {
    let world: World
    let alice: Person
    let bob: Person

    init() { (world, alice, bob) = World.ofTwo() }

    @Test func bothAreThere() throws {
        let id = try alice.send("hello", to: bob, world)
        #expect(alice.notices.last == .accepted(id))
        world.run(for: .seconds(1))
        #expect(bob.texts(world) == ["hello"])
        #expect(alice.state(id) == .delivered)
        #expect(alice.agent.message(id)?.via == .direct)
        #expect(bob.agent.inbox(InboxFilter(), now: world.now).first?.via == .direct)
        #expect(world.holdsNoMail, "a quick direct delivery needs no mailbox")
        #expect(alice.agent.pendingCount == 0)
    }

    /// To somebody whose record is known, a message is accepted with its envelope: one commit less until it leaves, and a
    /// disk that is nearly full has room for both or for neither.
    @Test func anEnvelopeIsWrittenWithTheMessageThatItCarries() throws {
        try alice.send("first", to: bob, world)
        world.run(for: .seconds(1))
        let before = alice.commits
        alice.commitDelay = .milliseconds(5)
        let id = try alice.send("second", to: bob, world)
        #expect(alice.state(id) == nil && world.sent.count == 1, "nothing leaves before it is durable")
        world.run(for: .milliseconds(5))
        #expect(alice.commits == before + 1 && alice.notices.contains(.accepted(id)))
        world.run(for: .seconds(1))
        #expect(bob.texts(world) == ["first", "second"])
        #expect(alice.commits == before + 2, "one that accepts and one that says delivered")
    }

    /// In a network of two or three nodes all that keep a message may go for good at once, and nobody is left to repair it but its sender.
    @Test(arguments: [2, 3]) func whatFewKeepIsSoonBroughtAgain(buddies: Int) throws {
        world.depositTally = Tally(done: buddies, found: buddies)
        bob.stop()
        let id = try alice.send("hello", to: bob, world)
        world.run(for: .seconds(90 * 60))
        #expect(alice.state(id) == .stored)
        world.mailboxes = [:]
        world.run(for: .seconds(60 * 60))
        #expect(world.holdsNoMail == (buddies > 2))
    }

    @Test func theRecipientIsAwayAndComesBack() throws {
        bob.stop()
        let id = try alice.send("hello", to: bob, world)
        world.run(for: .seconds(5))
        #expect(alice.state(id) == .stored)
        #expect(alice.agent.message(id)?.via == .mailbox)
        #expect(alice.agent.message(id)?.buddies == 5)
        world.run(for: .seconds(600))
        bob.restart(world)
        world.run(for: .seconds(10))
        #expect(bob.texts(world) == ["hello"])
        #expect(world.holdsNoMail, "what is done is discarded")
        #expect(alice.state(id) == .delivered, "the receipt came straight")
        #expect(alice.agent.message(id)?.via == .mailbox)
        bob.markRead([id], world)
        world.run(for: .seconds(10))
        #expect(alice.state(id) == .read)
        #expect(bob.agent.inbox(InboxFilter(unreadOnly: true), now: world.now).isEmpty)
    }

    @Test func neitherIsThereAtTheSameTime() throws {
        bob.stop()
        let id = try alice.send("hello", to: bob, world)
        world.run(for: .seconds(5))
        alice.stop()
        bob.restart(world)
        world.run(for: .seconds(120))
        #expect(bob.texts(world) == ["hello"])
        bob.stop()
        alice.restart(world)
        world.run(for: .seconds(60))
        #expect(alice.state(id) == .delivered, "the receipt waited in Alice's mailbox")
        #expect(world.holdsNoMail, "receipts are discarded as well")
    }

    @Test func theDirectWayIsShut() throws {
        world.isDirectOpen = false
        let id = try alice.send("hello", to: bob, world)
        world.run(for: .seconds(2))
        #expect(alice.state(id) == .stored, "the mailbox doesn't wait for a dead endpoint")
        world.run(for: .seconds(120))
        #expect(bob.texts(world) == ["hello"])
        #expect(alice.state(id) == .delivered)
    }

    @Test func tooFewBuddiesKeepIt() throws {
        bob.stop()
        world.depositTally = Tally(done: 2, found: 5, refusal: .mailboxFull)
        let id = try alice.send("hello", to: bob, world)
        world.run(for: .seconds(60))
        #expect(alice.state(id) == .queued)
        #expect(alice.agent.message(id)?.reason?.contains("2 of 5 buddies keep it, as the mailbox is full") == true)
        let tries = world.sent.filter { !$0.isDirect }
        #expect(tries.count >= 3 && tries.count <= 12)
        alice.restart(world)
        world.depositTally = Tally(done: 5, found: 5)
        world.run(for: .seconds(20))
        #expect(alice.state(id) == .stored)
        let envelopes = world.sent.map(\.envelope)
        #expect(envelopes.allSatisfy { $0 == envelopes[0] }, "retries send identical bytes")
        #expect(world.sent.allSatisfy { $0.mailbox == world.sent[0].mailbox }, "to the original location")
    }

    @Test func theRecordAppearsLate() throws {
        let carol = Person(index: 2, byte: 3, now: world.now)
        let id = try alice.send("hello", to: carol, world)
        world.run(for: .seconds(30))
        #expect(alice.state(id) == .queued)
        #expect(alice.agent.message(id)?.reason?.contains("published nothing") == true)
        world.people.append(carol)
        carol.start(world)
        world.run(for: .seconds(60))
        #expect(carol.texts(world) == ["hello"])
        #expect(alice.state(id) == .delivered)
    }

    @Test func aForgedRecordIsNotUsed() throws {
        bob.stop()
        for (location, var record) in world.records {
            record[60] ^= 1
            world.records[location] = record
        }
        let id = try alice.send("hello", to: bob, world)
        world.run(for: .seconds(10))
        #expect(alice.state(id) == .queued)
        #expect(world.sent.isEmpty)
    }

    @Test func anEarlierEpochsRecordWillDo() throws {
        bob.stop()
        world.sleep(for: .seconds(14 * 86_400))
        let id = try alice.send("hello", to: bob, world)
        world.run(for: .seconds(10))
        #expect(alice.state(id) == .stored)
        world.sleep(for: .seconds(14 * 86_400))
        bob.restart(world)
        world.run(for: .seconds(60))
        #expect(bob.texts(world) == ["hello"], "two weeks later, from a mailbox two epochs old, by a prekey of four")
        #expect(alice.state(id) == .delivered)
    }

    @Test func itExpires() throws {
        bob.stop()
        let accepted = world.now.utc
        let id = try alice.send("hello", to: bob, world)
        world.run(for: .seconds(30 * 3_600))
        let deposits = world.sent.count { !$0.isDirect }
        #expect(deposits == 9, "at once, after 5 min, and after ever longer, up to 12 h")
        let message = try #require(alice.agent.message(id))
        #expect(message.expiresAt == accepted.day.advanced(by: Limits.envelopeDays + 1).start)
        world.sleep(for: .seconds(message.expiresAt.seconds - world.now.utc.seconds - 20))
        #expect(alice.state(id) == .stored)
        world.run(for: .seconds(20))
        #expect(alice.state(id) == .failed)
        #expect(alice.agent.message(id)?.reason?.contains("no receipt came") == true)
        #expect(alice.agent.pendingCount == 0)
        alice.restart(world)
        world.run(for: .seconds(60))
        #expect(alice.state(id) == .failed)
    }

    @Test func collectedIsProvedByATombstone() throws {
        bob.stop()
        let id = try alice.send("hello", to: bob, world)
        world.run(for: .seconds(10))
        alice.isOnline = false
        bob.restart(world)
        world.run(for: .seconds(60))
        #expect(bob.texts(world) == ["hello"])
        // The receipt is lost with all that keep it.
        bob.stop()
        world.mailboxes = [:]
        alice.isOnline = true
        world.run(for: .seconds(3 * 3_600))
        #expect(alice.state(id) == .collected)
        bob.restart(world)
        world.run(for: .seconds(3 * 3_600))
        #expect(alice.state(id) == .delivered, "Bob's node says again that it has it")
        #expect(bob.texts(world) == ["hello"])
    }

    @Test func cancelling() throws {
        bob.stop()
        let id = try alice.send("hello", to: bob, world)
        #expect(alice.cancel(id, world) == .cancelled)
        #expect(alice.state(id) == .failed)
        #expect(alice.cancel(id, world) == .tooLate(.failed))
        #expect(alice.cancel(MessageID(1), world) == .unknown)
        world.run(for: .seconds(60))
        #expect(world.holdsNoMail)
    }

    @Test func nothingIsPublishedBeforeItsPrekeyIsDurable() {
        let carol = world.addPerson(3)
        carol.commitDelay = .seconds(2)
        world.schedule(.joined, for: carol, after: .seconds(1))
        world.run(for: .seconds(60))
        #expect(world.records[carol.profile.blinded(for: .record, epoch: world.now.utc.epoch).location] != nil)
    }

    @Test func writingToOneself() throws {
        let id = try alice.send("note", to: alice, world)
        #expect(alice.state(id) == .delivered)
        #expect(alice.texts(world) == ["note"])
        alice.markRead([id], world)
        alice.restart(world)
        world.run(for: .seconds(60))
        #expect(alice.texts(world) == ["note"])
        #expect(world.sent.isEmpty)
    }

    @Test func aRepeatedSendIsTheSameMessage() throws {
        let id = try alice.send("hello", to: bob, key: "k1", world)
        let second = try alice.send("hello", to: bob, key: "k1", world)
        alice.restart(world)
        let third = try alice.send("hello", to: bob, key: "k1", world)
        #expect(second == id && third == id)
        #expect(alice.notices.filter { $0 == .accepted(id) }.count == 3)
        let other = try alice.send("hello", to: bob, key: "k2", world)
        #expect(other != id)
        let another = try alice.send("hello", to: alice, key: "k1", world)
        #expect(another != id, "a key names a message to one peer: nobody is told that another has it")
        world.run(for: .seconds(60))
        #expect(bob.texts(world) == ["hello", "hello"])
    }

    /// Otherwise the second would be dropped, and its sender told that it was sent.
    @Test func aKeyIsOfOneText() throws {
        let id = try alice.send("Zo\u{eb}", to: bob, key: "k1", world)
        for _ in 0..<2 {
            for text in ["hello", "Zoe\u{308}"] {
                #expect(throws: SendError.keyTaken(id)) { try alice.send(text, to: bob, key: "k1", world) }
            }
            world.run(for: .seconds(60))
            alice.restart(world)
        }
        #expect(throws: SendError.keyEmpty) { try alice.send("hello", to: bob, key: "", world) }
        #expect(try alice.send("Zo\u{eb}", to: bob, key: "k1", world) == id)
        let note = try alice.send("note", to: alice, key: "k1", world)
        #expect(throws: SendError.keyTaken(note)) { try alice.send("another", to: alice, key: "k1", world) }
        world.run(for: .seconds(60))
        #expect(bob.texts(world) == ["Zo\u{eb}"] && alice.texts(world) == ["note"])
    }

    @Test func whatIsRefusedSaysWhy() throws {
        #expect(throws: SendError.textTooLong) {
            try alice.send(String(repeating: "x", count: Limits.textSize + 1), to: bob, world)
        }
        #expect(throws: SendError.keyTooLong) {
            try alice.send("x", to: bob, key: String(repeating: "k", count: 257), world)
        }
        alice.nextResult = .full
        _ = try alice.send("x", to: bob, world)
        guard case .notAccepted(_, let reason)? = alice.notices.last else {
            Issue.record("a full disk accepts nothing")
            return
        }
        #expect(reason == "The disk is full; make room and send the message again.")
        #expect(alice.agent.pendingCount == 0)
        world.run(for: .seconds(60))
        #expect(bob.texts(world).isEmpty)
    }

    /// Who refuses is there, but has not come back for what they refuse: it keeps its pauses. It was sent again each round
    /// trip once, some ten times a second, for as long as it was refused.
    @Test func whatIsRefusedKeepsItsPauses() throws {
        // A refusal comes after the head start of the direct way: that has been taken for silence until then.
        world.latency = .milliseconds(200)
        world.depositTally = Tally(done: 0, found: 5)
        world.isDirectOpen = false
        for text in ["one", "two", "three"] { try alice.send(text, to: bob, world) }
        world.run(for: .seconds(30))
        world.refusesDeliveries = true
        let before = world.sent.count { $0.isDirect }
        world.run(for: .seconds(600))
        let tries = world.sent.count { $0.isDirect } - before
        #expect(tries > 0 && tries < 60, "\(tries) tries in ten minutes")
        (world.isDirectOpen, world.refusesDeliveries) = (true, false)
        world.run(for: .seconds(600))
        #expect(bob.texts(world) == ["one", "two", "three"])
    }

    @Test func theAnswerToADirectDeliveryIsLost() throws {
        world.lostAnswers = 100
        let id = try alice.send("hello", to: bob, world)
        world.run(for: .milliseconds(700))
        #expect(bob.texts(world) == ["hello"])
        #expect(alice.state(id) == .queued)
        world.lostAnswers = 0
        world.isDirectOpen = false
        world.run(for: .seconds(90))
        #expect(alice.state(id) == .delivered, "Bob finds it in his mailbox as well, and says that he has it")
        #expect(bob.texts(world) == ["hello"])
        #expect(world.holdsNoMail)
    }

    @Test func theRecipientsDiskIsFullForAWhile() throws {
        bob.nextResult = .full
        let id = try alice.send("hello", to: bob, world)
        world.run(for: .seconds(20))
        #expect(bob.texts(world).isEmpty)
        #expect(alice.state(id) == .stored, "refused by Bob's node, kept by his buddies")
        world.run(for: .seconds(120))
        #expect(bob.texts(world) == ["hello"])
        #expect(alice.state(id) == .delivered)
    }

    @Test func whatTheDiskHasRoomForComesInAndTheRestLater() throws {
        bob.stop()
        let texts = (0..<20).map { "\($0) " + String(repeating: "x", count: 3_000) }
        for text in texts { try alice.send(text, to: bob, world) }
        world.run(for: .seconds(60))
        bob.commitDelay = .milliseconds(20)
        bob.restart(world)
        bob.roomOnDisk = 60_000
        world.run(for: .seconds(150))
        #expect((6..<14).contains(bob.agent.inboxMessages), "\(bob.agent.inboxMessages)")
        bob.roomOnDisk = nil
        world.run(for: .seconds(60))
        #expect(bob.texts(world) == texts)
    }

    @Test func theBuddiesForgetAndTheSenderRemembers() throws {
        bob.stop()
        let id = try alice.send("hello", to: bob, world)
        world.run(for: .seconds(10))
        alice.restart(world)
        world.mailboxes = [:]
        world.run(for: .seconds(120))
        #expect(world.holdsNoMail)
        world.run(for: .seconds(300))
        #expect(!world.holdsNoMail, "brought again five minutes after it was stored, across a restart")
        bob.restart(world)
        world.run(for: .seconds(60))
        #expect(bob.texts(world) == ["hello"])
        #expect(alice.state(id) == .delivered)
    }
}
