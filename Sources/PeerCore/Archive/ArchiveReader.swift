import Basics
import Conversations
import Cryptography
import Storage
import Wire

/// Why an export can't be read, although it is whole and its passphrase right: its writer was another program, or has erred.
public enum ArchiveError: Error, Hashable, Sendable {
    /// It begins or ends in the middle of something, or something in it can't be.
    case malformed
    /// It holds more than a data directory may.
    case tooLarge
}

/// Reads an export piece by piece, and says what to write into an empty store.
///
/// The history stands then as it stood. Messages that were under way are so again, from the beginning: they are sealed anew,
/// and who has them already takes them in no second time. The person begins the next generation, as their sessions are gone.
public struct ArchiveReader {
    /// Whose it is: known as soon as anything was read.
    public private(set) var profile: SecretKey?
    private var owner: PeerID?
    private var standings = 0
    private var draftBytes = 0
    private var introductions = ArchivedIntroductions()
    public private(set) var names: [ArchivedName] = []
    public private(set) var counts = ArchiveCounts()
    /// Records of kinds that this version doesn't know.
    public private(set) var unknown = 0

    private var waiting: [UInt8] = []
    private var writes: [StoreWrite] = []
    /// The kind of the last record, and the key by which its kind is ordered.
    private var last: (kind: UInt8, key: [UInt8]) = (0, [])
    /// Messages without a number in the order of arrival, as they were not shown yet.
    private var unnumbered: [(position: InboxPosition, entry: InboxEntry)] = []
    private var lastArrival: UInt64 = 0
    private var nextSequence: UInt64 = 0

    /// The highest number of a message that is read: beyond 2^53, JSON can't tell numbers from their neighbours. So many more can be
    /// given after it that none ever overflows.
    private static let highestNumber: UInt64 = 1 << 53

    public init() {}

    /// Takes the next bytes, and returns what they mean for the store.
    public mutating func read(_ bytes: [UInt8]) throws(ArchiveError) -> [StoreWrite] {
        waiting += bytes
        var start = 0
        while waiting.count - start >= ArchiveRecord.headSize {
            guard let size = UInt32(bigEndianBytes: waiting.span.bytes, at: start + 1) else { break }
            guard size <= ArchiveRecord.largest else { throw .malformed }
            let end = start + ArchiveRecord.headSize + Int(size)
            guard end <= waiting.count else { break }
            let content = Array(waiting[(start + ArchiveRecord.headSize)..<end])
            do {
                try take(ArchiveRecord(waiting[start], content))
            } catch let error as ArchiveError {
                throw error
            } catch {
                throw .malformed
            }
            start = end
        }
        waiting.removeFirst(start)
        defer { writes = [] }
        return writes
    }

    /// The end: what is to be written last.
    public mutating func finish() throws(ArchiveError) -> [StoreWrite] {
        guard waiting.isEmpty, profile != nil else { throw .malformed }
        for (position, entry) in unnumbered {
            lastArrival += 1
            var entry = entry
            entry.arrival = lastArrival
            put(position, entry)
        }
        writes += introductions.writes
        put(.profile, ProfileTable.inboxCount, UInt64(counts.received).bigEndianBytes)
        put(.profile, ProfileTable.lastArrival, lastArrival.bigEndianBytes)
        put(.outbox, OutboxTable.nextSequence, nextSequence.bigEndianBytes)
        put(.outbox, OutboxTable.historyCount, UInt64(counts.sent).bigEndianBytes)
        defer { writes = [] }
        return writes
    }

    private mutating func put(_ table: Table, _ key: [UInt8], _ value: [UInt8]) {
        writes.append(StoreWrite(table, key, value))
    }

    /// Each record comes after the one before: by its kind, then by its key.
    private mutating func place(_ kind: UInt8, _ key: some Sequence<UInt8>) throws {
        let key = Array(key)
        guard kind > last.kind || kind == last.kind && last.key.lexicographicallyPrecedes(key) else {
            throw ArchiveError.malformed
        }
        last = (kind, key)
    }

    private mutating func take(_ record: ArchiveRecord) throws {
        guard (profile == nil) == (record.kind == ArchiveRecord.Kind.person) else { throw ArchiveError.malformed }
        let span = record.content.span.bytes
        switch record.kind {
        case ArchiveRecord.Kind.person: try takePerson(span)
        case ArchiveRecord.Kind.name: try takeName(span)
        case ArchiveRecord.Kind.acceptance: try takeAcceptance(span)
        case ArchiveRecord.Kind.conversation: try takeConversation(span)
        case ArchiveRecord.Kind.received: try takeReceived(span)
        case ArchiveRecord.Kind.deleted: try takeDeleted(span)
        case ArchiveRecord.Kind.sent: try takeSent(span)
        case ArchiveRecord.Kind.standing: try takeStanding(span)
        case ArchiveRecord.Kind.lastNumber: try takeLastNumber(span)
        case ArchiveRecord.Kind.ownName: try takeOwnName(record.content)
        case ArchiveRecord.Kind.claimedName: try takeClaimedName(record.content)
        case ArchiveRecord.Kind.draft: try takeDraft(record.content)
        case ArchiveRecord.Kind.readingIsPrivate: try takePrivacy()
        default: unknown += 1
        }
    }

