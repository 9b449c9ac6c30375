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
            ring.insert(
                Prekey(
                    day: now.day, secret: SecretKey(bytes(byte &+ 0x40)),
                    seed: SecretDigest(Digest512(first: bytes(byte &+ 0x20), second: bytes(byte &+ 0x21))), suite: suite
                ))
            prekeys = ring
            cipher = EnvelopeCipher(profile: profile, suite: suite)
        }

        func recordBytes(
            contacts: [Contact] = [], for readers: EndpointReaders = .everyone, epoch: Epoch = Samples.epoch,
            seed: UInt8 = 9, prekey: Prekey? = nil,
            continuity: Continuity = Continuity(starts: 3, generation: 1)
        ) -> [UInt8] {
            var generator = SecureGenerator(seed: bytes(seed))
            return PeerRecord.publish(
                profile, suite: suite, epoch: epoch, prekey: prekey ?? prekeys.prekeys[0],
                continuity: continuity, contacts: contacts, for: readers, sequence: 7,
                validUntil: now.advanced(bySeconds: 86_400), generator: &generator)
        }

        func record() throws -> PeerRecord {
            try PeerRecord(verifying: recordBytes(), of: profile.peerID, epoch: epoch, suite: suite, now: now)
        }

        /// What they publish in a generation, with another prekey than their own where one is given.
        func record(generation: UInt32, prekey: Prekey? = nil) throws -> PeerRecord {
            try PeerRecord(
                verifying: recordBytes(
                    prekey: prekey, continuity: Continuity(starts: generation + 1, generation: generation)),
                of: profile.peerID, epoch: epoch, suite: suite, now: now)
        }

        var mailbox: Location { profile.blinded(for: .mailbox, epoch: epoch).location }
    }

    /// Somebody who has always gone on from their newest data.
    static let own = OwnStanding(generation: 0, start: 1, isNewest: true)

    static func text(_ text: String) -> Content {
        Content(
            id: MessageID(0x0123_4567_89ab_cdef_0011_2233_4455_6677), parent: MessageID(5), lamport: 3, sentAt: now,
            body: .text(text))
    }

    static func contact(_ byte: UInt8) -> Contact {
        Contact(key: PublicKey(bytes(byte)), endpoint: Endpoint(ipv4: 0xc000_0201, port: 7_337))
    }
}

extension EnvelopeCipher {
    /// The first message of a new conversation.
    func seal(
        _ content: Content, to record: PeerRecord, mailbox: MailboxID, expiry: Day, signer: DeliverySigner? = nil,
        generator: inout SecureGenerator
    ) throws(SealError) -> [UInt8] {
        var conversation = Conversation()
        return try conversation.seal(
            content, to: record, mailbox: mailbox, expiry: expiry, signer: signer, as: Samples.own,
            today: Samples.now.day, with: self, generator: &generator
        ).bytes
    }

    /// Opens a first message.
    func open(
        _ envelope: [UInt8], mailbox: MailboxID, prekeys: PrekeyRing
    ) throws(OpenError) -> (sender: PeerID, content: Content) {
        let opened = try Conversation.open(
            envelope, mailbox: mailbox, prekeys: prekeys, headerKeys: HeaderKeys(), as: Samples.own,
            today: Samples.now.day, with: self
        ) { _ in Conversation() }
        return (opened.sender, opened.content)
    }
}
