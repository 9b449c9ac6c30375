import Basics
import Conversations
import Cryptography
import Wire

/// Two people who answer each other, message by message: each begins a chain of the ratchet. With real cryptography.
struct Talk {
    private struct Side {
        let profile: ProfileKey
        let cipher: EnvelopeCipher
        let mailbox: MailboxID
        let record: PeerRecord
        let prekeys: PrekeyRing
        var conversation = Conversation()
        var keys = HeaderKeys()
    }

    private var sides: [Side] = []
    private var generator = SecureGenerator(seed: Bytes32(words: (7, 8, 9, 10)))
    private var turn = 0
    private static let own = OwnStanding(generation: 0, start: 1, isNewest: true)

    init() throws {
        let epoch = Figures.now.epoch
        for number: UInt64 in 1...2 {
            let profile = ProfileKey(seed: SecretKey(Bytes32(words: (number, 2, 3, 4))))
            var prekeys = PrekeyRing()
            let prekey = Prekey(day: Figures.now.day, suite: .sodium, generator: &generator)
            prekeys.insert(prekey)
            let bytes = PeerRecord.publish(
                profile, suite: .sodium, epoch: epoch, prekey: prekey, continuity: Continuity(), contacts: [],
                sequence: 1, validUntil: Figures.now.advanced(bySeconds: 14 * UnixTime.secondsPerDay),
                generator: &generator)
            sides.append(
                Side(
                    profile: profile, cipher: EnvelopeCipher(profile: profile, suite: .sodium),
                    mailbox: profile.blinded(for: .mailbox, epoch: epoch).location,
                    record: try PeerRecord(
                        verifying: bytes, of: profile.peerID, epoch: epoch, suite: .sodium, now: Figures.now),
                    prekeys: prekeys))
        }
    }

    /// Bytes of the conversation on disk.
    var stateSize: Int { sides[0].conversation.encoded.count }

    /// The next message of whose turn it is.
    mutating func next() throws -> [UInt8] {
        let from = turn % 2
        let (sender, recipient) = (sides[from], sides[1 - from])
        let content = Content(id: generator.messageID(), sentAt: Figures.now, body: .text("Hello."))
        let sealed = try sides[from].conversation.seal(
            content, to: recipient.record, mailbox: recipient.mailbox, expiry: Figures.now.day.advanced(by: 9),
            as: Talk.own, today: Figures.now.day, with: sender.cipher, generator: &generator)
        sides[from].keys.update(recipient.profile.peerID, sides[from].conversation)
        return sealed.bytes
    }

    /// Opens what the other side sealed, and makes it their turn.
    mutating func open(_ envelope: [UInt8]) throws {
        let to = 1 - turn % 2
        let conversation = sides[to].conversation
        let opened = try Conversation.open(
            envelope, mailbox: sides[to].mailbox, prekeys: sides[to].prekeys, headerKeys: sides[to].keys,
            as: Talk.own, today: Figures.now.day, with: sides[to].cipher
        ) { _ in conversation }
        sides[to].conversation = opened.conversation
        sides[to].keys.update(opened.sender, opened.conversation)
        turn += 1
    }

    /// Tries keys on an envelope that belongs to no conversation.
    func trial() -> (HeaderKeys) -> Void {
        var noise = Figures.envelope(sizeClass: 0, number: 1)
        for place in 7..<noise.count { noise[place] = UInt8(truncatingIfNeeded: place &* 97) }
        let side = sides[0]
        return { keys in
            _ = try? Conversation.open(
                noise, mailbox: side.mailbox, prekeys: side.prekeys, headerKeys: keys, as: Talk.own,
                today: Figures.now.day, with: side.cipher
            ) { _ in side.conversation }
        }
    }

    /// The keys of so many conversations like this one.
    func keys(of count: UInt64) -> HeaderKeys {
        var keys = HeaderKeys()
        for number in 0..<count { keys.update(PeerID(Bytes32(words: (number, 1, 1, 1))), sides[0].conversation) }
        return keys
    }
}
