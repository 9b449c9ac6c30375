import Basics
import PeerCore
import Storage
import Testing

/// Whoever goes on from a part of what they had, or from two copies of it, destroys no mail.
@Suite struct RestoreTests {
    /// Each start could open a session: more than somebody who is away for long can keep once they come back.
    @Test func manyStartsGoOnInOneSession() throws {
        let (world, alice, bob) = World.ofTwo()
        _ = try alice.send("hello", to: bob, world)
        world.run(for: .seconds(5))
        _ = try bob.send("hello", to: alice, world)
        world.run(for: .seconds(5))
        bob.stop()
        // The own record is read after the first message is written.
        alice.reachedAfter = .seconds(1)
        for number in 0..<40 {
            alice.restart(world)
            _ = try alice.send("\(number)", to: bob, world)
            world.run(for: .seconds(5))
        }
        // Buddies list mail in any order: what comes first must not make the rest look old.
        world.mailboxes = world.mailboxes.mapValues { $0.reversed() }
        bob.restart(world)
        world.run(for: .seconds(120))
        #expect(bob.texts(world) == ["hello"] + (0..<40).map { "\($0)" })
        #expect(bob.agent.unopened == nil)
    }

    let world: World
    let alice: Person
    let bob: Person

    init() { (world, alice, bob) = World.ofTwo() }

    private var envelopesWaiting: Int { world.mailboxes.values.reduce(0) { $0 + $1.count } }

    /// Alice writes to Bob, who is away.
    @discardableResult
    private func writeWhileBobIsAway(_ count: Int = 10) throws -> [MessageID] {
        bob.stop()
        let ids = try (0..<count).map { try alice.send("\($0)", to: bob, world) }
        world.run(for: .seconds(10))
        #expect(ids.allSatisfy { alice.state($0) == .stored })
        return ids
    }

    @Test func theKeysAloneDestroyNothing() throws {
        try writeWhileBobIsAway()
        let restored = world.addCopy(of: bob)
        world.run(for: .seconds(120))
        #expect(restored.texts(world).isEmpty)
        #expect(envelopesWaiting == 10, "who can't open it can't call it useless")
        #expect(world.tombstones.isEmpty)
        #expect(restored.agent.unopened?.count == 10)
        #expect(restored.agent.unopened?.bytes == 20_480)
        #expect(restored.agent.secondCopySighting != nil)
        #expect(restored.fetched.count == 10, "each was downloaded once, not at each look")
    }

    @Test func whatWaitsIsSealedAnewAtTheSendersNextRetry() throws {
        let ids = try writeWhileBobIsAway()
        let restored = world.addCopy(of: bob)
        world.run(for: .seconds(400))
        #expect(restored.texts(world) == (0..<10).map { "\($0)" })
        #expect(ids.allSatisfy { alice.state($0) == .delivered })
        #expect(envelopesWaiting == 10, "what was sealed first waits for its keys until its day")
        #expect(restored.agent.goesOnFromCopy && !bob.agent.goesOnFromCopy && !alice.agent.goesOnFromCopy)
        // The whole old directory comes back.
        restored.stop()
        bob.restart(world)
        world.run(for: .seconds(60))
        #expect(bob.texts(world) == (0..<10).map { "\($0)" })
        #expect(world.holdsNoMail)
        #expect(bob.agent.unopened == nil)
    }

    /// Bob has read "lost", which was sealed under the key that the copy uses next.
    private func aliceGoesOnFromACopyNewerThanHerLastStart() throws -> Person {
        try alice.send("before", to: bob, world)
        world.run(for: .seconds(5))
        try bob.send("answer", to: alice, world)
        world.run(for: .seconds(5))
        let backup = alice.backup()
        try alice.send("lost", to: bob, world)
        world.run(for: .seconds(5))
        alice.stop()
        return world.addCopy(of: alice, store: backup)
    }

