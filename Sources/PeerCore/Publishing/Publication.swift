import Basics
import Cryptography
import Exchange

/// What this person publishes for those who write to them, and when: a record for this epoch, and in good time one for
/// the next; and with each a policy for the mailbox of that epoch.
///
/// While a person is away, no other node publishes for them; holders and readers keep what was published in repair. A
/// record may be used for three weeks from its epoch's beginning, so that a person who is away for 13 days is found by
/// a record of this epoch, the last or the one before.
package struct Publication {
    struct Record {
        let epoch: Epoch
        /// The day of the prekey that it names.
        let day: Day
        let bytes: [UInt8]
        /// What lies at the mailbox of the same epoch: whose mail it has room for in any case.
        let policy: [UInt8]
        let validUntil: UnixTime
    }

    /// What is under way.
    /// ```
    ///   idle ─▶ reading ─▶ writing ─▶ publishing ─▶ idle
    ///     │                  ▲ │          ▲
    ///     └──────────────────┘ └──────────┘
    /// ```
    private enum Phase {
        case idle
        /// What was published before is being read: so many records are still to come.
        case reading(left: Int)
        /// The records wait for their prekeys to be durable: they may not leave before.
        case writing
        /// The records are being brought to their keepers: so many are still to be answered.
        case publishing(left: Int)
    }

    /// Where the person's own node can be reached, when it can.
    private(set) var contact: Contact?
    /// The records as they were last built: publishing them again sends the same bytes.
    private(set) var records: [Record] = []
    /// Whether it is due and waits for the clock to be right.
    private(set) var isWaitingForClock = false
    /// The highest sequence number seen.
    private(set) var highestSequence: UInt64 = 0

    private var phase = Phase.idle
    /// Whether the records are to be built again.
    private var isOutdated = true
    /// Whether it is known what was published before, perhaps by a data directory that this one is an old copy of.
    private var hasRead = false
    /// Whether any of what was published last fell short, and how many times in a row that was so.
    private var hasFallenShort = false
    private var failures = 0
    /// Whether any of what was published last was refused as stale.
    private var isRefused = false
    /// Times in a row that this was so, though no higher sequence number was read in between.
    private var unprovenRefusals = 0
    /// Times it was published since the node joined, or was reachable elsewhere.
    private var times = 0
    /// When the records as they are were last brought to all their keepers, and enough took them.
    private var broughtAt: Instant?
    /// When the policies were brought to the mailboxes' buddies last.
    private var policiesAt: Instant?
    /// Whether what is under way goes to a few keepers only.
    private var isCheck = false

    init(contact: Contact? = nil) { self.contact = contact }

    // MARK: What happens

    /// Others reach the person's node somewhere else, or nowhere. Returns whether that is news.
    mutating func changeContact(to contact: Contact?) -> Bool {
        guard self.contact != contact else { return false }
        self.contact = contact
        isOutdated = true
        resetInterval()
        return true
    }

    /// The records don't say any more what they should.
    mutating func setOutdated() { isOutdated = true }

    /// What is to be done when publishing is due.
    enum DueStep {
        /// Nothing, until the clock is right.
        case waitForClock
        /// Nothing: something is under way, and the records are built again when that has ended.
        case waitForEnd
        /// Read so many of the person's own records, each to be reported to `recordRead`.
        case read
        /// Go on with `epochsToBuild`.
        case write
    }

    /// Publishing is due. `reads` is how many records are to be read where that hasn't been done.
    mutating func begin(isClockUsable: Bool, reads: Int) -> DueStep {
        isWaitingForClock = !isClockUsable
        guard isClockUsable else { return .waitForClock }
        guard case .idle = phase else {
            isOutdated = true
            return .waitForEnd
        }
        guard !hasRead else { return .write }
        hasRead = true
        phase = .reading(left: reads)
        return .read
    }

    /// One of the own records was read, or none is there; `sequence` is that of a valid one. Returns whether it was the last.
    mutating func recordRead(answered: Int, sequence: UInt64?) -> Bool {
        guard case .reading(let left) = phase else { return false }
        // If no node answered, there is none to publish to either; the next attempt begins here again.
        if answered == 0 { hasRead = false }
        if let sequence, sequence > highestSequence {
            highestSequence = sequence
            unprovenRefusals = 0
        }
        phase = left > 1 ? .reading(left: left - 1) : .idle
        return left <= 1
    }

    /// The epochs whose records are to be built; nil if the existing ones will do.
    func epochsToBuild(_ now: UnixTime, of profile: ProfileKey) -> [Epoch]? {
        let epochs = Publication.epochs(now, of: profile)
        return isCurrent(epochs, now) ? nil : epochs
    }

    /// The records were built, and what they need is being written.
    mutating func built(_ records: [Record], under sequence: UInt64) {
        self.records = records
        highestSequence = max(highestSequence, sequence)
        (isOutdated, broughtAt) = (false, nil)
        phase = .writing
    }

    /// What is to be brought where, each record and each policy to be reported to `recordPublished`.
    enum Bringing {
        /// These records, and their policies if so, go to all their keepers.
        case all([Record], withPolicies: Bool)
        /// A few keepers of this one are asked whether they have it.
        case check(Record)
    }

    /// All that the records need is durable. `isWatched`: another copy has published lately.
    mutating func publish(isWatched: Bool, now: Now) -> Bringing {
        (hasFallenShort, isRefused) = (false, false)
        let isSettled = times > Publication.timesOfAll && !isWatched
        let pause = broughtAt.map { now.monotonic - $0 }
        isCheck = isSettled && pause.map { $0 < Publication.rest } ?? false
        if isCheck, let record = records.first {
            phase = .publishing(left: 1)
            return .check(record)
        }
        // Nobody reads that of the next epoch yet, and a policy stays the same: their holders hand them on.
        let isWhole = !isSettled || pause == nil
        let horizon = now.utc.advanced(bySeconds: Publication.extensionSeconds)
        let due = records.filter { isWhole || $0.epoch.start <= horizon }
        let withPolicies = isWhole || policiesAt.map { now.monotonic - $0 >= Publication.policyRest } ?? true
        if withPolicies { policiesAt = now.monotonic }
        (isCheck, broughtAt) = (false, nil)
        phase = due.isEmpty ? .idle : .publishing(left: (withPolicies ? 2 : 1) * due.count)
        return .all(due, withPolicies: withPolicies)
    }

    /// The outcome of publishing.
    enum Outcome {
        /// Others are still under way.
        case goesOn
        /// Some of it fell short, so many times in a row; `isAlone`: there was no node to keep it.
        case fellShort(times: Int, isAlone: Bool)
        /// It is outdated already: publish again.
        case outdated
        /// A node says again that it holds a newer one, and none is read: it is a liar, or out of reach for readers. That can wait.
        case refusedWithoutProof
        /// A keeper that was asked hasn't the newest, or doesn't answer: publish to all.
        case lacking
        case done
    }

    /// A record or a policy was brought to its keepers.
    mutating func recordPublished(_ tally: Tally, now: Instant) -> Outcome {
        guard case .publishing(let left) = phase else { return .goesOn }
        if isCheck ? tally.found == 0 : !tally.hasQuorum { hasFallenShort = true }
        // Some node holds a higher sequence number of ours, which none reported when our records were read: read again.
        if tally.refusal == .stale {
            (isOutdated, isRefused) = (true, true)
            hasRead = false
        }
        phase = left > 1 ? .publishing(left: left - 1) : .idle
        guard left <= 1 else { return .goesOn }
        failures = hasFallenShort ? failures + 1 : 0
        let isLacking = isCheck && tally.done < tally.found
        if hasFallenShort || isLacking { broughtAt = nil } else if !isCheck { broughtAt = now }
        if hasFallenShort { return .fellShort(times: failures, isAlone: tally.found == 0) }
        unprovenRefusals = isRefused ? unprovenRefusals + 1 : 0
        if unprovenRefusals > 1 { return .refusedWithoutProof }
        if isOutdated { return .outdated }
        return isLacking ? .lacking : .done
    }

    /// The network is another one. Returns after how long to publish. What fell short is published at once; what did
    /// not waits until the node may know where it is seen now.
    mutating func startOver() -> Duration {
        defer { failures = 0 }
        resetInterval()
        return failures > 0 ? .zero : Publication.patience
    }

    // MARK: How often

    /// The node knows others than before, or is known elsewhere: soon it will know better.
    mutating func resetInterval() { times = 0 }

    /// How long until it is published again, counting this time: ever longer.
    mutating func takeInterval() -> Duration {
        times += 1
        return interval
    }

    /// The same, not counting this time.
    var interval: Duration {
        min(Publication.firstInterval * (1 << (2 * min(max(times - 1, 0), 8))), Publication.longestInterval)
    }

    /// Nodes come and go: where half of them leave within the hour, half of those who got it are still there, and it takes
    /// one. And another copy of the profile is to be noticed within an hour.
    private static let longestInterval = Duration.seconds(3_600)
    /// So long after all keepers were brought it only a few are asked whether they have it. Where one hasn't, all are brought it: so nodes
    /// that come, and that somebody brings an older one, don't keep that for longer than they would if nobody asked.
    private static let rest = Duration.seconds(5 * 3_600)
    /// The same of policies, of which no reader notices that one is missing.
    private static let policyRest = Duration.seconds(12 * 3_600)
    /// The first times all are brought it: a node that has just joined may not have found the closest.
    private static let timesOfAll = 5
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
    private func isCurrent(_ epochs: [Epoch], _ now: UnixTime) -> Bool {
        !isOutdated && records.map(\.epoch) == epochs
            && records.allSatisfy {
                $0.day == now.day
                    && Publication.validUntil($0.epoch, now).seconds(since: $0.validUntil)
                        < Publication.extensionSeconds
            }
    }

    /// Whether a record of an epoch was built.
    func covers(_ epoch: Epoch) -> Bool { records.contains { $0.epoch == epoch } }
}
