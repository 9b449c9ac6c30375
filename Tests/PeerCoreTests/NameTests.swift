import Basics
import Conversations
import PeerCore
import Storage
import Testing

/// Names that people give themselves, and how they come to others.
@Suite struct NameTests {
    let world: World
    let alice: Person
    let bob: Person

    init() { (world, alice, bob) = World.ofTwo() }

    /// The name that went with a message.
    private func name(in id: MessageID, of person: Person) -> NameClaim? {
        var content: Content?
        _ = person.store.read(.outbox, [UInt8(ascii: "c")] + id.array) { content = try? Content($0) }
        return content?.name
    }

    @Test func aNameGoesWithMessagesUntilAReceiptHasCome() throws {
        #expect(alice.agent.ownName == nil)
        let nameless = try alice.send("no name yet", to: bob, world)
        world.run(for: .seconds(2))
        #expect(bob.agent.nameClaimed(by: alice.id) == nil && name(in: nameless, of: alice) == nil)

        #expect(alice.setName("Alice", world))
        world.isDirectOpen = false
        bob.isOnline = false
        let first = try alice.send("one", to: bob, world)
        let second = try alice.send("two", to: bob, world)
        world.run(for: .seconds(30))
        #expect(name(in: first, of: alice)?.text == "Alice" && name(in: second, of: alice)?.text == "Alice")
        bob.isOnline = true
        world.run(for: .seconds(600))
        #expect(bob.agent.nameClaimed(by: alice.id) == "Alice")
        #expect(alice.state(first) == .delivered && alice.state(second) == .delivered)

        let third = try alice.send("three", to: bob, world)
        world.run(for: .seconds(600))
        #expect(alice.state(third) == .delivered && name(in: third, of: alice) == nil, "a receipt has come")
        #expect(bob.agent.nameClaimed(by: alice.id) == "Alice")
        #expect(bob.texts(world) == ["no name yet", "one", "two", "three"])
    }

    /// The message that says so bears it, and no other: not the first name, and not the same one again.
    @Test func anotherNameThanBeforeStandsWithItsMessage() throws {
        func renamings() -> [Renaming?] { bob.agent.inbox(InboxFilter(), now: world.now).map(\.renaming) }
        for name in ["Alice", "Alice", "Alice B", "", "Alice C"] {
            #expect(alice.setName(name, world))
            try alice.send("I am \(name)", to: bob, world)
            world.run(for: .seconds(5))
        }
        #expect(renamings().map { $0?.before } == [nil, nil, "Alice", "Alice B", nil])
        #expect(renamings().map { $0?.after } == [nil, nil, "Alice B", nil, "Alice C"])
        #expect(renamings().map { $0 == nil } == [true, true, false, false, false])
        bob.restart(world)
        #expect(renamings().compactMap { $0 }.count == 3)
        let again = try world.move(bob)
        #expect(again.agent.inbox(InboxFilter(), now: world.now).compactMap(\.renaming).count == 3)
    }

    @Test func aNewNameIsToldAndAnOldOneComesTooLate() throws {
        #expect(alice.setName("Alice", world))
        world.isDirectOpen = false
        // The first is on its way for long, as is its receipt.
        world.hidesRecords = true
        let old = try alice.send("old", to: bob, world)
        world.run(for: .seconds(2))
        #expect(alice.setName("Alice B", world))
        world.hidesRecords = false
        let new = try alice.send("new", to: bob, world)
        world.run(for: .seconds(900))
        #expect(alice.state(old) == .delivered && alice.state(new) == .delivered)
        #expect(bob.agent.nameClaimed(by: alice.id) == "Alice B")

        #expect(alice.setName("", world) && alice.agent.ownName == nil)
        let last = try alice.send("nameless again", to: bob, world)
        world.run(for: .seconds(900))
        #expect(alice.state(last) == .delivered && name(in: last, of: alice)?.text == "")
        #expect(bob.agent.nameClaimed(by: alice.id) == nil)
    }

    @Test func anOlderClaimDoesNotReplaceANewerOne() throws {
        #expect(alice.setName("first", world))
        try alice.send("a", to: bob, world)
        world.run(for: .seconds(2))
        // An older copy of the same person comes back, with the name of then, and says something.
        let backup = alice.backup()
        #expect(alice.setName("second", world))
        try alice.send("b", to: bob, world)
        world.run(for: .seconds(2))
        #expect(bob.agent.nameClaimed(by: alice.id) == "second")
        alice.stop()
        let copy = world.addCopy(of: alice, store: backup)
        world.run(for: .seconds(60))
        try copy.send("c", to: bob, world)
        world.run(for: .seconds(600))
        #expect(bob.texts(world).contains("c") && bob.agent.nameClaimed(by: alice.id) == "second")
        // What is said now is newer than all.
        #expect(copy.setName("third", world))
        try copy.send("d", to: bob, world)
        world.run(for: .seconds(600))
        #expect(bob.agent.nameClaimed(by: alice.id) == "third")
    }

