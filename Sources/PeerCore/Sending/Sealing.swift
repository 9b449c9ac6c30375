import Basics
import Conversations
import Cryptography
import Wire

/// What an outbox entry's envelope was sealed to, and when it is to be sealed again: to the keys that the recipient
/// publishes now, under the same message ID, by which the recipient knows it again.
///
/// A recipient who goes on from the keys alone, or from an older copy, has lost the prekey and leaves what was sealed
/// to it where it is. Nothing is asked of them: the sender sees it by what they publish, or by their silence.
struct Sealing: Hashable {
    /// What the recipient's record named: the prekey, its day, the generation and the record's own sequence number.
    struct Keys: Hashable {
        let day: Day
        let prekey: PublicKey
        let generation: UInt32
        let sequence: UInt64
    }

    private(set) var keys: Keys
    /// The session that it was sealed in.
    private(set) var session: SessionName
    /// When it was sealed.
    private(set) var sealedAt: UnixTime
    /// How often it was sealed again.
    private(set) var repetitions = 0
    /// Since when a tombstone says that this envelope was collected.
    private(set) var collectedAt: UnixTime?
    /// Since when the recipient is known to have published, after it was sealed, the prekey of another day.
    private(set) var outlivedSince: UnixTime?

    /// The pause before it is sealed again for the second time, in seconds; four times as long before each further
    /// time.
    private static let pauseSeconds: UInt64 = 600
    /// How long a receipt may take once it was collected, in seconds; four times as long after each repetition.
    private static let receiptSeconds: UInt64 = 3_600
    /// How long a recipient who is online may take to look into all their mailboxes, twice over, in seconds.
    private static let lookSeconds: UInt64 = 1_800

    init(_ record: PeerRecord, in session: SessionName, at now: UnixTime) {
        keys = Keys(
            day: record.prekeyDay, prekey: record.prekey, generation: record.generation, sequence: record.sequence)
        self.session = session
        sealedAt = now
    }

    /// Whether the recipient has said of this envelope that it is done.
    var isCollected: Bool { collectedAt != nil }

    mutating func collected(at now: UnixTime) { collectedAt = collectedAt ?? now }

    /// It was sealed again.
    mutating func sealedAgain(to record: PeerRecord, in session: SessionName, at now: UnixTime) {
        let count = repetitions + 1
        self = Sealing(record, in: session, at: now)
        repetitions = count
    }

    /// Whether the recipient has gone on from an older copy of their data since: they publish a newer generation, or
    /// another prekey for the same day. Neither the prekey nor the session need be there.
    func isSuperseded(by record: PeerRecord) -> Bool {
        guard record.sequence > keys.sequence else { return false }
        return record.generation > keys.generation || (record.prekeyDay == keys.day && record.prekey != keys.prekey)
    }

    /// What to do with the envelope.
    enum Outcome {
        /// Send it as it is.
        case keep
        /// Send it as it is, and soon again: the recipient seems to have been there and to have left it.
        case watch
        case sealAgain
    }

    /// Whether it may be sealed again already: not too often, and not too soon after the last time.
    func mayBeRepeated(_ now: UnixTime) -> Bool {
        guard repetitions < Limits.repeatedSealings else { return false }
        return repetitions == 0 || seconds(now, since: sealedAt) >= Sealing.pauseSeconds * factor / 4
    }

    /// By how much pauses have grown.
    private var factor: UInt64 { 1 << (2 * UInt64(repetitions)) }

    /// The recipient's present record is known, and the message is under way still. `isStored`: a quorum keeps the envelope.
    /// `isUnopenable`: the recipient has said so, or has lost its session.
    mutating func evaluate(_ record: PeerRecord, isStored: Bool, isUnopenable: Bool, now: UnixTime) -> Outcome {
        guard mayBeRepeated(now) else { return .keep }
        if isUnopenable || isSuperseded(by: record) { return .sealAgain }
        if let collectedAt {
            return seconds(now, since: collectedAt) >= Sealing.receiptSeconds * factor ? .sealAgain : .keep
        }
        // An envelope outlives the day of its prekey, and the owner keeps the prekey for as long. But a recipient who has
        // published since, and left the envelope where it is, doesn't seem to hold its keys.
        guard isStored, record.sequence > keys.sequence, record.prekeyDay != keys.day else { return .keep }
        guard let outlivedSince else {
            outlivedSince = now
            return .watch
        }
        return seconds(now, since: outlivedSince) >= Sealing.lookSeconds ? .sealAgain : .keep
    }

    /// How far two times are apart: a clock that was set back must not hold anything up.
    private func seconds(_ now: UnixTime, since time: UnixTime) -> UInt64 { now.seconds(since: time).magnitude }
}

extension Sealing {
    var encoded: [UInt8] {
        var fields = FieldWriter()
        fields.bytes(
            1,
            keys.day.number.bigEndianBytes + keys.prekey.bytes.array + keys.generation.bigEndianBytes
                + keys.sequence.bigEndianBytes)
        fields.bytes(
            6, [session.isOwn ? 1 : 0] + session.generation.bigEndianBytes + session.number.bigEndianBytes)
        fields.integer(2, sealedAt.seconds)
        fields.integer(3, UInt8(clamping: repetitions))
        if let collectedAt { fields.integer(4, collectedAt.seconds) }
        if let outlivedSince { fields.integer(5, outlivedSince.seconds) }
        return fields.bytes
    }

    init(_ span: RawSpan) throws(DecodeError) {
        var (keys, session): (Keys?, SessionName?)
        var (sealedAt, collectedAt, outlivedSince): (UnixTime?, UnixTime?, UnixTime?)
        var repetitions = 0
        var fields = FieldReader(span)
        while let (tag, value) = try fields.next(span) {
            switch tag {
            case 1:
                var reader = ByteReader(value)
                keys = Keys(
                    day: Day(number: try reader.u32(span)), prekey: PublicKey(try reader.bytes32(span)),
                    generation: try reader.u32(span), sequence: try reader.u64(span))
            case 2: sealedAt = UnixTime(seconds: try value.integer(span))
            case 3: repetitions = Int(try value.integer(span, as: UInt8.self))
            case 4: collectedAt = UnixTime(seconds: try value.integer(span))
            case 5: outlivedSince = UnixTime(seconds: try value.integer(span))
            case 6:
                var reader = ByteReader(value)
                session = SessionName(
                    isOwn: try reader.u8(span) == 1, generation: try reader.u32(span), number: try reader.u32(span))
            default: break
            }
        }
        guard let keys, let session, let sealedAt else { throw .missingField }
        self.keys = keys
        self.session = session
        self.sealedAt = sealedAt
        self.repetitions = repetitions
        self.collectedAt = collectedAt
        self.outlivedSince = outlivedSince
    }
}
