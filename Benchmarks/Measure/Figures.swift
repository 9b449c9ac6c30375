import Basics
import Conversations
import Cryptography
import Kademlia
import Sessions
import Wire

/// What measurements are made with.
enum Figures {
    static let now = UnixTime(seconds: 1_790_000_000)

    /// An envelope of 8 KiB with nothing in it.
    static let envelope = envelope(sizeClass: 1, number: 0)

    static func envelope(sizeClass: Int, number: Int) -> [UInt8] {
        let header = EnvelopeHeader(expiry: now.day.advanced(by: 9), sizeClass: sizeClass)
        var sealed = [UInt8](repeating: 0, count: header.sealed.count)
        for place in 0..<8 { sealed[place] = UInt8(truncatingIfNeeded: number >> (8 * place)) }
        return header.assemble(sealed: sealed)
    }

    static func chunk(_ index: Int = 0, of bytes: [UInt8] = envelope, at location: Bytes32) -> UploadChunk {
        UploadChunk(
            location: Location(location), object: Blake2b.hash256(bytes), size: bytes.count, index: index,
            bytes: Chunks.range(index, of: bytes.count))
    }

    static func keys(_ number: UInt64) -> KeyPair {
        KeyPair(secret: SecretKey(Bytes32(words: (number, 2, 3, 4))), suite: .sodium)
    }

    static func contacts(_ count: Int) -> [Contact] {
        var generator = SeededGenerator(seed: 1)
        return (0..<count).map { number in
            Contact(
                key: PublicKey(generator.bytes32()),
                endpoint: Endpoint(ipv4: 0x2d00_0000 + UInt32(number) << 8, port: 7_337))
        }
    }

    static func table(contacts count: Int) -> RoutingTable {
        var table = RoutingTable(own: NodeID(.zero))
        for contact in contacts(count) { _ = table.observe(contact, roundTrip: .milliseconds(50), now: .origin) }
        return table
    }

    static let contactsBody = {
        var items = ByteWriter(capacity: Limits.bodySize)
        for contact in contacts(20) { items.contact(contact) }
        var body = ByteWriter(capacity: Limits.bodySize)
        items.withSpan {
            Response.contacts(items.range).encode(
                answering: RPCHeader(.findNode, requestID: 1), payload: $0, into: &body)
        }
        return body.bytes
    }()
}

extension Request {
    /// The bytes of the request's body.
    func body(_ payload: [UInt8]) -> [UInt8] {
        var writer = ByteWriter(capacity: Limits.bodySize)
        encode(requestID: 7, payload: payload.span.bytes, into: &writer)
        return writer.bytes
    }
}

/// Somebody with a record, to whom mail is sealed: with real cryptography.
struct Mail {
    private let profile = ProfileKey(seed: SecretKey(Bytes32(words: (1, 2, 3, 4))))
    private let cipher: EnvelopeCipher
    private let mailbox: MailboxID
    private let record: [UInt8]
    private var prekeys = PrekeyRing()
    private var generator = SecureGenerator(seed: Bytes32(words: (5, 6, 7, 8)))

    init() {
        let epoch = Figures.now.epoch
        let prekey = Prekey(day: Figures.now.day, suite: .sodium, generator: &generator)
        prekeys.insert(prekey)
        cipher = EnvelopeCipher(profile: profile, suite: .sodium)
        mailbox = profile.blinded(for: .mailbox, epoch: epoch).location
        record = PeerRecord.publish(
            profile, suite: .sodium, epoch: epoch, prekey: prekey, continuity: Continuity(), contacts: [], sequence: 1,
            validUntil: Figures.now.advanced(bySeconds: 14 * UnixTime.secondsPerDay), generator: &generator)
    }

    func verify() -> PeerRecord? {
        try? PeerRecord(
            verifying: record, of: profile.peerID, epoch: Figures.now.epoch, suite: .sodium, now: Figures.now)
    }

    mutating func seal() -> [UInt8] {
        guard let record = verify() else { return [] }
        let content = Content(id: generator.messageID(), sentAt: Figures.now, body: .text("Hello."))
        var conversation = Conversation()
        let sealed = try? conversation.seal(
            content, to: record, mailbox: mailbox, expiry: Figures.now.day.advanced(by: 9), as: Mail.own,
            today: Figures.now.day, with: cipher, generator: &generator)
        return sealed?.bytes ?? []
    }

    func open(_ envelope: [UInt8]) -> Bool {
        let opened = try? Conversation.open(
            envelope, mailbox: mailbox, prekeys: prekeys, headerKeys: HeaderKeys(), as: Mail.own,
            today: Figures.now.day, with: cipher
        ) { _ in Conversation() }
        return opened != nil
    }

    private static let own = OwnStanding(generation: 0, start: 1, isNewest: true)
}
