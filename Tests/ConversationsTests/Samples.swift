import Basics
import Conversations
import Cryptography
import Wire

/// Fixed people and times.
enum Samples {
    static let now = UnixTime(seconds: 1_800_000_000)
    static let epoch = now.epoch
    static let expiry = now.day.advanced(by: Limits.envelopeDays)

    static func bytes(_ byte: UInt8) -> Bytes32 {
        Bytes32([UInt8](repeating: byte, count: 32)) ?? .zero
    }

    /// A person with one prekey, and what others know of them.
    struct Person {
        let profile: ProfileKey
        let suite: CipherSuite
        let prekeys: PrekeyRing
        let cipher: EnvelopeCipher

        init(_ byte: UInt8, _ suite: CipherSuite) {
            profile = ProfileKey(seed: SecretKey(bytes(byte)), suite: suite)
            self.suite = suite
            var ring = PrekeyRing()
            ring.insert(Prekey(epoch: epoch, secret: SecretKey(bytes(byte &+ 0x40)), suite: suite))
            prekeys = ring
            cipher = EnvelopeCipher(profile: profile, suite: suite)
        }

        func recordBytes(contacts: [Contact] = [], epoch: Epoch = Samples.epoch, seed: UInt8 = 9) -> [UInt8] {
            var generator = SecureGenerator(seed: bytes(seed))
            return PeerRecord.publish(
                profile, suite: suite, epoch: epoch, prekey: prekeys.prekeys[0], contacts: contacts, sequence: 7,
                validUntil: now.advanced(bySeconds: 86_400), generator: &generator)
        }

        func record() throws -> PeerRecord {
            try PeerRecord(verifying: recordBytes(), of: profile.peerID, epoch: epoch, suite: suite, now: now)
        }

        var mailbox: Location { profile.blinded(for: .mailbox, epoch: epoch).location }
    }

    static func text(_ text: String) -> Content {
        Content(
            id: MessageID(0x0123_4567_89ab_cdef_0011_2233_4455_6677), parent: MessageID(5), lamport: 3, sentAt: now,
            body: .text(text))
    }

    static func contact(_ byte: UInt8) -> Contact {
        Contact(key: PublicKey(bytes(byte)), endpoint: Endpoint(ipv4: 0xc000_0201, port: 7_337))
    }
}
