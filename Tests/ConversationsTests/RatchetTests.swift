import Basics
import Conversations
import Cryptography
import Testing

/// Sessions, as far as they can be seen from outside: what opens, what doesn't, and who can.
@Suite struct RatchetTests {
    private static func world(_ suite: CipherSuite = .cheap, seed: UInt64 = 1) -> RatchetWorld {
        RatchetWorld(2, suite, seed: seed)
    }

    private static func say(_ text: String, from: Int, in world: inout RatchetWorld) throws {
        _ = try world.write(text, from: from, to: 1 - from)
        let envelope = try world.last()
        #expect(try world.deliver(envelope), "\(text)")
    }

    @Test(arguments: [CipherSuite.sodium, .cheap])
    func aConversationGoesOn(_ suite: CipherSuite) throws {
        var world = Self.world(suite)
        for turn in 0..<12 {
            for message in 0...turn % 3 { try Self.say("\(turn) \(message)", from: turn % 2, in: &world) }
        }
        #expect(world.findings.isEmpty)
        #expect(world.conversation(0, 1).skippedKeys == 0)
    }

    /// Every byte counts, and what is changed leaves all as it was.
    @Test func everyByteOfALaterMessageIsAuthenticated() throws {
        var world = Self.world(.sodium)
        for turn in 0..<3 { try Self.say("\(turn)", from: turn % 2, in: &world) }
        _ = try world.write("the last", from: 1, to: 0)
        let envelope = world.network[0]
        let before = world.conversation(0, 1)
        let places = Array(0..<160) + Array(stride(from: 160, to: envelope.bytes.count, by: 61))
        for place in places {
            var bytes = envelope.bytes
            bytes[place] ^= 0x80
            let changed = RatchetWorld.Envelope(from: 1, to: 0, text: envelope.text, bytes: bytes)
            let opened = try world.deliver(changed)
            #expect(!opened && world.conversation(0, 1) == before, "byte \(place)")
        }
        #expect(try world.deliver(envelope))
        #expect(try !world.deliver(envelope), "a key is used once")
    }