    // MARK: Records

    private mutating func takePerson(_ span: RawSpan) throws {
        var reader = ByteReader(span)
        let seed = SecretKey(try reader.bytes32(span))
        let (starts, generation) = (try reader.u32(span), try reader.u32(span))
        profile = seed
        last = (ArchiveRecord.Kind.person, [])
        let owner = ProfileKey(seed: seed).peerID
        self.owner = owner
        put(.profile, ProfileTable.owner, owner.bytes.array)
        let next = Continuity(starts: starts, generation: generation == .max ? generation : generation + 1)
        put(.profile, ProfileTable.continuity, next.starts.bigEndianBytes + next.generation.bigEndianBytes)
    }

    private mutating func takeName(_ span: RawSpan) throws {
        var (peer, name, comparedAt): (PeerID?, [UInt8]?, Int64?)
        var fields = FieldReader(span)
        while let (tag, value) = try fields.next(span) {
            switch tag {
            case 1: peer = PeerID(try value.bytes32(span))
            case 2: name = value.copy(of: span)
            case 3: comparedAt = try value.integer(span)
            default: break
            }
        }
        guard let peer, let name, name.count <= ArchivedName.longest, let text = String(validating: name, as: UTF8.self)
        else { throw ArchiveError.malformed }
        guard names.count < Limits.addressBookNames else { throw ArchiveError.tooLarge }
        try place(ArchiveRecord.Kind.name, name)
        let time = comparedAt.map { UnixTime(seconds: $0).limited }
        names.append(ArchivedName(name: text, peer: peer, comparedAt: time))
        counts.names += 1
    }

    private mutating func takeAcceptance(_ span: RawSpan) throws {
        var reader = ByteReader(span)
        let peer = PeerID(try reader.bytes32(span))
        let secret = try reader.bytes32(span)
        try place(ArchiveRecord.Kind.acceptance, peer.bytes.array)
        put(.conversations, ConversationTable.deliveryKey(peer), secret.array)
    }

    private mutating func takeConversation(_ span: RawSpan) throws {
        var reader = ByteReader(span)
        let peer = PeerID(try reader.bytes32(span))
        let fields = try reader.rest(span).copy(of: span)
        try place(ArchiveRecord.Kind.conversation, peer.bytes.array)
        // Sessions in it would be those of another program.
        let conversation = try Conversation(fields.span.bytes).withoutSessions
        guard conversation.lamport <= Limits.lamport else { throw ArchiveError.malformed }
        put(.conversations, ConversationTable.entryKey(peer), conversation.encoded)
        if conversation.lastSent != nil { introductions.observe(.accepted, of: peer) }
    }

    private mutating func takeReceived(_ span: RawSpan) throws {
        let (first, second, text) = try threeFields(span)
        guard let position = InboxTable.position(place: first.span.bytes), position.lamport <= Limits.lamport else {
            throw ArchiveError.malformed
        }
        var entry = try InboxEntry(second.span.bytes)
        (entry.sentAt, entry.receivedAt) = (entry.sentAt.limited, entry.receivedAt.limited)
        guard entry.arrival <= ArchiveReader.highestNumber,
            entry.unknownKind != nil || String(validating: text, as: UTF8.self) != nil
        else {
            throw ArchiveError.malformed
        }
        guard counts.received < Limits.inboxMessages else { throw ArchiveError.tooLarge }
        try place(ArchiveRecord.Kind.received, first)
        counts.received += 1
        put(.inbox, InboxTable.textKey(position.id, position.from), text)
        put(.inbox, InboxTable.indexKey(position.id, position.from), position.lamport.bigEndianBytes)
        if !entry.isRead { put(.inbox, InboxTable.unreadKey(position), [1]) }
        introductions.observe(entry, at: position)
        guard entry.arrival > 0 else { return unnumbered.append((position, entry)) }
        lastArrival = max(lastArrival, entry.arrival)
        put(position, entry)
    }

    private mutating func put(_ position: InboxPosition, _ entry: InboxEntry) {
        put(.inbox, InboxTable.orderKey(position), entry.encoded)
        put(.inbox, InboxTable.arrivalKey(entry.arrival), InboxTable.place(position))
    }

    private mutating func takeDeleted(_ span: RawSpan) throws {
        var reader = ByteReader(span)
        let day = Day(number: try reader.u32(span))
        let id = MessageID(try reader.u128(span))
        let from = PeerID(try reader.bytes32(span))
        let lamport = try reader.u64(span)
        try place(ArchiveRecord.Kind.deleted, day.number.bigEndianBytes + id.array + from.bytes.array)
        put(.inbox, InboxTable.deletedKey(day, id, from), [])
        put(.inbox, InboxTable.indexKey(id, from), lamport.bigEndianBytes)
    }

