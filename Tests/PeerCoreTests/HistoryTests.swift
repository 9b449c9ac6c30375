import Basics
import PeerCore
import Storage
import Testing

/// Conversations in both directions: one order, pages both ways, and what the list says of each. `Witness` looks at them after every
/// commit of every other story as well.
@Suite struct HistoryTests {
    let world: World
    let alice: Person
    let bob: Person

    init() { (world, alice, bob) = World.ofTwo() }

    private func texts(_ messages: [HistoryMessage]) -> [String] {
        messages.map { message in
            switch message {
            case .received(let message): message.text
            case .sent(let sent): sent.message.text ?? ""
            }
        }
    }

    /// Both are away by turns, and write meanwhile.
    @Test(arguments: 1...6 as ClosedRange<UInt64>) func bothSidesSeeOneOrder(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        world.isDirectOpen = (random.next() % 100 < 50)
        for index in 0..<30 {
            let writer = (random.next() % 100 < 50) ? alice : bob
            try writer.send("\(index)", to: writer === alice ? bob : alice, world)
            if random.next() % 100 < 20 { ((random.next() % 100 < 50) ? alice : bob).isOnline.toggle() }
            if random.next() % 100 < 10 { ((random.next() % 100 < 50) ? alice : bob).restart(world) }
            world.run(for: .milliseconds(Int(random.next() % 20_000)))
        }
        (alice.isOnline, bob.isOnline) = (true, true)
        world.run(for: .seconds(1_200))
        let (hers, his) = (alice.history(with: bob, world), bob.history(with: alice, world))
        #expect(hers.count == 30, "seed \(seed)")
        #expect(hers.map(\.position) == his.map(\.position), "seed \(seed)")
        #expect(texts(hers) == texts(his), "seed \(seed)")
    }

