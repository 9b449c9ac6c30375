import Basics
import Cryptography

/// One session between two people: the Double Ratchet with header encryption (Signal, revision 3, §4), of which each
/// turn of the initiator also mixes in a fresh secret of ML-KEM-768.
///
/// The roles are fixed. The initiator, who opened the session, always encapsulates; the responder always shows an
/// encapsulation key, whose first is the one in their record. So every envelope has one KEM object, and PQXDH is the first
/// step of the ratchet:
/// ```
///   initiator                                   responder
///   PQXDH, chain 0: first messages  ───────▶
///                                   ◀───────    chain 0, shows a key
///   chain 1, a ciphertext for it    ───────▶
///                                   ◀───────    chain 1, shows another
/// ```
/// A side makes its step when it sends after the other's was seen, not before: so it heals with what is drawn at that
/// time. A value: who keeps an older one goes on from there.
struct Session: Equatable {
    /// What was agreed on when it was opened.
    struct Origin: Equatable {
        let name: SessionName
        /// The responder's generation, as the initiator knew it.
        let responderGeneration: UInt32
        /// The prekey that it was opened with.
        let prekeyDay: Day
        let prekey: PublicKey
        /// The initiator's ephemeral key, which no other session has.
        let ephemeral: Bytes32
        /// A hash of all that both sides agree on.
        let binding: Bytes32
    }

    /// What first messages repeat until an answer comes.
    struct Opening: Equatable {
        let ciphertext: [UInt8]
        let headerKey: SecretKey
    }

    let origin: Origin
    /// The start of the program in which it was opened here; drawn at random for each.
    let start: UInt64
    /// The initiator's, before the first answer.
    var opening: Opening?
    var root: SecretDigest
    /// Nil where the next message begins a chain.
    var sending: SendingChain?
    /// Messages in the sending chain before.
    var previousCount: UInt32 = 0
    /// The header key of the next sending chain.
    var nextSending: SecretKey
    /// The newest last.
    var receiving: [ReceivingChain] = []
    /// The header key of the other side's next chain.
    var nextReceiving: SecretKey
    /// The other side's newest ratchet key.
    var peerKey: PublicKey
    /// The responder's newest encapsulation key, as the initiator knows it; empty where none has come.
    var peerObject: [UInt8] = []
    /// The day on which it was last used.
    var lastUsed: Day
    /// Whether the other side doesn't seem to have it: it then only receives.
    var isDoubted = false

    var isInitiator: Bool { origin.name.isOwn }

    /// Of which generation of one's own, and of the other side's, it is.
    var generations: (own: UInt32, peer: UInt32) {
        isInitiator
            ? (origin.name.generation, origin.responderGeneration)
            : (origin.responderGeneration, origin.name.generation)
    }

    /// The keys with which a header of the other side may be sealed.
    var headerKeys: [SecretKey] {
        // The other side's next chain needs what this side's chain shows.
        receiving.compactMap(\.headerKey) + (sending == nil ? [] : [nextReceiving])
    }

    /// Forgets what can't be of use any more.
    mutating func forget(before day: Day) {
        for index in receiving.indices { receiving[index].forget(before: day) }
        receiving.removeAll { $0.chainKey == nil && $0.skipped.isEmpty }
    }

    var skippedCount: Int { receiving.reduce(0) { $0 + $1.skipped.count } }
}

// MARK: Opening a session

