import Basics
import Conversations
import Cryptography
import Exchange
import PeerCore
import Storage
import Wire

/// The first byte chooses what the others are: a conversation as it is kept, or changes to a data directory from which a person's agent and
/// a node then start.
func readStored(_ input: [UInt8]) throws(Finding) {
    var script = Script(input)
    if script.flag() { return try readConversation(script.rest()) }
    let store = StoredSample.disk.copy()
    while !script.isAtEnd { change(store, &script) }
    try start(from: store)
}

private func readConversation(_ bytes: [UInt8]) throws(Finding) {
    guard let conversation = try? Conversation(bytes.span.bytes) else { return }
    let encoded = conversation.encoded
    guard let again = try? Conversation(encoded.span.bytes) else { throw Finding("an encoded conversation decodes") }
    try expect(again.encoded == encoded, "a conversation encodes to what decodes the same")
}

/// Another value under a key that is there, or a value under any key.
private func change(_ store: MemoryStore, _ script: inout Script) {
    let table = script.one(of: Table.allCases)
    let entries = StoredSample.entries(of: table)
    guard script.below(8) > 0, !entries.isEmpty else {
        let key = script.bytes(1 + script.below(80))
        if !key.isEmpty { store.commit([StoreWrite(table, key, script.string())]) }
        return
    }
    let (key, value) = entries[script.below(entries.count)]
    switch script.below(4) {
    case 0: store.commit([StoreWrite(table, key, nil)])
    case 1: store.commit([StoreWrite(table, key, script.string())])
    case 2: store.commit([StoreWrite(table, key, Array(value.prefix(Int(script.u16()))))])
    default:
        var value = value
        if !value.isEmpty { value[Int(script.u16()) % value.count] ^= script.u8() }
        store.commit([StoreWrite(table, key, value)])
    }
}

/// Whatever lies there, a start and what a person looks at first end, and trap nowhere.
private func start(from store: MemoryStore) throws(Finding) {
    let now = Now(monotonic: .origin, utc: Sample.now)
    _ = NodeWorld.boot(store, start: 9, now: now).status
    var agent = PeerWorld.boot(store, start: 9, now: now)
    var outbox = PeerOutbox()
    agent.start(now: now, into: &outbox)
    agent.handle(.clock(.confirmed), now: now, into: &outbox)
    let messages = agent.inbox(InboxFilter(), now: now)
    try expect(
        zip(messages, messages.dropFirst()).allSatisfy { $0.position < $1.position }, "the inbox is in order")
    _ = agent.outgoingMessages()
    for _ in 0..<20 {
        guard let due = agent.nextDeadline, due.at <= now.monotonic + .seconds(60) else { break }
        agent.handleDeadline(now: Now(monotonic: max(now.monotonic, due.at), utc: now.utc), into: &outbox)
    }
}

/// A data directory in which something lies in most tables.
enum StoredSample {
    /// Never written to after it is made: who changes something takes a copy.
    nonisolated(unsafe) static let disk: MemoryStore = {
        let store = MemoryStore()
        var world = PeerWorld()
        try? world.start()
        try? world.handle(.joined)
        for (id, command) in world.underWay {
            if case .publishRecord = command {
                try? world.handle(.recordPublished(id, Tally(done: 20, found: 20, refusal: nil)))
            }
        }
        let mailbox = Sample.profile.blinded(for: .mailbox, epoch: Sample.now.epoch).location
        for number in 0..<3 {
            let content = Content(
                id: MessageID(UInt128(number + 1)), parent: nil, lamport: UInt64(number + 1), sentAt: Sample.now,
                body: .text("message \(number)"), name: NameClaim("Somebody", version: 1))
            let bytes = world.seal(
                content, by: world.friends[number % 2], in: mailbox, expiry: Sample.now.day.advanced(by: 9))
            try? world.handle(
                .envelopeDelivered(DeliveryID(number: UInt64(number + 1)), mailbox: mailbox, envelope: bytes))
        }
        let friends = world.friends
        try? world.call { agent, now, outbox in
            for friend in friends {
                _ = try? agent.send("answer", to: friend.id, key: "key", now: now, into: &outbox)
            }
        }
        for table in Table.allCases { copy(table, of: world.disk, to: store) }
        if var world = try? NodeWorld(bootstrap: true) {
            for envelope in NodeSample.envelopes {
                let mailbox = NodeSample.owners[0].location
                for index in 0..<Chunks.count(of: envelope.bytes.count) {
                    let chunk = NodeSample.chunk(index, of: envelope.bytes, at: mailbox)
                    try? world.ask(0) { NodeSample.encode(.deposit(chunk), envelope.bytes, requestID: $0) }
                }
            }
            world.saveContacts()
            try? world.commit(.committed)
            for table in Table.allCases where store.count(of: table) == 0 { copy(table, of: world.disk, to: store) }
        }
        return store
    }()

    private static func copy(_ table: Table, of disk: MemoryStore, to store: MemoryStore) {
        disk.scan(table, prefix: [], after: nil) { key, value in
            store.commit([StoreWrite(table, [UInt8](copying: key), [UInt8](copying: value))])
            return true
        }
    }

    static func entries(of table: Table) -> [(key: [UInt8], value: [UInt8])] { all[table] ?? [] }

    private static let all: [Table: [(key: [UInt8], value: [UInt8])]] = {
        var all: [Table: [(key: [UInt8], value: [UInt8])]] = [:]
        for table in Table.allCases {
            disk.scan(table, prefix: [], after: nil) { key, value in
                all[table, default: []].append(([UInt8](copying: key), [UInt8](copying: value)))
                return true
            }
        }
        return all
    }()
}

extension [UInt8] {
    fileprivate init(copying span: RawSpan) { self = span.withUnsafeBytes { [UInt8]($0) } }
}