    /// Nothing tells a copy that is newer than the last start, and it seals under keys that were used: who can't open that says so.
    @Test(arguments: [true, false])
    func whatACopyNewerThanTheLastStartSealsIsSealedAnew(isBobThere: Bool) throws {
        let restored = try aliceGoesOnFromACopyNewerThanHerLastStart()
        if !isBobThere { bob.stop() }
        let id = try restored.send("after", to: bob, world)
        world.run(for: .seconds(isBobThere ? 10 : 60))
        #expect(restored.state(id) == (isBobThere ? .delivered : .stored))
        if !isBobThere { bob.restart(world) }
        world.run(for: .seconds(1_800))
        #expect(bob.texts(world) == ["before", "lost", "after"])
        #expect(restored.state(id) == .delivered)
    }

    /// Bob has lost the session that all was sealed in, and nothing that he publishes tells. The first message that goes straight to
    /// him and is refused has the others sealed anew as well.
    @Test func whatRestsGoesWithTheFirstOfItsSessionThatIsRefused() throws {
        try alice.send("before", to: bob, world)
        world.run(for: .seconds(5))
        let backup = bob.backup()
        try bob.send("lost", to: alice, world)
        world.run(for: .seconds(5))
        let ids = try writeWhileBobIsAway(3)
        let restored = world.addCopy(of: bob, store: backup)
        world.run(for: .seconds(30))
        #expect(restored.texts(world) == ["before"])
        try alice.send("new", to: bob, world)
        world.run(for: .seconds(20))
        #expect(Set(restored.texts(world)) == ["before", "0", "1", "2", "new"])
        #expect(ids.allSatisfy { alice.state($0) == .delivered })
    }

    /// Thrown away isn't read: the sender hears that it can't be opened, and not that it has arrived.
    @Test func whatIsThrownAwayUnopenedComesAnew() throws {
        let restored = try aliceGoesOnFromACopyNewerThanHerLastStart()
        bob.stop()
        let id = try restored.send("after", to: bob, world)
        world.run(for: .seconds(60))
        bob.restart(world)
        world.run(for: .seconds(60))
        #expect(bob.discardUnopened(world) == 1)
        world.run(for: .seconds(1_800))
        #expect(bob.texts(world) == ["before", "lost", "after"])
        #expect(restored.state(id) == .delivered)
    }

    /// The recipient's new record is seen when anything is written to them: all that waits goes with it.
    @Test func aNewMessageBringsWhatWaits() throws {
        let ids = try writeWhileBobIsAway()
        let restored = world.addCopy(of: bob)
        world.run(for: .seconds(30))
        try alice.send("new", to: bob, world)
        world.run(for: .seconds(20))
        #expect(Set(restored.texts(world)) == Set((0..<10).map { "\($0)" } + ["new"]))
        #expect(ids.allSatisfy { alice.state($0) == .delivered })
    }

    /// The prekeys of the week before are gone, and none is published that replaces them: only that he was there tells.
    @Test func whatWasSealedToAnEarlierEpochsKeyIsSealedAnewAsWell() throws {
        let ids = try writeWhileBobIsAway(3)
        world.sleep(for: .seconds(8 * 86_400))
        let restored = world.addCopy(of: bob)
        world.run(for: .seconds(14 * 3_600))
        #expect(restored.texts(world) == ["0", "1", "2"])
        #expect(ids.allSatisfy { alice.state($0) == .delivered })
    }

    /// The mail is still there when what can open it comes back, across any number of starts without.
    @Test func itIsTriedAgainAtEachStartAndOtherwiseOnceADay() throws {
        try writeWhileBobIsAway(3)
        alice.stop()
        let restored = world.addCopy(of: bob)
        world.run(for: .seconds(20 * 3_600))
        #expect(restored.fetched.count == 3)
        restored.restart(world)
        world.run(for: .seconds(60))
        #expect(restored.fetched.count == 6)
        #expect(restored.agent.unopened?.count == 3)
        world.run(for: .seconds(25 * 3_600))
        #expect(restored.fetched.count == 9)
    }

