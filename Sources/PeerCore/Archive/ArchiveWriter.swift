import Basics
import Conversations
import Cryptography
import Storage
import Wire

/// Writes all that a person may take elsewhere: their key, the address book, whom they may write to as an accepted sender, and the
/// history. Sessions and prekeys stay: a ratchet that went on twice from one state would seal two messages under one key, and
/// what is to be forgotten would be kept.
public struct ArchiveWriter {
    private let view: StoreView
    private let profile: ProfileKey
    private let names: [ArchivedName]

    /// What was written.
    public private(set) var counts = ArchiveCounts()

    /// `store` must stay as it is meanwhile.
    public init(profile: ProfileKey, names: [ArchivedName], store: any StoreReader) {
        view = StoreView(base: store)
        self.profile = profile
        self.names = names
    }

    /// Hands over the records, one after another, until `emit` says false.
    public mutating func write(_ emit: ([UInt8]) -> Bool) {
        var goesOn = true
        func put(_ kind: UInt8, _ content: [UInt8]) {
            if goesOn { goesOn = emit(ArchiveRecord(kind, content).encoded) }
        }
        let continuity = view.continuity()
        put(
            ArchiveRecord.Kind.person,
            profile.seed.exposedBytes.array + continuity.starts.bigEndianBytes + continuity.generation.bigEndianBytes)
        var counts = ArchiveCounts()
        for name in names.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
            var fields = FieldWriter()
            fields.bytes(1, name.peer.bytes.array)
            fields.bytes(2, name.name.utf8)
            if let time = name.comparedAt { fields.integer(3, time.seconds) }
            put(ArchiveRecord.Kind.name, fields.bytes)
            counts.names += 1
        }
        view.scan(.conversations, prefix: ConversationTable.deliveries) { key, value in
            put(ArchiveRecord.Kind.acceptance, key.array.dropFirst() + value.array)
            return goesOn
        }
        view.scan(.conversations, prefix: ConversationTable.entries) { key, value in
            guard let conversation = try? Conversation(value) else { return true }
            put(ArchiveRecord.Kind.conversation, key.array.dropFirst() + conversation.withoutSessions.encoded)
            return goesOn
        }
        view.scan(.inbox, prefix: InboxTable.order) { key, value in
            guard let position = InboxTable.position(key),
                let text = view.value(.inbox, InboxTable.textKey(position.id, position.from))
            else { return true }
            var fields = FieldWriter()
            fields.bytes(1, key.array.dropFirst())
            fields.bytes(2, value.array)
            fields.bytes(3, text)
            put(ArchiveRecord.Kind.received, fields.bytes)
            counts.received += 1
            return goesOn
        }
        view.scan(.inbox, prefix: InboxTable.deleted) { key, _ in
            let name = Array(key.array.dropFirst(5))
            guard let lamport = view.value(.inbox, InboxTable.index + name), lamport.count == 8 else { return true }
            put(ArchiveRecord.Kind.deleted, key.array.dropFirst() + lamport)
            return goesOn
        }
        view.scan(.outbox, prefix: OutboxTable.history) { _, value in
            guard let id = MessageID(value.array), let entry = view.outboxEntry(id)?.unsealed,
                let content = view.value(.outbox, OutboxTable.contentKey(id))
            else { return true }
            var fields = FieldWriter()
            fields.bytes(1, id.array)
            fields.bytes(2, entry.encoded)
            fields.bytes(3, content)
            put(ArchiveRecord.Kind.sent, fields.bytes)
            counts.sent += 1
            if entry.state.isUnderWay { counts.underWay += 1 }
            return goesOn
        }
        view.scan(.conversations, prefix: StandingTable.prefix) { key, value in
            put(ArchiveRecord.Kind.standing, key.array.dropFirst() + value.array)
            return goesOn
        }
        put(ArchiveRecord.Kind.lastNumber, view.number(.profile, ProfileTable.lastArrival).bigEndianBytes)
        if let name = view.ownName() { put(ArchiveRecord.Kind.ownName, name.encoded) }
        view.scan(.conversations, prefix: NameTable.claims) { key, value in
            put(ArchiveRecord.Kind.claimedName, key.array.dropFirst() + value.array)
            return goesOn
        }
        view.scan(.conversations, prefix: DraftTable.prefix) { key, value in
            put(ArchiveRecord.Kind.draft, key.array.dropFirst() + value.array)
            counts.drafts += 1
            return goesOn
        }
        if !view.tellsOfReading { put(ArchiveRecord.Kind.readingIsPrivate, []) }
        self.counts = counts
    }
}

extension RawSpan {
    /// A copy.
    fileprivate var array: [UInt8] { withUnsafeBytes { Array($0) } }
}