    @Test func aConversationIsReadInPartsBothWays() throws {
        for index in 0..<25 {
            try (index % 3 == 0 ? bob : alice).send(
                index == 7 ? "ÄPFEL und Birnen" : "\(index)", to: index % 3 == 0 ? alice : bob, world)
            world.run(for: .seconds(2))
        }
        let all = bob.history(with: alice, world)
        #expect(all.count == 25)
        for size in [1, 2, 7, 24, 25, 26] {
            var backward: [HistoryMessage] = []
            var filter = HistoryFilter(peer: alice.id, limit: size)
            var parts = 0
            while true {
                let part = bob.agent.history(filter, now: world.now)
                backward = part.messages + backward
                parts += 1
                guard let earlier = part.earlier else { break }
                filter.start = .before(earlier)
            }
            #expect(backward == all && parts == (25 + size - 1) / size)
            var forward = [all[0]]
            filter.start = .after(all[0].position)
            while true {
                let part = bob.agent.history(filter, now: world.now)
                forward += part.messages
                guard let later = part.later else { break }
                filter.start = .after(later)
            }
            #expect(forward == all)
        }
        let middle = bob.agent.history(
            HistoryFilter(peer: alice.id, start: .before(all[10].position), limit: 3), now: world.now)
        #expect(
            middle.messages == Array(all[7..<10]) && middle.earlier == all[7].position
                && middle.later == all[9].position)
        let found = bob.agent.history(HistoryFilter(peer: alice.id, search: "äpfel"), now: world.now)
        #expect(texts(found.messages) == ["ÄPFEL und Birnen"] && found.earlier == nil)
        #expect(
            bob.agent.history(HistoryFilter(peer: alice.id, search: "Äpfel und X"), now: world.now).messages.isEmpty)
        let time = world.now.utc.advanced(bySeconds: -11)
        let late = bob.agent.history(HistoryFilter(peer: alice.id, since: time), now: world.now).messages
        #expect(!late.isEmpty && late == all.suffix(late.count) && late.count < 8)
        #expect(bob.agent.history(HistoryFilter(peer: bob.id), now: world.now) == HistoryPart())
    }

    @Test func theNewestConversationIsListedFirst() throws {
        let carol = world.addPerson(3)
        carol.start(world)
        world.run(for: .seconds(5))
        func overviews() -> [ConversationOverview] { bob.agent.conversations(after: nil, limit: 10, now: world.now) }
        try alice.send("from Alice", to: bob, world)
        world.run(for: .seconds(2))
        try bob.send("to Carol", to: carol, world)
        world.run(for: .seconds(2))
        #expect(overviews().map(\.place.peer) == [carol.id, alice.id])
        #expect(overviews().map(\.unread) == [0, 1])
        try alice.send("again", to: bob, world)
        try bob.send("to myself", to: bob, world)
        world.run(for: .seconds(2))
        #expect(
            overviews().map(\.place.peer) == [bob.id, alice.id, carol.id]
                || overviews().map(\.place.peer) == [alice.id, bob.id, carol.id])
        let first = try #require(bob.agent.conversations(after: nil, limit: 1, now: world.now).first)
        #expect(
            bob.agent.conversations(after: first.place, limit: 10, now: world.now) == Array(overviews().dropFirst()))
        let received = bob.agent.inbox(InboxFilter(from: alice.id), now: world.now)
        bob.markRead(received.map(\.id), world)
        #expect(overviews().first { $0.place.peer == alice.id }?.unread == 0)
        #expect(bob.notices.contains(.conversationChanged(alice.id)))
        bob.restart(world)
        #expect(overviews().count == 3)
    }

    @Test func whatIsNumberedIsWhatCameAndWhatWasSent() throws {
        try alice.send("one", to: bob, world)
        world.run(for: .seconds(2))
        try bob.send("two", to: alice, world)
        try bob.send("three", to: bob, world)
        world.run(for: .seconds(2))
        let all = bob.agent.numberedMessages(since: 0, limit: 10)
        #expect(all.map(\.number) == [1, 2, 3] && bob.agent.lastArrival == 3)
        guard case .received = all[0], case .sent(let sent) = all[1], case .received = all[2] else {
            Issue.record("another order")
            return
        }
        #expect(sent.message.text == "two" && sent.position == bob.history(with: alice, world).last?.position)
        #expect(bob.agent.numberedMessages(since: 1, limit: 1).map(\.number) == [2])
        bob.restart(world)
        #expect(bob.agent.numberedMessages(since: 0, limit: 10).map(\.number) == [1, 2, 3])
    }

    @Test func aConversationIsDeletedHereInBothDirections() throws {
        for index in 0..<200 {
            try (index % 2 == 0 ? alice : bob).send("\(index)", to: index % 2 == 0 ? bob : alice, world)
        }
        world.run(for: .seconds(60))
        bob.restart(world)
        alice.stop()
        world.isDirectOpen = false
        try bob.send("under way", to: alice, world)
        world.run(for: .seconds(2))
        #expect(bob.deleteConversation(with: alice, world) == 200)
        #expect(texts(bob.history(with: alice, world)) == ["under way"])
        let overview = try #require(bob.agent.conversations(after: nil, limit: 10, now: world.now).first)
        #expect(overview.unread == 0 && overview.place.peer == alice.id)
        #expect(bob.agent.outgoingMessages().map(\.text) == ["under way"])
        #expect(bob.agent.numberedMessages(since: 0, limit: 10).count == 1)
        alice.restart(world)
        world.run(for: .seconds(120))
        #expect(bob.deleteConversation(with: alice, world) == 1)
        #expect(bob.agent.conversations(after: nil, limit: 10, now: world.now).isEmpty)
        #expect(keysOfConversations == 0)
        #expect(texts(alice.history(with: bob, world)).count == 201)
    }

    /// What isn't here yet can't be deleted: it comes, and is a new message. One's own under way are delivered, and say so.
    @Test func whatIsUnderWayIsDeliveredAfterItsConversationWasDeleted() throws {
        world.isDirectOpen = false
        try alice.send("read", to: bob, world)
        world.run(for: .seconds(60))
        bob.isOnline = false
        let waiting = try alice.send("waits at buddies", to: bob, world)
        world.run(for: .seconds(60))
        #expect(alice.state(waiting) == .stored && texts(bob.history(with: alice, world)) == ["read"])
        alice.stop()
        let own = try bob.send("under way", to: alice, world)
        #expect(bob.deleteConversation(with: alice, world) == 1)
        #expect(texts(bob.history(with: alice, world)) == ["under way"])
        bob.restart(world)
        bob.isOnline = true
        alice.restart(world)
        world.run(for: .seconds(1_200))
        #expect(texts(bob.history(with: alice, world)).sorted() == ["under way", "waits at buddies"])
        #expect(bob.state(own) == .delivered && alice.state(waiting) == .delivered)
        #expect(alice.texts(world) == ["under way"])
        #expect(bob.texts(world) == ["waits at buddies"], "what was deleted doesn't come again")
        #expect(bob.deleteConversation(with: alice, world) == 2)
        // Who cancels before they delete has nothing delivered that didn't leave.
        alice.stop()
        world.isDirectOpen = false
        bob.isOnline = false
        let cancelled = try bob.send("not to be sent", to: alice, world)
        #expect(bob.cancel(cancelled, world) == .cancelled && bob.deleteConversation(with: alice, world) == 1)
        bob.isOnline = true
        alice.restart(world)
        world.run(for: .seconds(1_200))
        #expect(alice.texts(world) == ["under way"])
    }

    @Test(arguments: [
        ("", "a", false), ("a", "a", true), ("aab", "aaab", true), ("aab", "aabaaab", true),
        ("abcabd", "abcabcabd", true),
        ("abab", "abacabab", true), ("abab", "abaabba", false), ("ab", "a", false), ("äpf", "zwei ÄPFEL", true),
        ("ß", "STRASSE", false), ("aaaaaab", "aaaaaaaaaaaaaaab", true), ("aaaaaab", "aaaaaaaaaaaaaaaa", false),
    ])
    func aTextIsFoundWhereverItStands(_ wanted: String, _ text: String, _ isThere: Bool) throws {
        try alice.send(text, to: bob, world)
        world.run(for: .seconds(2))
        let filter = HistoryFilter(peer: alice.id, search: wanted)
        let found = bob.agent.history(filter, now: world.now).messages
        #expect(found.count == (isThere || wanted.isEmpty ? 1 : 0))
    }

    /// It lies in the inbox and in the outbox, and stands in the conversation once.
    @Test func whatOneWritesToOneselfIsDeletedWithItsConversation() throws {
        let first = try bob.send("first", to: bob, world)
        try bob.send("second", to: bob, world)
        try alice.send("from Alice", to: bob, world)
        world.run(for: .seconds(2))
        #expect(bob.deleteSent(first, world) && !bob.deleteSent(first, world))
        #expect(texts(bob.history(with: bob, world)) == ["first", "second"])
        #expect(bob.texts(world, from: bob) == ["first", "second"])
        #expect(bob.agent.outgoingMessages().map(\.text) == ["second"])
        #expect(bob.deleteConversation(with: bob, world) == 2)
        #expect(bob.agent.outgoingMessages().isEmpty && bob.texts(world) == ["from Alice"])
        #expect(bob.agent.conversations(after: nil, limit: 10, now: world.now).map(\.place.peer) == [alice.id])
    }

    private func found(since time: UnixTime, start: HistoryStart = .end, limit: Int = .max) -> [HistoryMessage] {
        bob.agent.history(HistoryFilter(peer: alice.id, start: start, since: time, limit: limit), now: world.now)
            .messages
    }

    /// What came since some time is found by time, wherever it stands: also a message that came late to its place, of a conversation of
    /// which no more can be looked at in one call.
    @Test func whatCameSinceIsFoundWithoutLookingAtAll() throws {
        world.isWitnessed = false
        for index in 0..<1_200 { try alice.send("\(index)", to: bob, world) }
        world.run(for: .seconds(600))
        #expect(bob.agent.lastArrival == 1_200)
        // Bob writes without having heard of what Alice has written before.
        bob.isOnline = false
        try alice.send("late", to: bob, world)
        for index in 0..<3 { try bob.send("from Bob \(index)", to: alice, world) }
        world.run(for: .seconds(60))
        let time = world.now.utc
        #expect(found(since: time).isEmpty)
        bob.isOnline = true
        world.run(for: .seconds(3_600))
        #expect(texts(bob.history(with: alice, world)).last == "from Bob 2", "what came late stands before")
        for index in 0..<3 {
            try (index == 1 ? bob : alice).send("new \(index)", to: index == 1 ? alice : bob, world)
            world.run(for: .seconds(5))
        }
        let recent = found(since: time)
        #expect(texts(recent) == ["late", "new 0", "new 1", "new 2"])
        let first = bob.agent.history(
            HistoryFilter(peer: alice.id, start: .after(.beginning), since: time, limit: 3), now: world.now)
        #expect(texts(first.messages) == ["late", "new 0", "new 1"] && first.later == recent[2].position)
        #expect(found(since: time, start: .after(recent[2].position)) == [recent[3]])
        #expect(found(since: time, start: .before(recent[3].position), limit: 1) == [recent[2]])
        // In the time of the clock: an hour from now nothing has come.
        #expect(found(since: world.now.utc.advanced(bySeconds: 3_600)).isEmpty)
        #expect(bob.delete([.position(recent[0].position)], world) == 1)
        #expect(texts(found(since: time)) == ["new 0", "new 1", "new 2"])
        // An older version has written down no times: they are added, and until then all is looked through.
        bob.stop()
        stripTimes()
        bob.restart(world)
        world.run(for: .seconds(60))
        #expect(texts(found(since: time)) == ["new 0", "new 1", "new 2"])
    }

    /// Makes the disk what a version before 2026-11-30 would have left.
    private func stripTimes() {
        var writes = [StoreWrite(.profile, Array("history index".utf8), [2])]
        bob.store.scan(.conversations, prefix: Array("i".utf8), after: nil) { key, _ in
            writes.append(StoreWrite(.conversations, key.withUnsafeBytes { Array($0) }, nil))
            return true
        }
        #expect(writes.count > 1_000)
        bob.store.commit(writes)
    }

    /// An older version has deleted a message, and knew nothing of its place.
    @Test func aConversationWithoutMessagesCanBeDeleted() throws {
        try alice.send("one", to: bob, world)
        world.run(for: .seconds(2))
        let position = try #require(bob.history(with: alice, world).first?.position)
        let store = bob.backup()
        let place = position.lamport.bigEndianBytes + position.from.bytes.array + position.id.array
        store.commit([StoreWrite(.inbox, [UInt8(ascii: "o")] + place, nil)])
        func agent() -> PeerAgent {
            PeerAgent(profile: bob.profile, suite: Person.suite, store: store, seed: bob.id.bytes, now: world.now)
        }
        var (first, outbox) = (agent(), PeerOutbox())
        #expect(first.conversations(after: nil, limit: 1, now: world.now).count == 1)
        let deletion = first.deleteConversation(with: alice.id, now: world.now, into: &outbox)
        #expect(deletion == ConversationDeletion(count: 0, rest: nil))
        store.commit(first.takeWrites().writes)
        #expect(agent().conversations(after: nil, limit: 1, now: world.now).isEmpty)
    }

    /// Keys of the index, as they are on the disk.
    private var keysOfConversations: Int {
        var count = 0
        for letter in ["h", "i", "l", "n"] {
            bob.store.scan(.conversations, prefix: Array(letter.utf8), after: nil) { _, _ in
                count += 1
                return true
            }
        }
        return count
    }

    /// A store from before there were conversations: messages get their places in portions, through crashes and while others come.
    @Test(arguments: [nil, 1, 2] as [Int?]) func anOlderStoreIsIndexed(crash: Int?) throws {
        let count = Limits.numberingPortion + 40
        for index in 0..<count {
            try (index % 2 == 0 ? alice : bob).send("\(index)", to: index % 2 == 0 ? bob : alice, world)
        }
        world.run(for: .seconds(300))
        let read = bob.agent.inbox(InboxFilter(), now: world.now).prefix(10).map(\.id)
        bob.markRead(Array(read), world)
        let before = bob.history(with: alice, world)
        let overview = bob.agent.conversations(after: nil, limit: 1, now: world.now)
        #expect(before.count == count)
        bob.stop()
        stripIndex()
        #expect(keysOfConversations == 0)
        if let crash { bob.crashAt = (bob.commits + crash, crash % 2 == 0 ? .beforeCommit : .afterCommit) }
        bob.commitDelay = .milliseconds(50)
        bob.restart(world)
        world.run(for: .milliseconds(30))
        try alice.send("new", to: bob, world)
        world.run(for: .seconds(60))
        let after = bob.history(with: alice, world)
        #expect(after.map(\.position) == bob.history(with: alice, world).map(\.position))
        #expect(texts(after) == texts(before) + ["new"])
        let now = bob.agent.conversations(after: nil, limit: 1, now: world.now)
        #expect(now.first?.unread == (overview.first?.unread ?? 0) + 1)
        bob.restart(world)
        world.run(for: .seconds(5))
        #expect(bob.history(with: alice, world) == after)
    }

    /// Makes the disk what an older version would have left.
    private func stripIndex() {
        var writes = [StoreWrite(.profile, Array("history index".utf8), nil)]
        for letter in ["h", "i", "l", "n"] {
            bob.store.scan(.conversations, prefix: Array(letter.utf8), after: nil) { key, _ in
                writes.append(StoreWrite(.conversations, key.withUnsafeBytes { Array($0) }, nil))
                return true
            }
        }
        bob.store.commit(writes)
    }
}