    @Test func whatTheOthersTookIsNotWarnedOfAnyLonger() throws {
        try writeWhileBobIsAway(3)
        alice.stop()
        let restored = world.addCopy(of: bob)
        world.run(for: .seconds(60))
        #expect(restored.agent.unopened?.count == 3)
        world.mailboxes = [:]
        world.run(for: .seconds(60))
        #expect(restored.agent.unopened == nil)
        restored.restart(world)
        world.run(for: .seconds(1))
        #expect(restored.agent.unopened == nil)
    }

    @Test func aPersonMayThrowItAway() throws {
        let ids = try writeWhileBobIsAway(12)
        let restored = world.addCopy(of: bob)
        world.run(for: .seconds(60))
        #expect(restored.discardUnopened(world) == 12)
        #expect(restored.agent.unopened == nil)
        #expect(restored.discardUnopened(world) == 0)
        world.run(for: .seconds(30))
        #expect(world.holdsNoMail)
        // Their sender still has them.
        world.run(for: .seconds(400))
        #expect(restored.texts(world).count == 12)
        #expect(ids.allSatisfy { alice.state($0) == .delivered })
    }

    /// A stranger's noise can't be told from what another copy could open.
    @Test func noiseStaysUntilItsDayAndIsDownloadedOnce() throws {
        let mailbox = bob.profile.blinded(for: .mailbox, epoch: world.now.utc.epoch).location
        var noise = [UInt8](repeating: 7, count: Limits.sizeClasses[0])
        let expiry = world.now.utc.day.advanced(by: 2)
        noise.replaceSubrange(0..<7, with: [1] + expiry.number.bigEndianBytes + [0, 0])
        let id = EnvelopeID(hashing: noise.span.bytes)
        world.mailboxes[mailbox] = [(id, noise)]
        world.run(for: .seconds(3_600))
        #expect(bob.fetched == [id])
        #expect(bob.agent.unopened?.count == 1)
        #expect(bob.agent.unopened?.lastDay == expiry)
        #expect(!world.holdsNoMail)
        // Past its day anybody may throw it out whose clock is right.
        world.garbage = [id]
        world.run(for: .seconds(6 * 86_400))
        #expect(bob.agent.unopened == nil)
        #expect(world.holdsNoMail)
    }

    /// Two copies that both run into the next week make two prekeys for it.
    @Test func twoCopiesThatRunIntoTheNextWeekLoseNothingBetweenThem() throws {
        bob.stop()
        let twin = world.addCopy(of: bob, store: bob.backup())
        twin.stop()
        world.sleep(for: .seconds(9 * 86_400))
        var sent: Set<String> = []
        for round in 0..<6 {
            let order = round % 2 == 0 ? [bob, twin] : [twin, bob]
            for copy in order {
                copy.restart(world)
                world.run(for: .seconds(20))
            }
            for number in 0..<5 {
                try alice.send("on \(round) \(number)", to: bob, world)
                sent.insert("on \(round) \(number)")
            }
            world.run(for: .seconds(30))
            #expect(bob.agent.secondCopySighting != nil && twin.agent.secondCopySighting != nil, "round \(round)")
            for copy in order { copy.stop() }
            for number in 0..<5 {
                try alice.send("off \(round) \(number)", to: bob, world)
                sent.insert("off \(round) \(number)")
            }
            world.run(for: .seconds(30))
        }
        bob.restart(world)
        twin.restart(world)
        world.run(for: .seconds(600))
        let read = Set(bob.texts(world)).union(twin.texts(world))
        #expect(sent.subtracting(read) == [])
        #expect(Set(alice.agent.outgoingMessages().map(\.state)) == [.delivered])
    }