    /// A program that knew no names when it was told may know them by now.
    @Test func afterSomeTimeItIsToldAgain() throws {
        #expect(alice.setName("Alice", world))
        try alice.send("one", to: bob, world)
        world.run(for: .seconds(2))
        #expect(name(in: try alice.send("two", to: bob, world), of: alice) == nil)
        world.run(for: .seconds(2))
        // As if 30 days had gone since: the day stands behind the number and the generation.
        let key = [UInt8(ascii: "t")] + bob.id.bytes.array
        var told: [UInt8] = []
        #expect(alice.store.read(.conversations, key) { value in told = value.withUnsafeBytes { [UInt8]($0) } })
        for (days, isTold) in [(29, false), (30, true)] as [(UInt32, Bool)] {
            let today = world.now.utc.day.number
            alice.stop()
            alice.store.commit([StoreWrite(.conversations, key, told.prefix(12) + (today - days).bigEndianBytes)])
            alice.restart(world)
            let id = try alice.send("after \(days) days", to: bob, world)
            world.run(for: .seconds(2))
            #expect((name(in: id, of: alice) != nil) == isTold, "\(days)")
        }
        #expect(name(in: try alice.send("last", to: bob, world), of: alice) == nil)
    }

    /// A number beyond all clocks would keep a name for good.
    @Test func aNumberThatNoClockGivesIsNotTaken() throws {
        let now = UInt64(world.now.utc.seconds)
        for (version, isTaken) in [(UInt64.max, false), (now + 90_000, false), (now + 80_000, true)] {
            let claim = try #require(NameClaim("Alice \(isTaken)", version: version))
            alice.stop()
            alice.store.commit([StoreWrite(.profile, Array("own name".utf8), claim.encoded)])
            alice.restart(world)
            try alice.send("\(version)", to: bob, world)
            world.run(for: .seconds(2))
            #expect(bob.agent.nameClaimed(by: alice.id) == (isTaken ? claim.text : nil))
        }
        #expect(bob.texts(world).count == 3)
    }

    /// Whoever goes on from the keys alone has lost all names, and hears them anew.
    @Test func whoHasLostItIsToldAgain() throws {
        #expect(alice.setName("Alice", world))
        try alice.send("one", to: bob, world)
        world.run(for: .seconds(2))
        let told = try alice.send("two", to: bob, world)
        world.run(for: .seconds(2))
        #expect(name(in: told, of: alice) == nil)
        bob.stop()
        let copy = world.addCopy(of: bob)
        world.run(for: .seconds(1_800))
        #expect(copy.agent.nameClaimed(by: alice.id) == nil)
        try alice.send("three", to: bob, world)
        world.run(for: .seconds(3_600))
        #expect(copy.texts(world).contains("three") && copy.agent.nameClaimed(by: alice.id) == "Alice")
    }

    @Test func namesOutliveARestartAndAnExport() throws {
        #expect(alice.setName("Alice", world) && bob.setName("Bob", world))
        try alice.send("hello", to: bob, world)
        world.run(for: .seconds(2))
        bob.restart(world)
        #expect(bob.agent.ownName == "Bob" && bob.agent.nameClaimed(by: alice.id) == "Alice")
        let copy = try world.move(bob)
        #expect(copy.agent.ownName == "Bob" && copy.agent.nameClaimed(by: alice.id) == "Alice")
    }

    @Test func aBlockedPeersNameIsNotTaken() throws {
        try alice.send("hello", to: bob, world)
        world.run(for: .seconds(2))
        #expect(bob.decide(.blocked, about: alice, world) && alice.setName("Alice", world))
        try alice.send("dropped", to: bob, world)
        world.run(for: .seconds(600))
        #expect(bob.agent.nameClaimed(by: alice.id) == nil)
    }

    @Test func whatCannotBeANameIsRefused() {
        #expect(!alice.setName("a\u{202e}b", world) && !alice.setName(String(repeating: "a", count: 49), world))
        #expect(alice.agent.ownName == nil)
        #expect(alice.setName("", world), "none is none")
        let commits = alice.commits
        #expect(alice.setName("", world) && alice.commits == commits)
    }

    /// A commit that fails takes the name back with the message that bore it.
    @Test func aNameIsDurableWithItsMessage() throws {
        #expect(alice.setName("Alice", world))
        bob.failAt = (bob.commits + 1, .failed)
        try alice.send("hello", to: bob, world)
        world.run(for: .seconds(2))
        #expect((bob.agent.nameClaimed(by: alice.id) == nil) == bob.texts(world).isEmpty)
        world.run(for: .seconds(600))
        #expect(bob.texts(world) == ["hello"] && bob.agent.nameClaimed(by: alice.id) == "Alice")
    }
}
