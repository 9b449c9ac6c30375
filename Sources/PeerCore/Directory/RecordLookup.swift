import Basics
import Conversations

/// What one peer has published, as far as it is known, and the lookup of it that messages wait for.
///
/// A record lies in the present epoch where its owner has been online in this one or the last, so that this epoch is asked
/// first, alone. Only where it has none are the others asked, all at once: the two before it, whose records are still valid,
/// for owners who have been away for long, and the next for a reader whose clock is behind.
struct RecordLookup {
    let peer: PeerID
    /// The newest record found; it may have expired.
    private(set) var record: PeerRecord?
    /// Whether the record named no endpoint that can be read without the peer's delivery secret, which wasn't known then.
    private(set) var wasReadAsStranger = false
    /// Whether any node answered in the last lookup.
    private var wasAnswered = true
    /// Whether it found a record of a version that can't be read here.
    private var foundOtherVersion = false
    /// Why the last lookup found no record that may be used.
    var failure: Failure { foundOtherVersion ? .otherVersion : wasAnswered ? .noRecord : .unreachable }

    /// When the record was found; nil: look again.
    private var foundAt: Instant?
    /// The epochs that are being asked.
    private var epochs: [Epoch] = []
    /// Whether these are others than the present one.
    private var looksFurther = false
    /// When the other epochs were last asked about, unless no node answered.
    private var missedFurtherAt: Instant?
    /// Messages that wait for the lookup.
    private var waiting: [MessageID] = []

    /// How long not to ask again about the other epochs after all nodes said that there is nothing: owners who come
    /// back publish in the present one.
    private static let furtherPause = Duration.seconds(3_600)

    init(peer: PeerID) { self.peer = peer }

    /// Whether anything is being asked.
    var isUnderWay: Bool { !epochs.isEmpty }

    /// What the requester of the record is to do.
    enum Request {
        /// It was found lately.
        case found(PeerRecord)
        /// Ask for that of this epoch, and say so with `began`. The message waits.
        case look(Epoch)
        /// A lookup is under way; the message waits for it.
        case wait
    }

    /// A message needs the peer's record; nil: one will in a moment.
    mutating func request(for message: MessageID?, now: Now) -> Request {
        if let record, let foundAt, record.validUntil > now.utc,
            now.monotonic - foundAt < (record.contacts.isEmpty ? Limits.recordCacheTimeAway : Limits.recordCacheTime)
        {
            return .found(record)
        }
        if let message { waiting.append(message) }
        guard !isUnderWay else { return .wait }
        looksFurther = false
        wasAnswered = false
        foundOtherVersion = false
        return .look(now.utc.epoch)
    }

    /// An epoch is being asked.
    mutating func began(_ epoch: Epoch) { epochs.append(epoch) }

    /// A valid record that was found, and whether it was read without the peer's delivery secret.
    struct Found {
        let record: PeerRecord
        let asStranger: Bool
    }

    /// What an answer means for the lookup.
    enum Progress {
        /// Other epochs are still being asked.
        case goesOn
        /// Ask for those of these epochs as well, and say so with `began`.
        case lookFurther([Epoch])
        /// It is over: to be ended with `end`.
        case over
    }

    /// A record was found that can't be read here.
    mutating func findsOtherVersion() { foundOtherVersion = true }

    /// The answer about one epoch: a valid record or none, from so many nodes.
    mutating func answer(of epoch: Epoch, _ found: Found?, answered: Int, now: Instant) -> Progress {
        epochs.removeAll { $0 == epoch }
        if answered > 0 { wasAnswered = true }
        if let found {
            record = found.record
            wasReadAsStranger = found.asStranger && found.record.contacts.isEmpty
            foundAt = now
            missedFurtherAt = nil
            return .over
        }
        if looksFurther {
            // A lookup that no node answered proves nothing.
            if answered == 0 { missedFurtherAt = nil }
            return isUnderWay ? .goesOn : .over
        }
        guard answered > 0, missedFurtherAt.map({ now - $0 >= RecordLookup.furtherPause }) ?? true else { return .over }
        looksFurther = true
        missedFurtherAt = now
        return .lookFurther([-1, -2, 1].map { epoch.advanced(by: $0) })
    }

    /// Ends the lookup. Returns the epochs that are still being asked, which is to be cancelled, and the messages that wait.
    mutating func end() -> (epochs: [Epoch], waiting: [MessageID]) {
        defer { (epochs, waiting) = ([], []) }
        return (epochs, waiting)
    }

    /// The record has led nowhere: the next message looks again.
    mutating func distrust() { (foundAt, wasReadAsStranger) = (nil, false) }

    /// That nothing was found in other epochs may be for want of a network.
    mutating func forgetMiss() { missedFurtherAt = nil }
}