    /// Bob fetched it, and what he goes on with is from before: a tombstone is no receipt.
    @Test func whatWasCollectedAndNeverConfirmedIsSealedAnew() throws {
        let backup = bob.backup()
        let ids = try writeWhileBobIsAway(1)
        alice.isOnline = false
        bob.restart(world)
        world.run(for: .seconds(60))
        #expect(bob.texts(world) == ["0"])
        bob.stop()
        world.mailboxes = [:]
        alice.isOnline = true
        world.isDirectOpen = false
        world.run(for: .seconds(1_200))
        #expect(alice.state(ids[0]) == .collected)
        #expect(alice.agent.message(ids[0])?.reason?.contains("not confirmed") == true)
        let restored = world.addCopy(of: bob, store: backup)
        world.run(for: .seconds(3 * 3_600))
        #expect(restored.texts(world) == ["0"])
        #expect(alice.state(ids[0]) == .delivered)
    }

    @Test func sealingAnewHasAnEnd() throws {
        let ids = try writeWhileBobIsAway(1)
        // Bob's node takes it and never says so.
        world.isDirectOpen = false
        bob.restart(world)
        world.run(for: .milliseconds(200))
        for _ in 0..<14 {
            bob.stop()
            world.run(for: .seconds(86_400))
            world.mailboxes = world.mailboxes.filter { _ in false }
            bob.restart(world)
            world.run(for: .milliseconds(140))
        }
        #expect(bob.texts(world) == ["0"])
        #expect(alice.state(ids[0])?.isUnderWay == true)
        let days = Set((0...14).map { world.now.utc.day.advanced(by: -$0).start.epoch })
        let mailboxes = days.map { bob.profile.blinded(for: .mailbox, epoch: $0).location }
        let envelopes = Set(world.sent.filter { mailboxes.contains($0.mailbox) }.map(\.envelope))
        #expect(envelopes.count <= 1 + Limits.repeatedSealings)
    }

    // MARK: A second copy

    @Test func twoCopiesAreNoticedByBothAndForgottenWhenOneEnds() throws {
        #expect(bob.agent.secondCopySighting == nil)
        let twin = world.addCopy(of: bob, store: bob.backup())
        world.run(for: .seconds(180))
        #expect(twin.agent.secondCopySighting != nil)
        #expect(bob.agent.secondCopySighting != nil)
        twin.stop()
        bob.restart(world)
        world.run(for: .seconds(60))
        #expect(bob.agent.secondCopySighting != nil, "it is remembered")
        world.run(for: .seconds(5 * 3_600))
        #expect(bob.agent.secondCopySighting == nil)
        bob.restart(world)
        world.run(for: .seconds(60))
        #expect(bob.agent.secondCopySighting == nil)
    }

    @Test func anOldCopyThatGoesOnAloneIsNotWarnedForEver() throws {
        let backup = bob.backup()
        bob.stop()
        world.run(for: .seconds(60))
        bob.restart(world)
        world.schedule(.unreachable, for: bob, after: .seconds(1))
        world.run(for: .seconds(10))
        #expect(bob.agent.secondCopySighting == nil, "a restart is no second copy")
        bob.stop()
        let restored = world.addCopy(of: bob, store: backup)
        world.run(for: .seconds(60))
        #expect(restored.agent.secondCopySighting != nil)
        world.run(for: .seconds(5 * 3_600))
        #expect(restored.agent.secondCopySighting == nil)
    }

    // MARK: Room

    @Test func aFullInboxAsksForNothing() throws {
        try alice.send("first", to: bob, world)
        world.run(for: .seconds(5))
        try writeWhileBobIsAway(3)
        bob.store.commit([
            StoreWrite(.profile, Array("inbox count".utf8), UInt64(Limits.inboxMessages).bigEndianBytes)
        ])
        bob.restart(world)
        world.run(for: .seconds(120))
        #expect(bob.fetched.isEmpty)
        #expect(envelopesWaiting == 3)
        #expect(bob.delete([.message(bob.agent.inbox(InboxFilter(), now: world.now)[0].id)], world) == 1)
        world.run(for: .seconds(2))
        #expect(bob.texts(world) == ["0"], "there is room for one, and it is asked for at once")
    }
}
