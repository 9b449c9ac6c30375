import Basics
import Conversations
import Cryptography
import Exchange
import PeerCore
import Testing

/// What peers may send that a decent program never would.
@Suite struct HostileContentTests {
    let world = World()
    let alice: Person
    let bob: Person
    let mallory: Person

    init() {
        alice = world.addPerson(1)
        bob = world.addPerson(2)
        mallory = world.addPerson(3)
        world.run(for: .seconds(5))
    }

    /// Puts an envelope with this content into somebody's mailbox.
    @discardableResult
    private func put(_ content: Content, from: Person, to: Person, seed: UInt64 = 1) throws -> EnvelopeID {
        let epoch = world.now.utc.epoch
        let location = to.profile.blinded(for: .record, epoch: epoch).location
        let bytes = try #require(world.records[location])
        let record = try PeerRecord(
            verifying: bytes, of: to.id, epoch: epoch, suite: Person.suite, now: world.now.utc)
        let mailbox = to.profile.blinded(for: .mailbox, epoch: epoch).location
        var generator = SecureGenerator(seed: Bytes32(words: (seed, 0, 0, 0)))
        let envelope = try EnvelopeCipher(profile: from.profile, suite: Person.suite).seal(
            content, to: record, mailbox: mailbox, expiry: world.now.utc.day.advanced(by: 3), generator: &generator)
        let id = EnvelopeID(hashing: envelope.span.bytes)
        world.mailboxes[mailbox, default: []].append((id, envelope))
        return id
    }

    private func text(_ text: String, _ id: UInt128, parent: UInt128? = nil, lamport: UInt64 = 1) -> Content {
        Content(
            id: MessageID(id), parent: parent.map { MessageID($0) }, lamport: lamport, sentAt: world.now.utc,
            body: .text(text))
    }

    @Test func oneMessageInTwoEnvelopesIsOneMessage() throws {
        try put(text("first", 7), from: mallory, to: bob, seed: 1)
        try put(text("second", 7), from: mallory, to: bob, seed: 2)
        world.run(for: .seconds(40))
        #expect(bob.texts(world) == ["first"])
        #expect(world.holdsNoMail)
    }

    @Test func anothersMessageIDTakesNothingAway() throws {
        try put(text("mine", 7), from: mallory, to: bob)
        try put(text("hers", 7), from: alice, to: bob)
        world.run(for: .seconds(40))
        #expect(bob.texts(world, from: alice) == ["hers"])
        #expect(bob.texts(world, from: mallory) == ["mine"])
        bob.markRead([MessageID(7)], world)
        #expect(bob.agent.inbox(InboxFilter(unreadOnly: true), now: world.now).isEmpty)
    }

    @Test func onlyTheRecipientsReceiptCounts() throws {
        bob.stop()
        let id = try alice.send("hello", to: bob, world)
        world.run(for: .seconds(5))
        let forged = Content(id: MessageID(9), sentAt: world.now.utc, body: .receipt(delivered: [id], read: [id]))
        try put(forged, from: mallory, to: alice)
        world.run(for: .seconds(40))
        #expect(alice.state(id) == .stored)
        #expect(world.mailboxes.values.reduce(0) { $0 + $1.count } == 1, "the forged one is done with")
    }

    @Test func receiptsAndUnknownKindsGetNoReceipts() throws {
        try put(
            Content(id: MessageID(1), sentAt: world.now.utc, body: .receipt(delivered: [MessageID(2)], read: [])),
            from: mallory, to: bob)
        try put(Content(id: MessageID(3), sentAt: world.now.utc, body: .unknown(99)), from: mallory, to: bob)
        world.run(for: .seconds(60))
        #expect(world.sent.isEmpty)
        #expect(world.holdsNoMail)
        #expect(bob.texts(world).isEmpty)
    }

    @Test func messagesThatWaitForEachOtherAreShown() throws {
        try put(text("a", 1, parent: 2, lamport: 5), from: mallory, to: bob, seed: 1)
        try put(text("b", 2, parent: 1, lamport: 5), from: mallory, to: bob, seed: 2)
        try put(text("c", 3, parent: 3, lamport: 6), from: mallory, to: bob, seed: 3)
        world.run(for: .seconds(70))
        #expect(bob.texts(world) == ["a", "b", "c"])
    }

    @Test func aLongChainThatWaitsIsNoBurden() throws {
        let count: UInt64 = 400
        // Each waits for the one before it, and the first never comes.
        for number in 2...count {
            let content = text("\(number)", UInt128(number), parent: UInt128(number - 1), lamport: number)
            try put(content, from: mallory, to: bob, seed: number)
        }
        world.run(for: .seconds(30))
        #expect(bob.texts(world).isEmpty)
        world.run(for: .seconds(40))
        #expect(bob.texts(world) == (2...count).map { "\($0)" })
    }

    @Test func receiptsForManyStrangersDoNotHoldUpMessages() throws {
        world.latency = .seconds(3)
        for byte in UInt8(10)..<170 {
            let stranger = Person(index: 0, byte: byte, now: world.now)
            try put(text("who am I?", UInt128(byte)), from: stranger, to: alice)
        }
        world.run(for: .seconds(45))
        let id = try alice.send("hello", to: bob, world)
        world.run(for: .seconds(25))
        #expect(alice.state(id) == .delivered)
    }

    @Test func aHugeLamportNumberDoesNotEndTheConversation() throws {
        try put(text("last?", 1, lamport: Limits.lamport), from: mallory, to: bob)
        world.run(for: .seconds(40))
        let id = try bob.send("still here", to: mallory, world)
        world.run(for: .seconds(5))
        #expect(mallory.texts(world) == ["still here"])
        #expect(bob.state(id) == .delivered)
    }
}
