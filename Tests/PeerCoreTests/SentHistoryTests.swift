import Basics
import Conversations
import PeerCore
import Storage
import Testing

/// What is remembered of sent messages when there are too many, and what a full inbox means for who writes to themselves.
@Suite struct SentHistoryTests {
    private let world: World
    private let (alice, bob): (Person, Person)

    init() {
        (world, alice, bob) = World.ofTwo()
    }

    /// Puts a number into Alice's outbox, as if much had happened before.
    private func set(_ key: String, to number: UInt64) {
        alice.store.commit([StoreWrite(.outbox, Array(key.utf8), number.bigEndianBytes)])
        alice.restart(world)
        world.run(for: .seconds(5))
    }

    private func send(_ texts: [String]) throws {
        for text in texts {
            try alice.send(text, to: bob, world)
            world.run(for: .seconds(5))
        }
    }

    private var remembered: [String] { alice.agent.outgoingMessages().compactMap(\.text) }

    @Test func receiptsTakeNoRoomInTheHistory() throws {
        try send(["1", "2", "3"])
        // Receipts have numbers in the same order of acceptance: a million of them were sent.
        set("n", to: Limits.sentMessages)
        try send(["4"])
        #expect(remembered == ["1", "2", "3", "4"])
    }

    @Test func aFullHistoryForgetsTheOldestThatHasEnded() throws {
        let carol = world.addPerson(3)
        // She has published nothing, and never will.
        carol.stop()
        alice.forgetsSent = true
        try alice.send("under way", to: carol, world)
        try send(["1", "2", "3"])
        set("h", to: Limits.sentMessages)
        set("n", to: Limits.sentMessages)
        try send(["4"])
        #expect(remembered == ["under way", "2", "3", "4"])
        try send(["5"])
        #expect(remembered == ["under way", "3", "4", "5"])
    }

    @Test func aKeyIsForgottenWithItsMessage() throws {
        alice.forgetsSent = true
        let first = try alice.send("1", to: bob, key: "k", world)
        world.run(for: .seconds(5))
        #expect(try alice.send("1", to: bob, key: "k", world) == first)
        set("h", to: Limits.sentMessages)
        try send(["2"])
        #expect(try alice.send("1", to: bob, key: "k", world) != first)
    }

    @Test func theMessagesOfAnOlderStoreAreCounted() throws {
        try send(["1", "2"])
        alice.store.commit([StoreWrite(.outbox, Array("h".utf8), nil)])
        alice.restart(world)
        try send(["3"])
        var count: [UInt8] = []
        _ = alice.store.read(.outbox, Array("h".utf8)) { span in count = span.withUnsafeBytes { Array($0) } }
        #expect(count == UInt64(3).bigEndianBytes)
    }

    @Test func nobodyWritesToThemselvesIntoAFullInbox() throws {
        alice.store.commit([
            StoreWrite(.profile, Array("inbox count".utf8), UInt64(Limits.inboxMessages).bigEndianBytes)
        ])
        alice.restart(world)
        world.run(for: .seconds(5))
        let error = #expect(throws: SendError.inboxFull) { try alice.send("note", to: alice, world) }
        #expect(error.map { "\($0)" }?.contains("delete") == true)
        #expect(alice.agent.inboxMessages == Limits.inboxMessages)
        try send(["to somebody else"])
        #expect(remembered == ["to somebody else"])
    }
}
