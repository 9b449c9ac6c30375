import Basics
import Conversations
import Cryptography
import Testing
import Wire

@Suite struct EnvelopeCipherTests {
    static let suites: [CipherSuite] = [.sodium, .cheap]

    private func seal(
        _ content: Content, from sender: Samples.Person, to recipient: Samples.Person, seed: UInt8 = 1
    ) throws -> [UInt8] {
        var generator = SecureGenerator(seed: Samples.bytes(seed))
        return try sender.cipher.seal(
            content, to: recipient.record(), mailbox: recipient.mailbox, expiry: Samples.expiry, generator: &generator)
    }

    @Test(arguments: suites)
    func theRecipientReadsWhatTheSenderWrote(_ suite: CipherSuite) throws {
        let alice = Samples.Person(1, suite)
        let bob = Samples.Person(2, suite)
        let envelope = try seal(Samples.text("hello"), from: alice, to: bob)
        let opened = try bob.cipher.open(envelope, mailbox: bob.mailbox, prekeys: bob.prekeys)
        #expect(opened.sender == alice.profile.peerID)
        #expect(opened.content == Samples.text("hello"))
        let header = try EnvelopeHeader(decoding: envelope.span.bytes)
        #expect(header.expiry == Samples.expiry)
    }

    /// Bob has accepted Alice: her mail is signed so that his buddies see it, and opens as ever.
    @Test(arguments: suites)
    func anAcceptedSenderSigns(_ suite: CipherSuite) throws {
        let alice = Samples.Person(1, suite)
        let bob = Samples.Person(2, suite)
        let signer = bob.cipher.deliverySecret.signer(in: Samples.epoch, suite: suite)
        var content = Samples.text(String(repeating: "a", count: Limits.textSize))
        content.deliverySecret = alice.cipher.deliverySecret
        var generator = SecureGenerator(seed: Samples.bytes(1))
        let envelope = try alice.cipher.seal(
            content, to: bob.record(), mailbox: bob.mailbox, expiry: Samples.expiry, signer: signer,
            generator: &generator)
        let opened = try bob.cipher.open(envelope, mailbox: bob.mailbox, prekeys: bob.prekeys)
        #expect(opened.content == content && opened.content.deliverySecret == alice.cipher.deliverySecret)
        let policy = MailboxPolicy(deliveryKeys: [signer.publicKey])
        #expect(policy.accepts(envelope, in: bob.mailbox, suite: suite))
        #expect(!policy.accepts(envelope, in: alice.mailbox, suite: suite))
        let others = MailboxPolicy(
            deliveryKeys: [alice.cipher.deliverySecret.signer(in: Samples.epoch, suite: suite).publicKey])
        #expect(!others.accepts(envelope, in: bob.mailbox, suite: suite))
    }

    /// What this program seals doesn't change by accident. That others can open it is shown by Tests/SecondImplementation.
    @Test func knownAnswer() throws {
        let alice = Samples.Person(1, .repeatable)
        let bob = Samples.Person(2, .repeatable)
        let envelope = try seal(Samples.text("hello"), from: alice, to: bob)
        #expect(Blake2b.hash256(envelope).hex == "cf7e8b22fdf70a2792119be01a90024566c1caabf6bf686c8da215109af30384")
    }

