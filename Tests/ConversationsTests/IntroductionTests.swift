import Basics
import Conversations
import Cryptography
import Testing

/// Cards that introduce somebody, and those that only look like one.
@Suite struct IntroductionTests {
    private let alice = Samples.Person(1, .sodium)
    private let bob = Samples.Person(2, .sodium)
    private let carol = Samples.Person(3, .sodium)

    private func card(
        of peer: PeerID? = nil, as name: String = "carol", by sender: Samples.Person? = nil,
        to recipient: PeerID? = nil,
        in content: Content = Samples.text("hi")
    ) throws -> Content {
        var content = content
        let card: Introduction = try #require(
            Introduction(
                of: peer ?? carol.profile.peerID, as: name, claiming: "Carol M", in: content,
                to: recipient ?? bob.profile.peerID, by: (sender ?? alice).profile))
        content.introduction = card
        return content
    }

    @Test func whatIsSignedIsShown() throws {
        let content = try card()
        let read = try Content(content.encoded.span.bytes)
        #expect(read == content)
        let shown = try #require(bob.cipher.introduction(in: read, from: alice.profile.peerID))
        #expect(shown.peer == carol.profile.peerID && shown.name == "carol" && shown.claimedName == "Carol M")
    }

    /// It is bound to who says it, to whom, in which message and when.
    @Test func aCardOfAnotherMessageIsNone() throws {
        let content = try card()
        let sender = alice.profile.peerID
        #expect(carol.cipher.introduction(in: content, from: sender) == nil, "to another")
        #expect(bob.cipher.introduction(in: content, from: carol.profile.peerID) == nil, "by another")
        var moved = content
        moved.id = MessageID(1)
        #expect(bob.cipher.introduction(in: moved, from: sender) == nil)
        moved = content
        moved.sentAt = moved.sentAt.advanced(bySeconds: 1)
        #expect(bob.cipher.introduction(in: moved, from: sender) == nil)
        let bytes = try #require(content.introduction).encoded
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            moved = content
            moved.introduction = Introduction(changed)
            #expect(bob.cipher.introduction(in: moved, from: sender) == nil, "byte \(index)")
        }
    }

    @Test func nobodyIntroducesThemselvesNorTheRecipientNorNobody() throws {
        let sender = alice.profile.peerID
        for peer in [sender, bob.profile.peerID, PeerID(.zero)] {
            #expect(bob.cipher.introduction(in: try card(of: peer), from: sender) == nil)
        }
    }

    @Test(arguments: [
        "", "a\nb", "\u{202e}lorac", "c\u{1b}[2J", String(repeating: "a", count: 33), "two words", "alice   .",
        String(repeating: "e\u{301}\u{302}", count: 30),
    ])
    func aNameThatCannotBeShownMakesNoCard(_ name: String) throws {
        let content = Samples.text("hi")
        #expect(
            Introduction(
                of: carol.profile.peerID, as: name, claiming: nil, in: content, to: bob.profile.peerID,
                by: alice.profile)
                == nil)
        // As somebody writes who doesn't keep to that.
        let fields = [1, 0, 0, 0, 32] + carol.profile.peerID.bytes.array + [2] + UInt32(name.utf8.count).bigEndianBytes
        let value = [UInt8](repeating: 7, count: 64) + fields + Array(name.utf8)
        #expect(Introduction(value) == nil)
        let whole = content.encoded + [11] + UInt32(value.count).bigEndianBytes + value
        #expect(try Content(whole.span.bytes) == content, "the text is read")
    }

    @Test func noPartOfACardIsOne() throws {
        let bytes = try #require(card().introduction).encoded
        for count in 0..<bytes.count { #expect(Introduction(Array(bytes.prefix(count))) == nil || count > 64 + 37 + 5) }
        #expect(Introduction(bytes + [UInt8](repeating: 0, count: 512)) == nil)
    }

    /// Tests/SecondImplementation has made these bytes by docs/conversations.md alone.
    @Test func anotherProgramWritesTheSame() throws {
        let fixtures = try Fixtures("content")
        let keys = [1, 2, 3].map { ProfileKey(seed: SecretKey(Samples.bytes($0)), suite: .sodium) }
        let sentAt = UnixTime(seconds: 1_795_222_800)
        var content = Content(id: MessageID(7), lamport: 1, sentAt: sentAt, body: .text("hi"))
        var named = content
        named.name = NameClaim("Åsa", version: 1_795_222_800)
        #expect(named.encoded == (try fixtures["name"]))
        #expect(try Content(named.encoded.span.bytes) == named)
        content.introduction = Introduction(
            of: keys[2].peerID, as: "carol", claiming: "Carol M", in: content, to: keys[1].peerID, by: keys[0])
        #expect(content.encoded == (try fixtures["introduction"]))
    }
}
