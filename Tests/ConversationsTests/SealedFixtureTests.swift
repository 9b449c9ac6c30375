import Basics
import Conversations
import Cryptography
import Foundation
import Testing

/// A record and an envelope that another program sealed by docs/protocol.md and docs/conversations.md alone: see
/// Tests/SecondImplementation. Two programs that agree here agree in every step of X3DH.
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
        #expect(record.validUntil == UnixTime(seconds: 1_795_827_600))
        let contact = try #require(record.contacts.first)
        #expect(record.contacts.count == 1)
        #expect(contact.key == CipherSuite.sodium.publicKey(of: SecretKey(Samples.bytes(8))))
        #expect(contact.ipv4 == Endpoint("203.0.113.7:7337"))
        #expect(contact.ipv6 == Endpoint("[2001:db8::1]:7337"))
    }

    @Test func theEnvelopeOpens() throws {
        var prekeys = PrekeyRing()
        prekeys.insert(Prekey(epoch: SealedFixtureTests.epoch, secret: SecretKey(Samples.bytes(3)), suite: .sodium))
        let mailbox = bob.blinded(for: .mailbox, epoch: SealedFixtureTests.epoch).location
        #expect(mailbox.bytes == (try fixtures.bytes32("mailbox")))
        let envelope = try fixtures["envelope"]
        #expect(Blake2b.hash256(envelope) == (try fixtures.bytes32("envelope ID")))
        let opened = try EnvelopeCipher(profile: bob, suite: .sodium).open(envelope, mailbox: mailbox, prekeys: prekeys)
        #expect(opened.sender.bytes == (try fixtures.bytes32("alice peer ID")))
        #expect(opened.content.encoded == (try fixtures["content"]))
        #expect(opened.content.body == .text("Bist du da?"))
    }
}
