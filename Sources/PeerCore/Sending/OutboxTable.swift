import Basics
import Conversations
import Storage
import Wire

/// What is to be brought to a peer, as it is on disk: a message, or a batch of receipts.
struct OutboxEntry: Hashable {
    enum Kind: UInt8 {
        case message = 0
        case receipt = 1
    }

    let to: PeerID
    let kind: Kind
    /// Its place in the order of acceptance.
    let sequence: UInt64
    var acceptedAt: UnixTime
    /// The last day of its envelope.
    private(set) var expiry: Day
    var state = MessageState.queued
    var via: Via?
    var buddies = 0
    var of = 0
    var reason: String?
    /// The epoch of the mailbox that its envelope is sealed for: nil until it is sealed.
    var epoch: Epoch?
    /// What it is sealed to; nil until it is.
    var sealing: Sealing?
    /// When it was last known to be stored at a quorum, and how many times it was brought there again.
    var storedAt: UnixTime?
    var deposits = 0
    /// The hash of the recipient and the key by which a repeated send is recognised.
    var keyHash: Bytes32?
    /// Its arrival number (`seq`), from the sequence that sent and received messages share. 0 for receipts, for notes to oneself and
    /// for messages of older versions.
    var number: UInt64 = 0
    /// Whether the clock was in doubt when it was accepted. It is not sealed before it has been dated again.
    var isUndated = false

    /// From then on no buddy keeps the envelope.
    var expiresAt: UnixTime { expiry.advanced(by: 1).start }

    /// Whether it was dated by a clock that was ahead: its last day is later than anybody accepts.
    func isDatedAhead(_ now: UnixTime) -> Bool { now.day.advanced(by: Limits.envelopeDaysAccepted) < expiry }

    /// Counts its time from now on. Its person was told when it was accepted: that stays as it is, unless it can't be true.
    mutating func date(_ now: UnixTime) {
        let age = now.seconds(since: acceptedAt)
        if age < 0 || age > Int64(Limits.envelopeDays) * UnixTime.secondsPerDay { acceptedAt = now }
        expiry = now.day.advanced(by: Limits.envelopeDays)
        isUndated = false
    }
}

extension OutboxEntry {
    var encoded: [UInt8] {
        var fields = FieldWriter()
        fields.bytes(1, to.bytes.array)
        fields.integer(2, kind.rawValue)
        fields.integer(3, sequence)
        fields.integer(4, acceptedAt.seconds)
        fields.integer(5, expiry.number)
        fields.integer(6, state.rawValue)
        if let via { fields.integer(7, via.rawValue) }
        fields.integer(8, UInt16(clamping: buddies))
        fields.integer(9, UInt16(clamping: of))
        if let reason { fields.bytes(10, reason.utf8) }
        if let epoch { fields.integer(11, epoch.number) }
        if let storedAt { fields.integer(12, storedAt.seconds) }
        fields.integer(13, UInt16(clamping: deposits))
        if let keyHash { fields.bytes(14, keyHash.array) }
        if isUndated { fields.integer(15, UInt8(1)) }
        if let sealing { fields.bytes(16, sealing.encoded) }
        if number > 0 { fields.integer(17, number) }
        return fields.bytes
    }

    init(_ span: RawSpan) throws(DecodeError) {
        var to: PeerID?
        var kind = Kind.message
        var sequence: UInt64 = 0
        var acceptedAt: Int64 = 0
        var expiry: UInt32 = 0
        var fields = FieldReader(span)
        var later: [(tag: UInt8, value: ByteRange)] = []
        while let (tag, value) = try fields.next(span) {
            switch tag {
            case 1: to = PeerID(try value.bytes32(span))
            case 2: kind = Kind(rawValue: try value.integer(span)) ?? .message
            case 3: sequence = try value.integer(span)
            case 4: acceptedAt = try value.integer(span)
            case 5: expiry = try value.integer(span)
            default: later.append((tag, value))
            }
        }
        guard let to else { throw .missingField }
        self.init(
            to: to, kind: kind, sequence: sequence, acceptedAt: UnixTime(seconds: acceptedAt),
            expiry: Day(number: expiry))
        for (tag, value) in later {
            switch tag {
            case 6: state = MessageState(rawValue: try value.integer(span)) ?? .queued
            case 7: via = Via(rawValue: try value.integer(span))
            case 8: buddies = Int(try value.integer(span, as: UInt16.self))
            case 9: of = Int(try value.integer(span, as: UInt16.self))
            case 10: reason = String(decoding: value.copy(of: span), as: UTF8.self)
            case 11: epoch = Epoch(number: try value.integer(span))
            case 12: storedAt = UnixTime(seconds: try value.integer(span))
            case 13: deposits = Int(try value.integer(span, as: UInt16.self))
            case 14: keyHash = try value.bytes32(span)
            case 15: isUndated = try value.integer(span, as: UInt8.self) != 0
            case 16: sealing = try Sealing(value.copy(of: span).span.bytes)
            case 17: number = try value.integer(span)
            default: break
            }
        }
    }
}

/// The table `outbox`, one letter before each kind of key:
/// ```
///   m ‖ ID        entry                        a ‖ sequence   ID, while under way
///   c ‖ ID        content, with the name       s ‖ sequence   ID, of messages
///                 that it was sealed with
///   e ‖ ID        envelope as last sealed      k ‖ key hash   ID
///   n             the next sequence number     h              how many messages `s` holds
/// ```
enum OutboxTable {
    static func entryKey(_ id: MessageID) -> [UInt8] { key("m", id.array) }
    static func contentKey(_ id: MessageID) -> [UInt8] { key("c", id.array) }
    static func envelopeKey(_ id: MessageID) -> [UInt8] { key("e", id.array) }
    static func activeKey(_ sequence: UInt64) -> [UInt8] { key("a", sequence.bigEndianBytes) }
    static func historyKey(_ sequence: UInt64) -> [UInt8] { key("s", sequence.bigEndianBytes) }
    static func repeatKey(_ hash: Bytes32) -> [UInt8] { key("k", hash.array) }
    static let active = key("a", [])
    static let history = key("s", [])
    static let historyCount = key("h", [])
    static let nextSequence = key("n", [])

    private static func key(_ letter: Unicode.Scalar, _ rest: [UInt8]) -> [UInt8] { [UInt8(ascii: letter)] + rest }
}

extension StoreView {
    func outboxEntry(_ id: MessageID) -> OutboxEntry? {
        value(.outbox, OutboxTable.entryKey(id)).flatMap { try? OutboxEntry($0.span.bytes) }
    }

    func outboxContent(_ id: MessageID) -> Content? {
        value(.outbox, OutboxTable.contentKey(id)).flatMap { try? Content($0.span.bytes) }
    }

    /// Messages and receipts under way, in the order of acceptance.
    func activeMessageIDs() -> [MessageID] { outboxIDs(OutboxTable.active) }

    /// The IDs that an index of the outbox holds, in the order of acceptance.
    func outboxIDs(_ index: [UInt8], after: [UInt8]? = nil, limit: Int = .max) -> [MessageID] {
        var ids: [MessageID] = []
        scan(.outbox, prefix: index, after: after) { _, value in
            guard ids.count < limit else { return false }
            if let id = value.withUnsafeBytes({ MessageID(Array($0)) }) { ids.append(id) }
            return true
        }
        return ids
    }

    @discardableResult
    mutating func putOutboxEntry(_ id: MessageID, _ entry: OutboxEntry) -> Ticket {
        put(.outbox, OutboxTable.entryKey(id), entry.encoded)
    }
}