    @Test(arguments: suites)
    func nobodyElseReadsIt(_ suite: CipherSuite) throws {
        let alice = Samples.Person(1, suite)
        let bob = Samples.Person(2, suite)
        let envelope = try seal(Samples.text("hello"), from: alice, to: bob)
        let eve = Samples.Person(3, suite)
        #expect(throws: OpenError.noSession) {
            try eve.cipher.open(envelope, mailbox: bob.mailbox, prekeys: eve.prekeys)
        }
        #expect(throws: OpenError.noSession) {
            try alice.cipher.open(envelope, mailbox: bob.mailbox, prekeys: alice.prekeys)
        }
        // With the right prekey but another identity, and the other way round.
        #expect(throws: OpenError.noSession) {
            try eve.cipher.open(envelope, mailbox: bob.mailbox, prekeys: bob.prekeys)
        }
        #expect(throws: OpenError.noSession) {
            try bob.cipher.open(envelope, mailbox: bob.mailbox, prekeys: eve.prekeys)
        }
        #expect(throws: OpenError.unknownPrekey) {
            try bob.cipher.open(envelope, mailbox: bob.mailbox, prekeys: PrekeyRing())
        }
    }

    @Test func itOpensInNoOtherMailbox() throws {
        let alice = Samples.Person(1, .sodium)
        let bob = Samples.Person(2, .sodium)
        let envelope = try seal(Samples.text("hello"), from: alice, to: bob)
        let next = bob.profile.blinded(for: .mailbox, epoch: Samples.epoch.advanced(by: 1)).location
        #expect(throws: OpenError.noSession) {
            try bob.cipher.open(envelope, mailbox: next, prekeys: bob.prekeys)
        }
    }

    @Test func everyByteIsAuthenticated() throws {
        let alice = Samples.Person(1, .sodium)
        let bob = Samples.Person(2, .sodium)
        let envelope = try seal(Samples.text("hello"), from: alice, to: bob)
        let places = Array(0..<1_400) + Array(stride(from: 1_400, to: envelope.count, by: 97)) + [envelope.count - 1]
        for place in places {
            var changed = envelope
            // The top bit of an X25519 key is ignored (RFC 7748 §5): it is authenticated all the same.
            changed[place] ^= place == 7 + 24 + 31 ? 0x80 : 0x01
            let error = #expect(throws: OpenError.self, "byte \(place)") {
                try bob.cipher.open(changed, mailbox: bob.mailbox, prekeys: bob.prekeys)
            }
            #expect(error?.isConclusive == (place >= 7 + 1_248), "only who can open the header can tell: \(place)")
        }
        for count in [0, 1, 6, 7, 200, envelope.count - 1] {
            #expect(throws: OpenError.malformed, "\(count) bytes") {
                try bob.cipher.open(Array(envelope.prefix(count)), mailbox: bob.mailbox, prekeys: bob.prekeys)
            }
        }
        #expect(throws: OpenError.malformed) {
            try bob.cipher.open(envelope + [0], mailbox: bob.mailbox, prekeys: bob.prekeys)
        }
        var later = envelope
        later[0] = 2
        #expect(throws: OpenError.unknownVersion) {
            try bob.cipher.open(later, mailbox: bob.mailbox, prekeys: bob.prekeys)
        }
    }

    /// It opens, and so the owner may call it useless.
    @Test func whatIsSealedToTheOwnKeyAndMakesNoSenseIsConclusive() throws {
        let alice = Samples.Person(1, .sodium)
        let bob = Samples.Person(2, .sodium)
        let empty = Content(id: MessageID(1), sentAt: Samples.now, body: .receipt(delivered: [], read: []))
        let envelope = try seal(empty, from: alice, to: bob)
        let error = #expect(throws: OpenError.senseless) {
            try bob.cipher.open(envelope, mailbox: bob.mailbox, prekeys: bob.prekeys)
        }
        #expect(error?.isConclusive == true)
    }

    /// A stranger who seals for Bob can't speak as Alice: what follows from her ID needs its secret half as well.
    @Test func nobodyWritesAsSomebodyElse() throws {
        let bob = Samples.Person(2, .sodium)
        let mallory = Samples.Person(4, .sodium)
        let envelope = try seal(Samples.text("I am Alice"), from: mallory, to: bob)
        let opened = try bob.cipher.open(envelope, mailbox: bob.mailbox, prekeys: bob.prekeys)
        #expect(opened.sender == mallory.profile.peerID)
    }

    /// The ratchet adds no byte to what most people write: a text of 600 bytes fits into the smallest envelope, with all that a
    /// content says, signed or not, in a first message or a later one. Of one with a name, which is said rarely, 560 fit.
    @Test func theSmallestEnvelopeHolds600BytesOfText() throws {
        let people = [Samples.Person(1, .sodium), Samples.Person(2, .sodium)]
        var (conversations, keys) = ([Conversation(), Conversation()], [HeaderKeys(), HeaderKeys()])
        var generator = SecureGenerator(seed: Samples.bytes(1))
        for (turn, from) in [0, 0, 1, 1, 0, 1].enumerated() {
            let (sender, recipient) = (people[from], people[1 - from])
            let isNamed = turn % 2 == 1
            var content = Samples.text(String(repeating: "a", count: isNamed ? 560 : 600))
            content.deliverySecret = sender.cipher.deliverySecret
            if isNamed { content.name = NameClaim(String(repeating: "b", count: 48), version: 1) }
            let envelope = try conversations[from].seal(
                content, to: recipient.record(), mailbox: recipient.mailbox, expiry: Samples.expiry,
                signer: recipient.cipher.deliverySecret.signer(in: Samples.epoch, suite: .sodium), as: Samples.own,
                today: Samples.now.day, with: sender.cipher, generator: &generator
            ).bytes
            #expect(envelope.count == Limits.sizeClasses[0], "message \(turn)")
            let held = conversations[1 - from]
            let opened = try Conversation.open(
                envelope, mailbox: recipient.mailbox, prekeys: recipient.prekeys, headerKeys: keys[1 - from],
                as: Samples.own, today: Samples.now.day, with: recipient.cipher
            ) { _ in held }
            #expect(opened.content == content)
            conversations[1 - from] = opened.conversation
            keys[1 - from].update(opened.sender, opened.conversation)
        }
    }

    @Test func lengthTellsOnlyTheSizeClass() throws {
        let alice = Samples.Person(1, .cheap)
        let bob = Samples.Person(2, .cheap)
        let lengths = [0, 1, 600, 1_000, 1_700, 1_800, 7_000, 30_000, 32_768, 65_000, Limits.textSize]
        var seen: Set<Int> = []
        for length in lengths {
            let text = String(repeating: "a", count: length)
            let envelope = try seal(Samples.text(text), from: alice, to: bob)
            #expect(Limits.sizeClasses.contains(envelope.count), "\(length)")
            seen.insert(envelope.count)
            let opened = try bob.cipher.open(envelope, mailbox: bob.mailbox, prekeys: bob.prekeys)
            #expect(opened.content.body == .text(text), "\(length)")
        }
        #expect(seen.count == Limits.sizeClasses.count)
        let receipt = Content(
            id: MessageID(1), sentAt: Samples.now,
            body: .receipt(delivered: (0..<UInt128(Limits.receiptsPerEnvelope)).map { MessageID($0) }, read: []))
        #expect(try seal(receipt, from: alice, to: bob).count == Limits.sizeClasses[0])
        #expect(throws: SealError.tooLong) {
            try seal(Samples.text(String(repeating: "a", count: 70_000)), from: alice, to: bob)
        }
    }

    @Test func twoEnvelopesOfTheSameContentShareNothing() throws {
        let alice = Samples.Person(1, .sodium)
        let bob = Samples.Person(2, .sodium)
        let first = try seal(Samples.text("hello"), from: alice, to: bob, seed: 1)
        let second = try seal(Samples.text("hello"), from: alice, to: bob, seed: 2)
        let equal = zip(first, second).dropFirst(7).count { $0 == $1 }
        #expect(equal < 40, "of 2,041 bytes some 8 agree by chance")
    }

    @Test func noBytesTrap() throws {
        let seed: UInt64 = 0x5eed_0002
        var generator = SeededGenerator(seed: seed)
        let alice = Samples.Person(1, .cheap)
        let bob = Samples.Person(2, .cheap)
        let envelope = try seal(Samples.text("hello"), from: alice, to: bob)
        for _ in 0..<2_000 {
            var bytes = envelope
            for _ in 0...generator.next() % 3 {
                bytes[Int(generator.next() % 1_400)] ^= UInt8(truncatingIfNeeded: generator.next() | 1)
            }
            let opened = try? bob.cipher.open(bytes, mailbox: bob.mailbox, prekeys: bob.prekeys)
            #expect(opened == nil || bytes == envelope, "seed \(seed)")
        }
    }
}
