import Basics
import PeerCore
import Storage
import Testing

/// A store that counts what is looked at.
private final class CountingStore: StoreReader {
    private let store: MemoryStore
    private(set) var visits = 0

    init(_ store: MemoryStore) { self.store = store }

    func reset() { visits = 0 }

    func read(_ table: Table, _ key: [UInt8], _ body: (RawSpan) -> Void) -> Bool {
        visits += 1
        return store.read(table, key, body)
    }

    func scan(_ table: Table, prefix: [UInt8], after: [UInt8]?, _ body: (RawSpan, RawSpan) -> Bool) {
        store.scan(table, prefix: prefix, after: after) { key, value in
            visits += 1
            return body(key, value)
        }
    }

    func scanBackward(_ table: Table, prefix: [UInt8], before: [UInt8]?, _ body: (RawSpan, RawSpan) -> Bool) {
        store.scanBackward(table, prefix: prefix, before: before) { key, value in
            visits += 1
            return body(key, value)
        }
    }

    func scanHeads(
        _ table: Table, prefix: [UInt8], after: [UInt8]?, _ body: (RawSpan, Int, RawSpan) -> Bool
    ) {
        store.scanHeads(table, prefix: prefix, after: after) { key, size, head in
            visits += 1
            return body(key, size, head)
        }
    }
}

/// The messages of one sender are found among many of others without looking at those.
@Suite struct InboxOfOneTests {
    @Test func othersMessagesArentLookedAt() throws {
        let (world, alice, bob) = World.ofTwo()
        let carol = world.addPerson(3)
        world.run(for: .seconds(5))
        try carol.send("first", to: bob, world)
        world.run(for: .seconds(2))
        for number in 0..<200 { try alice.send("\(number)", to: bob, world) }
        world.run(for: .seconds(30))
        try carol.send("last", to: bob, world)
        try bob.send("to carol", to: carol, world)
        try bob.send("to myself", to: bob, world)
        world.run(for: .seconds(5))
        let store = CountingStore(bob.store)
        let agent = PeerAgent(profile: bob.profile, suite: Person.suite, store: store, seed: .zero, now: world.now)
        store.reset()
        let messages = agent.inbox(InboxFilter(from: carol.id), now: world.now)
        #expect(messages.map(\.text) == ["first", "last"])
        #expect(store.visits < 40, "\(store.visits)")
        #expect(agent.inbox(InboxFilter(from: bob.id), now: world.now).map(\.text) == ["to myself"])
        let rest = agent.inbox(InboxFilter(from: carol.id, after: messages[0].position), now: world.now)
        #expect(rest.map(\.text) == ["last"])
        let unread = agent.inbox(InboxFilter(from: carol.id, unreadOnly: true, limit: 1), now: world.now)
        #expect(unread.map(\.text) == ["first"])
        #expect(agent.inbox(InboxFilter(from: alice.id), now: world.now).count == 200)
    }
}
