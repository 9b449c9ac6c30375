import Basics
import Conversations
import PeerCore
import Storage
import Testing

/// What is kept of people who have written and whom nothing connects with the person: no more than for as long as it may be of use.
@Suite struct StrangerTests {
    let world: World
    let alice: Person
    let bob: Person

    init() { (world, alice, bob) = World.ofTwo() }

    /// Longer than anything that was sealed to a key of that time can arrive.
    private let lifetime = Duration.seconds(86_400 * Int64(Limits.recordDays + Limits.envelopeDaysAccepted + 9))

    /// Keys of bob's that say anything of alice, by their first letter.
    private var kept: String {
        var letters = ""
        bob.store.scan(.conversations, prefix: [], after: nil) { key, _ in
            if Bytes32(key, at: 1) == alice.id.bytes {
                letters += key.withUnsafeBytes { String(decoding: $0.prefix(1), as: UTF8.self) }
            }
            return true
        }
        return letters
    }

    @Test func whoseMessagesAreDeletedIsForgotten() throws {
        #expect(alice.setName("Alice", world))
        let id = try alice.send("hello", to: bob, world)
        world.run(for: .seconds(5))
        #expect(bob.delete([.message(id)], world) == 1)
        world.run(for: .seconds(5))
        #expect(kept.contains("c") && kept.contains("k"), "what comes next is opened with it: \(kept)")
        world.run(for: lifetime)
        #expect(kept == "")
        // They are a stranger who may write like any other.
        try alice.send("hello again", to: bob, world)
        world.run(for: .seconds(86_400 * 3))
        #expect(bob.texts(world) == ["hello again"])
    }

    @Test func whoseMessagesAreThereStays() throws {
        try alice.send("hello", to: bob, world)
        world.run(for: lifetime)
        #expect(kept.contains("c"))
    }

    @Test(arguments: [PeerStanding.accepted, .blocked]) func whoIsDecidedAboutStays(standing: PeerStanding) throws {
        let id = try alice.send("hello", to: bob, world)
        world.run(for: .seconds(5))
        #expect(bob.decide(standing, about: alice, world) && bob.delete([.message(id)], world) == 1)
        world.run(for: lifetime)
        #expect(kept.contains("c") && kept.contains("p"))
    }

    @Test func whoWasWrittenToStays() throws {
        let id = try bob.send("hello", to: alice, world)
        world.run(for: .seconds(5))
        #expect(bob.deleteSent(id, world))
        world.run(for: lifetime)
        #expect(kept.contains("c"), "who they are, and that they are accepted, depends on it")
    }

    /// Each is decoded: so they are looked at some at a time, after each start.
    @Test func manyAreLookedAtInPortions() throws {
        func rest() -> Int {
            var count = 0
            bob.store.scan(.conversations, prefix: [UInt8(ascii: "c")], after: nil) { _, _ in
                count += 1
                return true
            }
            return count
        }
        let entries = (0..<300).map { number in
            let peer = Bytes32(words: (UInt64(number), 1, 2, 3)).array
            return StoreWrite(.conversations, [UInt8(ascii: "c")] + peer, Conversation().encoded)
        }
        bob.store.commit(entries)
        bob.restart(world)
        world.run(for: .milliseconds(500))
        #expect(rest() == 300 - Limits.removalsPerSweep)
        world.run(for: .seconds(10))
        #expect(rest() == 0)
    }

    @Test func manyAreForgotten() throws {
        let senders = (10..<40).map { world.addPerson($0) }
        world.run(for: .seconds(5))
        for sender in senders { try sender.send("hello", to: bob, world) }
        world.run(for: .seconds(60))
        for sender in senders { sender.stop() }
        let messages = bob.agent.inbox(InboxFilter(), now: world.now)
        #expect(bob.delete(messages.map { .position($0.position) }, world) == 30)
        world.run(for: lifetime)
        var rest = 0
        bob.store.scan(.conversations, prefix: [UInt8(ascii: "c")], after: nil) { _, _ in
            rest += 1
            return true
        }
        #expect(rest == 0)
    }

    /// Nothing counts receipts, and whoever sends them may be anybody.
    @Test func receiptsOfNobodyLeaveNothing() throws {
        alice.stop()
        try bob.send("hello", to: alice, world)
        world.run(for: .seconds(60))
        // Bob goes on from his keys alone, and doesn't know of Alice. Her receipt is sealed to his new ones.
        bob.stop()
        let again = world.addCopy(of: bob)
        world.run(for: .seconds(60))
        alice.restart(world)
        world.run(for: .seconds(86_400))
        #expect(alice.texts(world) == ["hello"])
        func keys(_ table: Table, _ prefix: [UInt8]) -> Int {
            var count = 0
            again.store.scan(table, prefix: prefix, after: nil) { _, _ in
                count += 1
                return true
            }
            return count
        }
        #expect(keys(.inbox, [UInt8(ascii: "d")]) > 0, "it was opened")
        #expect(keys(.conversations, []) == 0)
    }
}
