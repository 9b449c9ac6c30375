import Basics
import Conversations
import Cryptography
import Foundation
import Testing

/// A record and an envelope that another program sealed by docs/protocol.md and docs/conversations.md alone: see
/// Tests/SecondImplementation. Two programs that agree here agree in every step of PQXDH and of the ratchet.
@Suite struct SealedFixtureTests {
    private static let epoch = Epoch(number: 2_968)
    private static let now = UnixTime(seconds: 1_795_222_800)

    private let fixtures: Fixtures
    private let bob = ProfileKey(seed: SecretKey(Samples.bytes(2)), suite: .sodium)

    init() throws { fixtures = try Fixtures("sealed") }

    @Test func theRecordIsRead() throws {
        #expect(bob.peerID.bytes == (try fixtures.bytes32("bob peer ID")))
        let signer = bob.blinded(for: .record, epoch: SealedFixtureTests.epoch)
        #expect(signer.location.bytes == (try fixtures.bytes32("record location")))
        let record = try PeerRecord(
            verifying: fixtures["record"], of: bob.peerID, epoch: SealedFixtureTests.epoch, suite: .sodium,
            now: SealedFixtureTests.now)
        #expect(record.identityKey.bytes == (try fixtures.bytes32("bob identity key")))
        #expect(record.prekey.bytes == (try fixtures.bytes32("bob prekey")))
        #expect(Blake2b.hash256(record.encapsulationKey) == (try fixtures.bytes32("bob encapsulation key hash")))
        #expect(record.prekeyDay == SealedFixtureTests.now.day)
        #expect(record.continuity == Continuity(starts: 5, generation: 2))
        #expect(record.validUntil == UnixTime(seconds: 1_795_827_600))
        let contact = try #require(record.contacts.first)
        #expect(record.contacts.count == 1)
        #expect(contact.key == CipherSuite.sodium.publicKey(of: SecretKey(Samples.bytes(8))))
        #expect(contact.ipv4 == Endpoint("203.0.113.7:7337"))
        #expect(contact.ipv6 == Endpoint("[2001:db8::1]:7337"))
    }

    @Test func sealedEndpointsAreRead() throws {
        func contacts(with secret: DeliverySecret?) throws -> [Contact] {
            try PeerRecord(
                verifying: fixtures["record for accepted senders"], of: bob.peerID, with: secret,
                epoch: SealedFixtureTests.epoch, suite: .sodium, now: SealedFixtureTests.now
            ).contacts
        }
        #expect(try contacts(with: nil).isEmpty)
        #expect(try contacts(with: DeliverySecret(of: bob)).map(\.ipv4) == [Endpoint("203.0.113.7:7337")])
    }

    /// Bob opens what the other program sealed, some of it late, and what he seals by the same randomness is the same, byte by
    /// byte.
    @Test func theConversationIsTheSame() throws {
        let (alice, day) = (try fixtures.bytes32("alice peer ID"), SealedFixtureTests.now.day)
        var prekeys = PrekeyRing()
        let seed = SecretDigest(Digest512(first: Samples.bytes(9), second: Samples.bytes(9)))
        prekeys.insert(Prekey(day: day, secret: SecretKey(Samples.bytes(3)), seed: seed, suite: .sodium))
        let mailbox = bob.blinded(for: .mailbox, epoch: SealedFixtureTests.epoch).location
        #expect(mailbox.bytes == (try fixtures.bytes32("mailbox")))
        let cipher = EnvelopeCipher(profile: bob, suite: .sodium)
        let own = OwnStanding(generation: 2, start: 1, isNewest: true)
        var generator = SecureGenerator(seed: Samples.bytes(4))
        var (conversation, keys) = (Conversation(), HeaderKeys())
        // Of Alice's record only her name and her generation matter in a session that she opened.
        let her = Samples.Person(1, .sodium)
        let record = try her.record(generation: 0)
        for name in fixtures.names where name.hasPrefix("bob ") {
            guard let text = name.split(separator: " ").last.map(String.init), let number = UInt64(text.dropFirst())
            else { continue }
            let envelope = try fixtures[name]
            if name.hasPrefix("bob opens") {
                let opened = try Conversation.open(
                    envelope, mailbox: mailbox, prekeys: prekeys, headerKeys: keys, as: own, today: day, with: cipher
                ) { _ in conversation }
                #expect(opened.sender.bytes == alice && opened.content.body == .text(text))
                conversation = opened.conversation
            } else {
                let content = Content(
                    id: MessageID(UInt128(number)), lamport: number, sentAt: SealedFixtureTests.now, body: .text(text))
                let sealed = try conversation.seal(
                    content, to: record, mailbox: Location(try fixtures.bytes32("alice mailbox")),
                    expiry: day.advanced(by: 15), as: own, today: day, with: cipher, generator: &generator)
                #expect(sealed.bytes == envelope, "\(name)")
                #expect(sealed.session == SessionName(isOwn: false, generation: 0, number: 1))
            }
            keys.update(PeerID(alice), conversation)
            conversation = try Conversation(conversation.encoded.span.bytes)
        }
        #expect(conversation.skippedKeys == 0)
    }
}