extension Session {
    /// Opens a session with the owner of a record. Nil where a key of the record is no key, or of low order.
    init?(
        with record: PeerRecord, number: UInt32, _ own: OwnStanding, today: Day, by cipher: EnvelopeCipher,
        generator: inout SecureGenerator
    ) {
        let suite = cipher.suite
        let (ephemeral, secret) = (generator.secretKey(), generator.secretKey())
        guard let (shared, ciphertext) = suite.encapsulate(to: record.encapsulationKey, generator: &generator),
            let identityAgreed = suite.sharedSecret(ephemeral, record.identityKey),
            let prekeyAgreed = suite.sharedSecret(ephemeral, record.prekey),
            let agreed = suite.sharedSecret(cipher.identitySecret, record.prekey),
            let firstAgreed = suite.sharedSecret(secret, record.prekey)
        else { return nil }
        let ephemeralKey = suite.publicKey(of: ephemeral).bytes
        let (chain, headerKey) = KeySchedule.begin(identity: identityAgreed, prekey: prekeyAgreed, shared: shared)
        let (root, answerKey) = KeySchedule.root(chain, agreed)
        let step = KeySchedule.step(root, firstAgreed)
        let binding = Session.binding(
            initiator: cipher.peer, responder: record.peer, prekeyDay: record.prekeyDay, prekey: record.prekey,
            encapsulationKey: record.encapsulationKey, ephemeral: ephemeralKey, ciphertext: ciphertext)
        origin = Origin(
            name: SessionName(isOwn: true, generation: own.generation, number: number),
            responderGeneration: record.generation, prekeyDay: record.prekeyDay, prekey: record.prekey,
            ephemeral: ephemeralKey, binding: binding)
        start = own.start
        opening = Opening(ciphertext: ciphertext, headerKey: headerKey)
        self.root = step.root
        sending = SendingChain(
            secret: secret, publicKey: suite.publicKey(of: secret), headerKey: nil, object: [], seed: nil,
            chainKey: step.chainKey)
        nextSending = step.nextHeaderKey
        nextReceiving = answerKey
        peerKey = record.prekey
        lastUsed = today
    }

    /// The other side of a session that a first message opens. Nil where a key is none, or of low order.
    init?(
        answering first: FirstMessage, _ own: OwnStanding, today: Day, by cipher: EnvelopeCipher
    ) {
        let suite = cipher.suite
        guard let identity = first.header.sender.agreementKey(suite),
            let agreed = suite.sharedSecret(first.prekey.secret, identity),
            let firstAgreed = suite.sharedSecret(first.prekey.secret, first.header.place.ratchetKey)
        else { return nil }
        let (root, answerKey) = KeySchedule.root(first.chain, agreed)
        let step = KeySchedule.step(root, firstAgreed)
        origin = Origin(
            name: first.header.name, responderGeneration: first.header.responderGeneration,
            prekeyDay: first.prekey.day, prekey: first.prekey.publicKey, ephemeral: first.ephemeral,
            binding: Session.binding(first, by: cipher))
        start = own.start
        self.root = step.root
        nextSending = answerKey
        receiving = [ReceivingChain(headerKey: nil, chainKey: step.chainKey)]
        nextReceiving = step.nextHeaderKey
        peerKey = first.header.place.ratchetKey
        lastUsed = today
    }

    /// Whether this is the session that a first message opened.
    func answers(_ first: FirstMessage, by cipher: EnvelopeCipher) -> Bool {
        !isInitiator && origin.ephemeral == first.ephemeral && origin.binding == Session.binding(first, by: cipher)
    }

    private static func binding(_ first: FirstMessage, by cipher: EnvelopeCipher) -> Bytes32 {
        binding(
            initiator: first.header.sender, responder: cipher.peer, prekeyDay: first.prekey.day,
            prekey: first.prekey.publicKey, encapsulationKey: first.prekey.encapsulationKey,
            ephemeral: first.ephemeral, ciphertext: first.ciphertext)
    }

    private static func binding(
        initiator: PeerID, responder: PeerID, prekeyDay: Day, prekey: PublicKey, encapsulationKey: [UInt8],
        ephemeral: Bytes32, ciphertext: [UInt8]
    ) -> Bytes32 {
        var hash = Blake2b(.session)
        hash.update(initiator.bytes)
        hash.update(responder.bytes)
        hash.update(prekeyDay.number)
        hash.update(prekey.bytes)
        hash.update(encapsulationKey)
        hash.update(ephemeral)
        hash.update(ciphertext)
        return hash.finish()
    }
}

/// What a session needs to know of this person's own data.
public struct OwnStanding: Sendable {
    /// How often this person went on from an older copy of their data. What was opened in another generation only
    /// receives: the other copy may have gone on with it.
    public let generation: UInt32
    /// This start of the program; drawn at random.
    public let start: UInt64
    /// The day by which what is out of date may be erased; nil while the clock is in doubt.
    public let erasingDay: Day?
    /// Whether it is known, since this start, that these data are the newest. Until then, nothing is sealed in sessions
    /// of an earlier start.
    public let isNewest: Bool

    public init(generation: UInt32, start: UInt64, isNewest: Bool, erasingDay: Day? = nil) {
        self.generation = generation
        self.start = start
        self.erasingDay = erasingDay
        self.isNewest = isNewest
    }
}