    /// Both write before either has read: two sessions, and then one, chosen alike by both.
    @Test func whoBeginAtOnceGoOnInOneSession() throws {
        var world = Self.world()
        let first = try (0...1).map { try world.write("first \($0)", from: $0, to: 1 - $0) }
        #expect(first.map(\.isOwn) == [true, true])
        for envelope in world.network { try world.deliver(envelope) }
        world.network = []
        var names: [SessionName] = []
        for turn in 0..<6 {
            names.append(try world.write("\(turn)", from: turn % 2, to: 1 - turn % 2))
            try world.deliver(try world.last())
        }
        let lower = world.people[0].profile.peerID < world.people[1].profile.peerID ? 0 : 1
        for (turn, name) in names.enumerated() { #expect(name.isOwn == (turn % 2 == lower), "\(turn)") }
        #expect(world.disks.map(\.received.count) == [4, 4])
    }

    /// Whoever goes on from a copy opens a new session, and so does who writes to them; what was under way still opens.
    @Test func aRestoredCopyReusesNothing() throws {
        var world = Self.world()
        for turn in 0..<4 { try Self.say("\(turn)", from: turn % 2, in: &world) }
        let copy = world.disks[0]
        for turn in 4..<8 { try Self.say("\(turn)", from: turn % 2, in: &world) }
        _ = try world.write("under way", from: 1, to: 0)
        world.restore(0, copy)
        let mine = try world.write("restored", from: 0, to: 1)
        #expect(mine == SessionName(isOwn: true, generation: 1, number: 2))
        let theirs = try world.write("to the restored", from: 1, to: 0)
        #expect(theirs.isOwn && theirs.number == 2, "the record names a newer generation")
        for envelope in world.network.dropFirst() { #expect(try world.deliver(envelope)) }
        #expect(try !world.deliver(world.network[0]), "its key is lost: to be sealed again")
        world.network = []
        for turn in 8..<12 { try Self.say("\(turn)", from: turn % 2, in: &world) }
        #expect(world.findings.isEmpty)
    }

    /// Who has stolen a session begins the next chain before its owner. What the owner then writes doesn't open, and is not
    /// thrown away for that.
    @Test func aThiefsChainHasNoHonestMailThrownAway() throws {
        var world = Self.world()
        for turn in 0..<4 { try Self.say("\(turn)", from: turn % 2, in: &world) }
        var thief = world
        // Other draws than the owner's.
        _ = try thief.write("nothing", from: 0, to: 1, commits: false)
        _ = try thief.write("forged", from: 0, to: 1)
        let forged = try thief.last()
        for text in ["honest", "honest as well"] { _ = try world.write(text, from: 0, to: 1) }
        #expect(try world.deliver(forged))
        for envelope in world.network { #expect(try !world.deliver(envelope)) }
        #expect(world.findings.isEmpty, "\(world.findings)")
    }

    /// Whoever goes on, unnoticed, from a copy gives the number of a session a second time. The others see by that that it was lost
    /// with all later ones, and answer in a new one, also where what was sent before comes late.
    @Test(arguments: [true, false])
    func aSessionBegunAgainReplacesThoseThatWereLost(comesLate: Bool) throws {
        var world = Self.world()
        let copy = world.disks[0]
        for turn in 0..<4 { try Self.say("\(turn)", from: turn % 2, in: &world) }
        let lost = try world.write("the second session", from: 0, to: 1, doubting: world.write("first", from: 0, to: 1))
        let late = world.network
        if !comesLate { for envelope in late { try world.deliver(envelope) } }
        world.goBack(0, to: copy)
        let name = try world.write("again", from: 0, to: 1)
        #expect(name.isOwn && name.number < lost.number)
        try world.deliver(try world.last())
        for number in [name.number] + (comesLate ? [] : [lost.number]) {
            #expect(world.conversation(1, 0).isDoubted(SessionName(isOwn: false, generation: 0, number: number)))
        }
        let answer = try world.write("answer", from: 1, to: 0)
        #expect(answer.isOwn && !world.conversation(1, 0).isDoubted(answer))
        try world.deliver(try world.last())
        for turn in 6..<8 { try Self.say("\(turn)", from: turn % 2, in: &world) }
        #expect(world.disks[0].received == ["answer", "7"], "all that was written to them since")
        if comesLate { return }
        for envelope in late { try world.deliver(envelope) }
        for turn in 9..<13 { try Self.say("\(turn)", from: turn % 2, in: &world) }
        #expect(world.disks[0].received == ["answer", "7", "9", "11"])
        #expect(world.findings.isEmpty, "\(world.findings)")
    }

    /// A session in which the other side opened nothing is used no more, by neither.
    @Test func aDoubtedSessionIsReplaced() throws {
        var world = Self.world()
        for turn in 0..<4 { try Self.say("\(turn)", from: turn % 2, in: &world) }
        let name = try world.write("lost", from: 0, to: 1)
        let again = try world.write("again", from: 0, to: 1, doubting: name)
        #expect(again.isOwn && again.number == name.number + 1)
        try world.deliver(world.network[1])
        let answer = try world.write("answer", from: 1, to: 0)
        #expect(answer == SessionName(isOwn: false, generation: 0, number: again.number))
    }

    /// A chain is never so long that its recipient would have to keep the keys of more than are bounded.
    @Test func aLongChainGoesOnInAnotherSession() throws {
        var world = Self.world()
        var names: Set<SessionName> = []
        for number in 0..<2_500 { names.insert(try world.write("\(number)", from: 0, to: 1)) }
        #expect(names.count == 3)
        var generator = SeededGenerator(seed: 3)
        for envelope in world.network.shuffled(using: &generator) { try world.deliver(envelope) }
        #expect(world.disks[1].received.count == 2_500)
        #expect(world.conversation(1, 0).skippedKeys == 0)
    }

    /// While no answer comes, a session is not gone on with for ever by a prekey that its owner will erase, nor by one that
    /// they don't hold.
    @Test func aSessionWithoutAnAnswerIsRenewed() throws {
        let (alice, bob) = (Samples.Person(1, .cheap), Samples.Person(2, .cheap))
        var generator = SecureGenerator(seed: .zero)
        var conversation = Conversation()
        func number(_ prekey: Prekey) throws -> UInt32 {
            try conversation.seal(
                Samples.text("hello"), to: bob.record(generation: 0, prekey: prekey), mailbox: bob.mailbox,
                expiry: Samples.expiry, as: Samples.own, today: Samples.now.day, with: alice.cipher,
                generator: &generator
            ).session.number
        }
        func prekey(_ days: Int) -> Prekey {
            Prekey(
                day: Samples.now.day.advanced(by: days), secret: SecretKey(Samples.bytes(UInt8(days + 9))),
                seed: SecretDigest(.zero), suite: .cheap)
        }
        #expect(try number(prekey(0)) == 1)
        #expect(try number(prekey(7)) == 1)
        #expect(try number(prekey(8)) == 2)
        let another = Prekey(
            day: prekey(8).day, secret: SecretKey(Samples.bytes(77)), seed: SecretDigest(.zero), suite: .cheap)
        #expect(try number(another) == 3)
    }

    /// A first message of a session that was forgotten begins none: it is a message replayed.
    @Test func aForgottenSessionDoesNotBeginAgain() throws {
        var world = Self.world()
        var old: RatchetWorld.Envelope?
        for number in 0..<40 {
            let name = try world.write("\(number)", from: 0, to: 1)
            if number == 0 { old = world.network[0] }
            try world.deliver(try world.last())
            _ = try world.write("again \(number)", from: 0, to: 1, doubting: name)
            try world.deliver(try world.last())
        }
        let before = world.conversation(1, 0)
        #expect(try !world.deliver(try #require(old)))
        #expect(world.conversation(1, 0) == before)
    }
}
