import Basics
import Conversations
import Cryptography
import Testing
import Wire

@Suite struct ConversationTests {
    private static let ids = (1...3).map { MessageID(UInt128($0)) }

    @Test func messagesFollowOneAnother() {
        var conversation = Conversation()
        let contents = Self.ids.map { conversation.compose(.text("a"), id: $0, at: Samples.now) }
        #expect(contents.map(\.lamport) == [1, 2, 3])
        #expect(contents.map(\.parent) == [nil, Self.ids[0], Self.ids[1]])
        #expect(conversation.lastSent == Self.ids[2])
    }

    /// What was read moves the time on, so that an answer comes after it; nothing moves it back or beyond its bound.
    @Test func anAnswerComesAfterWhatWasRead() throws {
        let (alice, bob) = (Samples.Person(1, .cheap), Samples.Person(2, .cheap))
        var generator = SecureGenerator(seed: Samples.bytes(1))
        var (sent, received) = (Conversation(), Conversation())
        for (index, lamport) in [5, 3, Limits.lamport].enumerated() {
            let content = Content(id: Self.ids[index], lamport: lamport, sentAt: Samples.now, body: .text("a"))
            let envelope = try sent.seal(
                content, to: bob.record(), mailbox: bob.mailbox, expiry: Samples.expiry, as: Samples.own,
                today: Samples.now.day, with: alice.cipher, generator: &generator
            ).bytes
            var asked: [PeerID] = []
            let opened = try Conversation.open(
                envelope, mailbox: bob.mailbox, prekeys: bob.prekeys, headerKeys: HeaderKeys(), as: Samples.own,
                today: Samples.now.day, with: bob.cipher
            ) {
                asked.append($0)
                return received
            }
            #expect(asked == [alice.profile.peerID])
            #expect(opened.sender == alice.profile.peerID)
            #expect(opened.content == content)
            received = opened.conversation
            #expect(received.lamport == max(5, lamport))
        }
        #expect(received.compose(.text("b"), id: Self.ids[0], at: Samples.now).lamport == Limits.lamport)
    }

    /// Stores hold these bytes.
    @Test func theBytesOnDiskStay() throws {
        var conversation = Conversation()
        #expect(Hexadecimal.encode(conversation.encoded) == "01000000080000000000000000")
        _ = conversation.compose(.text("a"), id: Self.ids[1], at: Samples.now)
        let bytes = conversation.encoded
        #expect(
            Hexadecimal.encode(bytes)
                == "01000000080000000000000001" + "0200000010" + "00000000000000000000000000000002")
        #expect(try Conversation(bytes.span.bytes) == conversation)
        #expect(throws: DecodeError.self) { try Conversation([UInt8](bytes.dropLast()).span.bytes) }
    }
}
