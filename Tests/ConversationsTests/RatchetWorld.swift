import Basics
import Conversations
import Cryptography
import Testing

/// People who write to each other over a network that loses, repeats and reorders; each can be thrown back to what they last
/// committed, or to a copy from any time before.
///
/// Nothing is asked of the code that is tested but to seal and to open: what arrived, and which key and nonce sealed what,
/// is written down here.
struct RatchetWorld {
    /// What one person has on disk.
    struct Disk {
        var conversations: [Int: Conversation] = [:]
        var received: Set<String> = []
        var generation: UInt32 = 0
        var start: UInt64
    }

    struct Envelope {
        let from: Int
        let to: Int
        let text: String
        let bytes: [UInt8]
    }

    let suite: CipherSuite
    let people: [Samples.Person]
    private(set) var disks: [Disk]
    private var keys: [HeaderKeys]
    private var generator: SecureGenerator
    var network: [Envelope] = []
    /// All texts by (writer, reader) that were committed at their writer's, and the envelopes of each.
    private(set) var written: [String: (from: Int, to: Int)] = [:]
    private(set) var findings: [String] = []
    private(set) var sealed = 0
    private var nonces: Set<[UInt8]> = []
    private var starts: UInt64 = 1
    var today = Samples.now.day

    init(_ count: Int, _ suite: CipherSuite, seed: UInt64) {
        self.suite = suite
        people = (1...count).map { Samples.Person(UInt8($0), suite) }
        disks = (0..<count).map { Disk(start: UInt64($0)) }
        keys = people.map { _ in HeaderKeys() }
        generator = SecureGenerator(seed: Bytes32(words: (seed, 1, 2, 3)))
    }

    func own(_ person: Int) -> OwnStanding {
        OwnStanding(generation: disks[person].generation, start: disks[person].start, isNewest: true)
    }

    func conversation(_ person: Int, _ peer: Int) -> Conversation {
        disks[person].conversations[peer] ?? Conversation()
    }

    private mutating func commit(_ person: Int, _ peer: Int, _ conversation: Conversation) throws {
        let stored = try Conversation(conversation.encoded.span.bytes)
        if stored != conversation { findings.append("what is stored is not what was written") }
        disks[person].conversations[peer] = stored
        keys[person].update(people[peer].profile.peerID, stored)
    }

    /// Seals a text. Where it doesn't commit, nothing left, and all is as before.
    mutating func write(
        _ text: String, from: Int, to: Int, commits: Bool = true, doubting: SessionName? = nil
    ) throws -> SessionName {
        var conversation = conversation(from, to)
        let result = try conversation.seal(
            Content(id: MessageID(1), sentAt: Samples.now, body: .text(text)),
            to: people[to].record(generation: disks[to].generation), mailbox: people[to].mailbox,
            expiry: Samples.expiry, doubting: doubting, as: own(from), today: today, with: people[from].cipher,
            generator: &generator)
        guard commits else { return result.session }
        if !nonces.insert(Array(result.bytes[7..<31])).inserted { findings.append("a nonce comes twice") }
        sealed += 1
        written[text] = (from, to)
        try commit(from, to, conversation)
        network.append(Envelope(from: from, to: to, text: text, bytes: result.bytes))
        return result.session
    }

    /// Gives an envelope to its recipient. Returns whether it opened.
    @discardableResult
    mutating func deliver(_ envelope: Envelope, commits: Bool = true) throws -> Bool {
        let (person, peer) = (envelope.to, envelope.from)
        let opened: OpenedEnvelope
        do throws(OpenError) {
            let conversation = conversation(person, peer)
            opened = try Conversation.open(
                envelope.bytes, mailbox: people[person].mailbox, prekeys: people[person].prekeys,
                headerKeys: keys[person], as: own(person), today: today, with: people[person].cipher
            ) { _ in conversation }
        } catch {
            if error.isConclusive { findings.append("an honest envelope counts as useless: \(error)") }
            return false
        }
        if opened.content.body != .text(envelope.text) || opened.sender != people[peer].profile.peerID {
            findings.append("it opens as something else")
        }
        guard commits else { return true }
        disks[person].received.insert(envelope.text)
        try commit(person, peer, opened.conversation)
        return true
    }

    /// Takes the envelope that was sealed last from the network.
    mutating func last() throws -> Envelope {
        let envelope = network.popLast()
        return try #require(envelope)
    }

    /// A person goes on from a copy of their data, and finds out by their record that it is one.
    mutating func restore(_ person: Int, _ copy: Disk) {
        let newest = disks[person].generation
        disks[person] = copy
        disks[person].generation = newest + 1
        restart(person)
    }

    /// A person goes on from a copy that is newer than their last start, which nothing tells.
    mutating func goBack(_ person: Int, to copy: Disk) {
        disks[person] = copy
        restart(person)
    }

    mutating func restart(_ person: Int) {
        starts += 1
        disks[person].start = 1_000 + starts
        keys[person] = HeaderKeys()
        for (peer, conversation) in disks[person].conversations {
            keys[person].update(people[peer].profile.peerID, conversation)
        }
    }
}
