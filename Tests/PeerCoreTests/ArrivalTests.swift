import Basics
import PeerCore
import Storage
import Testing

/// Numbers in the order of arrival: whoever asks for what came after the last one seen misses nothing.
@Suite struct ArrivalTests {
    let world: World
    let alice: Person
    let bob: Person

    init() { (world, alice, bob) = World.ofTwo() }

    private func messages(since number: UInt64) -> [IncomingMessage] {
        bob.agent.inbox(InboxFilter(since: number), now: world.now)
    }

    /// The index, as it is on the disk.
    private var numbersOnDisk: [UInt64] {
        var numbers: [UInt64] = []
        bob.store.scan(.inbox, prefix: [UInt8(ascii: "s")], after: nil) { key, _ in
            numbers.append(key.withUnsafeBytes { $0.dropFirst().reduce(0) { $0 << 8 | UInt64($1) } })
            return true
        }
        return numbers
    }

    /// Puts a message before all others, as a first message of somebody new would be.
    @Test func whatStandsFirstInTheInboxIsTheLastToArrive() throws {
        for index in 0..<3 {
            try alice.send("\(index)", to: bob, world)
            world.run(for: .seconds(2))
        }
        // Bob's own numbers have not grown with those of Alice.
        try bob.send("to myself", to: bob, world)
        world.run(for: .seconds(2))
        #expect(bob.texts(world).last == "2", "it stands above what came before it")
        #expect(messages(since: 0).map(\.text) == ["0", "1", "2", "to myself"])
        #expect(messages(since: 0).map(\.arrival) == [1, 2, 3, 4])
        #expect(messages(since: 3).map(\.text) == ["to myself"])
        #expect(messages(since: 4).isEmpty && messages(since: .max).isEmpty)
        #expect(bob.agent.lastArrival == 4)
        #expect(bob.agent.numberedMessages(since: 1, limit: 2).map(\.number) == [2, 3])
        let filter = InboxFilter(from: alice.id, since: 1, limit: 1)
        #expect(bob.agent.inbox(filter, now: world.now).map(\.text) == ["1"])
        #expect(bob.agent.inbox(InboxFilter(since: 0, textBytes: 2), now: world.now).map(\.text) == ["0", "1"])
        bob.markRead(messages(since: 0).prefix(3).map(\.id), world)
        let unread = bob.agent.inbox(InboxFilter(unreadOnly: true, since: 0), now: world.now)
        #expect(unread.map(\.text) == ["to myself"])
        #expect(messages(since: 0).map(\.arrival) == [1, 2, 3, 4], "read messages keep their numbers")
    }

    @Test func numbersAreNeverGivenTwice() throws {
        for index in 0..<3 { try alice.send("\(index)", to: bob, world) }
        world.run(for: .seconds(5))
        #expect(bob.delete(messages(since: 0).map { .position($0.position) }, world) == 3)
        #expect(numbersOnDisk.isEmpty, "the index goes with the messages")
        bob.restart(world)
        try alice.send("3", to: bob, world)
        world.run(for: .seconds(60))
        #expect(messages(since: 0).map(\.arrival) == [4])
        #expect(numbersOnDisk == [4])
    }

    /// A withheld message has no number before it is shown: else it would come below what was read already.
    @Test func aMessageThatHasToWaitGetsItsNumberWhenItIsShown() throws {
        bob.stop()
        for text in ["one", "two"] {
            try alice.send(text, to: bob, world)
            world.run(for: .seconds(5))
        }
        let (mailbox, held) = try #require(world.mailboxes.first { !$0.value.isEmpty })
        world.mailboxes = [:]
        alice.stop()
        bob.restart(world)
        world.run(for: .seconds(40))
        world.mailboxes[mailbox] = [held[1]]
        for _ in 0..<60 where bob.fetched.isEmpty { world.run(for: .seconds(1)) }
        try bob.send("to myself", to: bob, world)
        #expect(messages(since: 0).map(\.text) == ["to myself"])
        bob.restart(world)
        world.run(for: .seconds(Limits.withholdingSeconds + 30))
        #expect(messages(since: 1).map(\.text) == ["two"])
        #expect(messages(since: 0).map(\.arrival) == [1, 2])
        #expect(numbersOnDisk == [1, 2])
    }

    /// Whatever a failing disk takes back had not been told to anybody, and nothing is missed.
    @Test(arguments: 0..<12) func failedCommitsLeaveNoGap(turn: Int) throws {
        var cursor: UInt64 = 0
        var seen: [String] = []
        func read() {
            for message in messages(since: cursor) {
                #expect(message.arrival > cursor)
                cursor = message.arrival
                seen.append(message.text)
            }
        }
        bob.commitDelay = .milliseconds(300)
        for index in 0..<12 {
            try alice.send("\(index)", to: bob, world)
            if index == turn { bob.nextResult = .failed }
            for _ in 0..<4 {
                world.run(for: .milliseconds(120))
                read()
            }
        }
        for _ in 0..<200 {
            world.run(for: .seconds(1))
            read()
        }
        #expect(seen.sorted() == (0..<12).map { "\($0)" }.sorted())
        #expect(seen.count == Set(seen).count)
    }

    /// A store from before there were numbers: they are given by time of receipt, in portions, through crashes and while
    /// messages come.
    @Test(arguments: [nil, 1, 2, 3] as [Int?]) func anOlderStoreIsNumbered(crash: Int?) throws {
        let count = Limits.numberingPortion * 2 + 7
        for index in 0..<count {
            // Written by oneself: the conversation is in this order.
            try bob.send("\(index)", to: bob, world)
        }
        world.run(for: .seconds(5))
        let before = bob.texts(world)
        #expect(before.count == count)
        bob.stop()
        stripNumbers()
        if let crash { bob.crashAt = (bob.commits + crash, crash % 2 == 0 ? .beforeCommit : .afterCommit) }
        var seen: [String] = []
        var cursor: UInt64 = 0
        func read() {
            for message in messages(since: cursor) {
                #expect(message.arrival > cursor)
                cursor = message.arrival
                seen.append(message.text)
            }
        }
        bob.commitDelay = .milliseconds(50)
        bob.restart(world)
        try bob.send("new", to: bob, world)
        for _ in 0..<100 {
            world.run(for: .milliseconds(30))
            read()
        }
        bob.commitDelay = .zero
        try bob.send("newer", to: bob, world)
        world.run(for: .seconds(60))
        read()
        let isLost = crash == 1 || crash == 2
        #expect(seen.filter { $0 != "new" } == before + ["newer"])
        #expect(isLost || seen.contains("new"), "what was written before the crash may not have been accepted")
        #expect(numbersOnDisk.count == seen.count)
        bob.restart(world)
        #expect(messages(since: 0).map(\.text) == seen)
        #expect(bob.agent.lastArrival == cursor)
    }

    /// Makes the disk what an older version would have left.
    private func stripNumbers() {
        var writes = numbersOnDisk.map {
            StoreWrite(.inbox, [UInt8(ascii: "s")] + $0.bigEndianBytes, nil)
        }
        bob.store.scan(.inbox, prefix: [UInt8(ascii: "o")], after: nil) { key, value in
            // Without the last field: its tag, its length, and the number.
            writes.append(
                StoreWrite(.inbox, key.withUnsafeBytes { Array($0) }, value.withUnsafeBytes { Array($0.dropLast(13)) }))
            return true
        }
        writes.append(StoreWrite(.profile, Array("last arrival".utf8), nil))
        bob.store.commit(writes)
    }
}
