import Basics
import Conversations
import Cryptography
import Wire

/// A peer, and what is right of theirs. Made once, with the cheap suite: a fuzzer's time is for the parsers.
enum Sample {
    static let now = UnixTime(seconds: 1_790_000_000)
    static let profile = ProfileKey(seed: SecretKey(Bytes32(words: (1, 2, 3, 4))), suite: .cheap)
    static let cipher = EnvelopeCipher(profile: profile, suite: .cheap)
    static let mailbox = profile.blinded(for: .mailbox, epoch: now.epoch).location

    static let prekey = Prekey(
        day: now.day, secret: SecretKey(Bytes32(words: (5, 6, 7, 8))), seed: SecretDigest(.zero), suite: .cheap)
    static let own = OwnStanding(generation: 0, start: 1, isNewest: true)
    static let prekeys = {
        var ring = PrekeyRing()
        ring.insert(prekey)
        return ring
    }()

    static let record = {
        var generator = SecureGenerator(seed: Bytes32(words: (9, 10, 11, 12)))
        let contact = Contact(
            key: PublicKey(generator.bytes32()), endpoint: Endpoint(ipv4: 0x2d00_0001, port: 7_337))
        return PeerRecord.publish(
            profile, suite: .cheap, epoch: now.epoch, prekey: prekey, continuity: Continuity(),
            contacts: [contact], sequence: 1,
            validUntil: now.advanced(bySeconds: 14 * UnixTime.secondsPerDay), generator: &generator)
    }()

    static let envelope = {
        var generator = SecureGenerator(seed: Bytes32(words: (13, 14, 15, 16)))
        let content = Content(id: MessageID(1), parent: MessageID(2), lamport: 3, sentAt: now, body: .text("Hello."))
        let verified = try? PeerRecord(
            verifying: record, of: profile.peerID, epoch: now.epoch, suite: .cheap, now: now)
        var conversation = Conversation()
        let sealed = verified.flatMap { record in
            try? conversation.seal(
                content, to: record, mailbox: mailbox, expiry: now.day.advanced(by: 10), as: own, today: now.day,
                with: cipher, generator: &generator)
        }
        return sealed?.bytes ?? []
    }()

    /// Opens an envelope, as somebody does who has no conversations.
    static func open(_ envelope: [UInt8]) -> OpenedEnvelope? {
        return try? Conversation.open(
            envelope, mailbox: mailbox, prekeys: prekeys, headerKeys: HeaderKeys(), as: own, today: now.day,
            with: cipher
        ) { _ in Conversation() }
    }
}

extension Script {
    /// The bytes with changes that the rest of the script tells: a place and what is added to the byte there; or that the
    /// end is cut off or grows.
    mutating func changes(to bytes: [UInt8]) -> [UInt8] {
        var changed = bytes
        while !isAtEnd {
            let place = Int(u16())
            let change = u8()
            if place == 0xffff {
                changed.removeLast(min(changed.count, Int(change)))
            } else if place == 0xfffe {
                changed += [UInt8](repeating: change, count: 1 + Int(change))
            } else if !changed.isEmpty {
                changed[place % changed.count] ^= change
            }
        }
        return changed
    }
}
