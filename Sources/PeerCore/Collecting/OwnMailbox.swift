import Basics
import Cryptography
import Exchange
import Wire

/// One of this person's mailboxes: of an epoch for which mail may still wait.
struct OwnMailbox {
    let epoch: Epoch
    let signer: BlindedSigner
    /// Whether the present look into it has found something to fetch.
    private(set) var hasFound = false
    /// Whether the present look has left something for the next, as it would have been too much at once.
    private(set) var hasLeftSome = false
    /// Whether the next look is not to wait for as long as it might: something could not be taken in.
    private(set) var isToLookSoon = false
    /// When the last look began.
    private(set) var lookedAt: Instant?
    /// When the last look began in which most of all buddies listed what they hold, and how many of these there were since the program
    /// began.
    private var fullLookAt: Instant?
    private var fullLooks = 0
    /// Whether most of the buddies that the last look asked haven't listed what they hold.
    private var hasFallenShort = false
    /// Whether the present look asks a few buddies only.
    private(set) var isGlance = false
    /// How many buddies announce what comes into it.
    private(set) var announcers = Announcers(0)
    /// Looks in a row after which enough buddies announced what comes.
    private(set) var announcedLooks = 0
    /// Whether more was announced while what was announced before was being fetched.
    private(set) var isAnnouncedAgain = false
    /// What its buddies are still to be told, oldest first.
    private(set) var tombstones: [Tombstone] = []
    /// Envelopes that are not fetched or discarded again before their time, oldest first.
    private var ignored: [(envelope: EnvelopeID, until: Instant, isUndated: Bool)] = []

    /// How long an envelope that was dealt with is ignored: until buddies have had the time to hear of it.
    static let patience = Duration.seconds(600)
    /// How long tombstones gather for one discard.
    static let gathering = Duration.milliseconds(500)

    init(epoch: Epoch, profile: ProfileKey) {
        self.epoch = epoch
        signer = profile.blinded(for: .mailbox, epoch: epoch)
    }

    var location: MailboxID { signer.location }

    mutating func beginLook(asGlance: Bool, now: Instant) {
        (hasFound, hasLeftSome, isToLookSoon, isGlance) = (false, false, false, asGlance)
        lookedAt = now
    }

    /// Whether a few buddies are enough for the next look: all were asked often enough, and lately. `announcers`: so many are to announce what comes,
    /// as senders use it now; nil where they don't.
    func mayGlance(announcers wanted: Int?, now: Instant) -> Bool {
        guard !isToLookSoon, !hasFallenShort, let fullLookAt else { return false }
        guard let wanted else {
            return fullLooks >= OwnMailbox.firstFullLooks && now - fullLookAt < OwnMailbox.fullLookIntervalOfOthers
        }
        let isAnnounced = announcedLooks >= OwnMailbox.announcedLooks && announcers.all >= wanted
        return isAnnounced && now - fullLookAt < OwnMailbox.fullLookInterval
    }

    /// Who has just joined takes the wrong nodes for the closest: all are asked so often.
    private static let announcedLooks = 5
    private static let firstFullLooks = 3
    /// How long a few buddies are enough. Each has had its turn by then.
    private static let fullLookInterval = Duration.seconds(6 * 3_600)
    private static let fullLookIntervalOfOthers = Duration.seconds(24 * 3_600)

    /// There is something to fetch. Where others were to announce it, they haven't: the next look asks all.
    mutating func observeFound() {
        hasFound = true
        if isGlance { isToLookSoon = true }
    }

    mutating func observeLeftSome() { (hasLeftSome, isToLookSoon) = (true, true) }

    mutating func observeUntaken() { isToLookSoon = true }

    /// What it means for looks that other buddies announce what comes.
    enum AnnouncersChange {
        case none
        /// Some want a new proof, which a look gives.
        case doubt
        /// Some announce no more: another is to be found.
        case loss
    }

    /// These buddies announce what comes from now on. `wanted`: so many are to.
    mutating func setAnnouncers(_ now: Announcers, wanted: Int) -> AnnouncersChange {
        defer { announcers = now }
        // One that was doubted may have been replaced already.
        guard min(now.all, wanted) >= min(announcers.all, wanted) else {
            (announcedLooks, isToLookSoon) = (0, true)
            return .loss
        }
        return now.doubted > announcers.doubted ? .doubt : .none
    }

    /// A look has ended that asked so many buddies, of whom so many have listed what they hold. `wanted`: so many are to announce what comes.
    mutating func endLook(_ tally: Tally, announcers wanted: Int) {
        // Where it wasn't known well enough who they are, all were asked.
        guard !isGlance || tally.found > Limits.buddiesGlanced + Limits.announcers else {
            // One that has gone shows that others may have come.
            if tally.done < tally.found || tally.found == 0 { isToLookSoon = true }
            return
        }
        hasFallenShort = tally.done * 2 <= tally.found
        if !hasFallenShort { (fullLookAt, fullLooks) = (lookedAt, fullLooks + 1) }
        let isAnnounced = tally.found > 0 && announcers.count >= min(2, wanted, tally.found) && !isToLookSoon
        announcedLooks = isAnnounced ? announcedLooks + 1 : 0
    }

    /// Whether a mailbox that senders don't use now is looked into as often as one that they use: it has not been seen to be empty yet.
    var isToSettle: Bool { fullLooks < OwnMailbox.firstFullLooks || hasFallenShort || isToLookSoon }

    mutating func observeAnnouncedAgain() { isAnnouncedAgain = true }

    mutating func beginReceiving() { isAnnouncedAgain = false }

    func ignores(_ envelope: EnvelopeID, _ now: Instant) -> Bool {
        ignored.contains { $0.envelope == envelope && $0.until > now }
    }

    mutating func ignore(_ envelope: EnvelopeID, until instant: Instant) {
        ignore(envelope, until: instant, isUndated: false)
    }

    /// Ignores an envelope whose day is not valid by the present clock, until the clock is another.
    mutating func ignoreUndated(_ envelope: EnvelopeID, until instant: Instant) {
        ignore(envelope, until: instant, isUndated: true)
    }

    /// The clock is another: what was not of its time may be of this one's.
    mutating func forgetUndated() { ignored.removeAll { $0.isUndated } }

    private mutating func ignore(_ envelope: EnvelopeID, until instant: Instant, isUndated: Bool) {
        ignored.removeAll { $0.envelope == envelope }
        if ignored.count == Limits.discardsWaiting { ignored.removeFirst() }
        ignored.append((envelope, instant, isUndated))
    }

    /// Has the buddies told that an envelope is done. When too many wait it is left: it will be offered again.
    mutating func queueTombstone(for envelope: EnvelopeID, expiry: Day) {
        guard tombstones.count < Limits.discardsWaiting, !tombstones.contains(where: { $0.envelope == envelope }) else {
            return
        }
        tombstones.append(Tombstone(envelope: envelope, expiry: expiry, signer: signer))
    }

    /// Removes the oldest tombstones, as many as fit into a discard.
    mutating func removeTombstones() -> [Tombstone] {
        let oldest = Array(tombstones.prefix(Limits.tombstonesPerDiscard))
        tombstones.removeFirst(oldest.count)
        return oldest
    }

    /// The epochs in whose mailboxes envelopes may wait that are not past their last day, the next one included for
    /// senders whose clocks are ahead.
    static func epochs(_ now: UnixTime) -> ClosedRange<Epoch> {
        let oldest = now.advanced(bySeconds: -Int64(Limits.envelopeDaysAccepted) * UnixTime.secondsPerDay).epoch
        return oldest...now.epoch.advanced(by: 1)
    }
}