    private mutating func takeStanding(_ span: RawSpan) throws {
        var reader = ByteReader(span)
        let peer = PeerID(try reader.bytes32(span))
        let standing = PeerStanding(rawValue: try reader.u8(span))
        try place(ArchiveRecord.Kind.standing, peer.bytes.array)
        guard let standing, standing != .request else { throw ArchiveError.malformed }
        standings += 1
        guard standings <= Limits.addressBookNames else { throw ArchiveError.tooLarge }
        put(.conversations, StandingTable.key(peer), [standing.rawValue])
        introductions.observe(standing, of: peer)
    }

    private mutating func takeLastNumber(_ span: RawSpan) throws {
        var reader = ByteReader(span)
        let number = try reader.u64(span)
        try place(ArchiveRecord.Kind.lastNumber, [UInt8]())
        guard number <= ArchiveReader.highestNumber else { throw ArchiveError.malformed }
        lastArrival = max(lastArrival, number)
    }

    /// A name that can't be one here, as this program knows fewer characters than its writer, is left out.
    private mutating func takeOwnName(_ content: [UInt8]) throws {
        try place(ArchiveRecord.Kind.ownName, [UInt8]())
        if let name = NameClaim(content) { put(.profile, NameTable.own, name.encoded) }
    }

    private mutating func takeClaimedName(_ content: [UInt8]) throws {
        guard let peer = Bytes32(content.span.bytes).map({ PeerID($0) }) else { throw ArchiveError.malformed }
        try place(ArchiveRecord.Kind.claimedName, peer.bytes.array)
        guard let name = NameClaim(Array(content.dropFirst(Bytes32.count))) else { return }
        put(.conversations, NameTable.claimKey(peer), name.encoded)
    }

    private mutating func takeDraft(_ content: [UInt8]) throws {
        guard let peer = Bytes32(content.span.bytes).map({ PeerID($0) }) else { throw ArchiveError.malformed }
        try place(ArchiveRecord.Kind.draft, peer.bytes.array)
        guard let draft = DraftTable.draft(of: peer, Array(content.dropFirst(Bytes32.count))),
            draft.text.utf8.count <= Limits.textSize
        else { throw ArchiveError.malformed }
        counts.drafts += 1
        draftBytes += draft.text.utf8.count
        guard counts.drafts <= Limits.drafts, draftBytes <= Limits.draftBytes else { throw ArchiveError.tooLarge }
        let value = DraftTable.encoded(Array(draft.text.utf8), changedAt: draft.changedAt)
        put(.conversations, DraftTable.key(peer), value)
    }

    private mutating func takePrivacy() throws {
        try place(ArchiveRecord.Kind.readingIsPrivate, [UInt8]())
        put(.profile, ReceiptTable.readingIsPrivate, [])
    }

    private mutating func takeSent(_ span: RawSpan) throws {
        let (first, second, third) = try threeFields(span)
        var entry = try OutboxEntry(second.span.bytes).unsealed
        entry.limitTimes()
        let content = try Content(third.span.bytes)
        guard let id = MessageID(first), content.id == id, entry.kind == .message,
            max(entry.sequence, entry.number) <= ArchiveReader.highestNumber
        else { throw ArchiveError.malformed }
        guard counts.sent < Limits.sentMessages, counts.underWay < Limits.outboxMessages else {
            throw ArchiveError.tooLarge
        }
        try place(ArchiveRecord.Kind.sent, entry.sequence.bigEndianBytes)
        counts.sent += 1
        nextSequence = entry.sequence + 1
        put(.outbox, OutboxTable.entryKey(id), entry.encoded)
        put(.outbox, OutboxTable.contentKey(id), content.encoded)
        put(.outbox, OutboxTable.historyKey(entry.sequence), id.array)
        if let keyHash = entry.keyHash { put(.outbox, OutboxTable.repeatKey(keyHash), id.array) }
        if entry.number > 0, let owner {
            lastArrival = max(lastArrival, entry.number)
            let position = InboxPosition(lamport: content.lamport, from: owner, id: id)
            put(.inbox, InboxTable.arrivalKey(entry.number), InboxTable.place(position))
        }
        guard entry.state.isUnderWay else { return }
        counts.underWay += 1
        put(.outbox, OutboxTable.activeKey(entry.sequence), id.array)
    }

    /// The fields 1 to 3, which have to be there; others are skipped.
    private func threeFields(_ span: RawSpan) throws -> ([UInt8], [UInt8], [UInt8]) {
        var found: [UInt8: [UInt8]] = [:]
        var fields = FieldReader(span)
        while let (tag, value) = try fields.next(span) {
            if (1...3).contains(tag) { found[tag] = value.copy(of: span) }
        }
        guard let first = found[1], let second = found[2], let third = found[3] else { throw ArchiveError.malformed }
        return (first, second, third)
    }
}

extension UnixTime {
    /// The same, as far as a calendar that people read goes: a time from a file may be anything.
    fileprivate var limited: UnixTime { UnixTime(seconds: min(max(0, seconds), Limits.latestTime)) }
}

extension OutboxEntry {
    /// Sets its times as `UnixTime.limited` says.
    fileprivate mutating func limitTimes() {
        acceptedAt = acceptedAt.limited
        storedAt = storedAt?.limited
    }
}
