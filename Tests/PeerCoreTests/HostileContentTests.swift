import Basics
import Conversations
import Cryptography
import Exchange
import PeerCore
import Storage
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
        let (mailbox, envelope) = try seal(content, from: from, to: to, seed: seed)
        let id = EnvelopeID(hashing: envelope.span.bytes)
        world.mailboxes[mailbox, default: []].append((id, envelope))
        return id
    }

    /// Brings one straight to somebody's node; whether it was accepted.
    @discardableResult
    private func deliver(_ content: Content, from: Person, to: Person, seed: UInt64 = 1) throws -> Bool? {
        let (mailbox, envelope) = try seal(content, from: from, to: to, seed: seed)
        let delivery = DeliveryID(number: 1_000_000 + seed)
        world.schedule(.envelopeDelivered(delivery, mailbox: mailbox, envelope: envelope), for: to, after: .zero)
        world.run(for: .seconds(1))
        return world.settled[delivery]
    }

    private func seal(
        _ content: Content, from: Person, to: Person, seed: UInt64
    ) throws -> (mailbox: Location, envelope: [UInt8]) {
        let epoch = world.now.utc.epoch
        let location = to.profile.blinded(for: .record, epoch: epoch).location
        let bytes = try #require(world.records[location])
        let record = try PeerRecord(
            verifying: bytes, of: to.id, epoch: epoch, suite: Person.suite, now: world.now.utc)
        let mailbox = to.profile.blinded(for: .mailbox, epoch: epoch).location
        var generator = SecureGenerator(seed: Bytes32(words: (seed, 0, 0, 0)))
        let key = [UInt8(ascii: "c")] + to.id.bytes.array
        var conversation = Conversation()
        _ = from.store.read(.conversations, key) { conversation = (try? Conversation($0)) ?? conversation }
        let envelope = try conversation.seal(
            content, to: record, mailbox: mailbox, expiry: world.now.utc.day.advanced(by: 3),
            as: OwnStanding(generation: 0, start: seed, isNewest: true), today: world.now.utc.day,
            with: EnvelopeCipher(profile: from.profile, suite: Person.suite), generator: &generator
        ).bytes
        // Their agent goes on in the same session, as it is read from the disk.
        from.store.commit([StoreWrite(.conversations, key, conversation.encoded)])
        if world.people.contains(where: { $0 === from }) { from.restart(world) }
        return (mailbox, envelope)
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

    @Test func receiptsGetNoReceipts() throws {
        try put(
            Content(id: MessageID(1), sentAt: world.now.utc, body: .receipt(delivered: [MessageID(2)], read: [])),
            from: mallory, to: bob)
        world.run(for: .seconds(60))
        #expect(world.sent.isEmpty)
        #expect(world.holdsNoMail)
        #expect(bob.texts(world).isEmpty)
    }

    // MARK: What isn't known

    /// Kinds of later versions are shown as what they are: whoever hears "delivered" of them hears the truth.
    @Test(arguments: [0, 3, 255] as [UInt8], [true, false])
    func anUnknownKindIsKeptAndShownOnce(_ kind: UInt8, isDirect: Bool) throws {
        let made = Content(id: MessageID(3), lamport: 1, sentAt: world.now.utc, body: .unknown(kind, bytes: []))
        let fields = made.encoded + [77, 0, 0, 0, 2, 1, 2]
        let content = Content(id: MessageID(3), sentAt: world.now.utc, body: .unknown(kind, bytes: fields))
        for seed in [1, 2] as [UInt64] {
            if isDirect {
                try deliver(content, from: mallory, to: bob, seed: seed)
            } else {
                try put(content, from: mallory, to: bob, seed: seed)
            }
        }
        world.run(for: .seconds(60))
        let shown = bob.agent.inbox(InboxFilter(), now: world.now)
        #expect(shown.map(\.id) == [MessageID(3)])
        #expect(shown.first?.unknownKind == kind)
        #expect(shown.first?.text.contains("doesn't know (\(kind))") == true)
        let told = bob.notices.filter {
            if case .received(let message) = $0 { message.unknownKind == kind } else { false }
        }
        #expect(told.count == 1)
        bob.restart(world)
        world.run(for: .seconds(60))
        #expect(bob.agent.inbox(InboxFilter(), now: world.now).first?.unknownKind == kind)
        #expect(world.holdsNoMail)
        let key = [UInt8(ascii: "t")] + MessageID(3).array + mallory.id.bytes.array
        var kept: [UInt8] = []
        _ = bob.store.read(.inbox, key) { span in kept = span.withUnsafeBytes { Array($0) } }
        #expect(kept == fields, "for a later version to read")
    }

    /// What is shown nowhere is accepted by nobody: a receipt of nothing, and a text without one.
    @Test(arguments: [1, 2] as [UInt8])
    func whatSaysNothingIsRefused(_ kind: UInt8) throws {
        let fields = Content(id: MessageID(3), sentAt: world.now.utc, body: .unknown(kind, bytes: [])).encoded
        let content = Content(id: MessageID(3), sentAt: world.now.utc, body: .unknown(kind, bytes: fields))
        let outcome = try deliver(content, from: mallory, to: bob)
        #expect(outcome == false)
        world.garbage = [try put(content, from: mallory, to: bob)]
        world.run(for: .seconds(60))
        #expect(bob.texts(world).isEmpty)
        #expect(world.holdsNoMail, "it was sealed to a prekey that Bob holds, so that he may call it useless")
        #expect(world.sent.isEmpty, "and it gets no receipt")
    }

    @Test func anEmptyTextIsShown() throws {
        try put(text("", 3), from: mallory, to: bob)
        world.run(for: .seconds(60))
        let shown = bob.agent.inbox(InboxFilter(), now: world.now)
        #expect(shown.map(\.text) == [""])
        #expect(shown.first?.unknownKind == nil)
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
