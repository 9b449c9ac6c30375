import Basics
import Conversations
import Cryptography
import Exchange

/// What this person publishes for those who write to them, and when: a record for this epoch, and in good time one for
/// the next.
///
/// Nobody publishes for those who are away; holders and readers keep what was published in repair. A record may be used for
/// three weeks from its epoch's beginning, so that whoever is away for 13 days is found by one of this epoch's, the last
/// or the one before.
package struct Publication {
    struct Record {
        let epoch: Epoch
        let bytes: [UInt8]
        let validUntil: UnixTime
    }

    /// Where the person's own node can be reached, when it can.
    var contact: Contact?
    /// The records as they were last built: publishing them again sends the same bytes.
    var records: [Record] = []
    /// Whether these are to be built anew.
    var isOutdated = true
    /// Whether they wait for their prekeys to be durable: until then nobody may see them.
    var isBeingWritten = false
    /// Whether it is due and waits for the clock to be right.
    var isWaitingForClock = false
    /// Whether it is known what was published before, perhaps by a data directory that this one is an old copy of.
    var hasRead = false
    /// The highest sequence number seen.
    var highestSequence: UInt64 = 0
    /// Reading or publishing that has not ended, and whether any of it fell short.
    var underWay = 0
    var hasFallenShort = false
    var failures = 0

    /// Times it was published since the node joined, or was reachable elsewhere.
    private var times = 0

    init(contact: Contact? = nil) { self.contact = contact }

    // MARK: How often

    /// The node knows others than before, or is known elsewhere: soon it will know better.
    mutating func startOver() { times = 0 }

    /// How long until it is published again, counting this time: ever longer.
    mutating func takeInterval() -> Duration {
        times += 1
        return min(Publication.firstInterval * (1 << (2 * min(times - 1, 8))), Publication.longestInterval)
    }

    /// Nodes come and go: where half of them leave within the hour, half of those who got it are still there, and it takes
    /// one. As often as holders would hand it on otherwise, so that they needn't.
    private static let longestInterval = Duration.seconds(3_600)
    /// A node that has just joined knows few others yet, and may not have found the closest.
    private static let firstInterval = Duration.seconds(15)
    /// How long a node that has just joined waits to hear from others where it can be reached.
    static let patience = Duration.seconds(2)

    // MARK: For when

    /// The time before an epoch begins by which its record is out: for readers whose clocks are ahead, for owners who leave,
    /// and so that it has come to rest with its holders.
    private static let leadSeconds = 2 * UnixTime.secondsPerDay
    /// A record's time is extended when this much is to be gained.
    private static let extensionSeconds = UnixTime.secondsPerDay

    /// The epochs whose records are to be out now.
    ///
    /// That of the next becomes due at a time between this one's beginning and 48 h before its end, which is everybody's own
    /// and drawn from the location: else all would publish at once.
    package static func epochs(_ now: UnixTime, of profile: ProfileKey) -> [Epoch] {
        let (present, next) = (now.epoch, now.epoch.advanced(by: 1))
        let window = UInt64(7 * UnixTime.secondsPerDay - leadSeconds)
        let offset = profile.blinded(for: .record, epoch: next).location.bytes.words.3 % window
        return now < present.start.advanced(bySeconds: Int64(offset)) ? [present] : [present, next]
    }

    /// The time up to which a record for an epoch may be used, if built now.
    package static func validUntil(_ epoch: Epoch, _ now: UnixTime) -> UnixTime {
        let lifetime = Int64(Limits.recordDays) * UnixTime.secondsPerDay
        return min(epoch.start, now).advanced(bySeconds: lifetime)
    }

    /// Whether the records are still those that would be built now for these epochs.
    func isCurrent(_ epochs: [Epoch], _ now: UnixTime) -> Bool {
        !isOutdated && records.map(\.epoch) == epochs
            && records.allSatisfy {
                Publication.validUntil($0.epoch, now).seconds(since: $0.validUntil) < Publication.extensionSeconds
            }
    }

    /// Whether a record of an epoch was built.
    func covers(_ epoch: Epoch) -> Bool { records.contains { $0.epoch == epoch } }
}
