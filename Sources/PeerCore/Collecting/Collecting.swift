import Basics
import Cryptography
import Exchange
import Storage
import Wire

/// Looks into this person's own mailboxes, and has what is done cleared from them.
///
/// Mail that can't be opened here stays with the buddies: only a copy of the profile that holds the prekey it was
/// sealed to may call it useless (docs/conversations.md, "Who may call an envelope useless").
struct Collecting {
    private let profile: ProfileKey
    /// Ascending by epoch.
    private var mailboxes: [OwnMailbox] = []
    private var rhythm: PollingRhythm
    /// What waits in these mailboxes and can't be opened.
    private var unopened = UnopenedMail()

    /// The epochs of the mailboxes of which buddies are to announce what comes.
    private var watched: [Epoch] = []

    /// How long before and after an epoch senders may take it for the present one: their clocks differ.
    private static let epochMargin: Int64 = 3_600
    /// The shortest wait before a hurried look, and how long fetching may take before a look goes on beside it.
    private static let moment = Duration.seconds(2)
    /// Between two looks where the first could not take in all: meanwhile that is written down.
    private static let pauseBetweenParts = Duration.milliseconds(500)

    init(profile: ProfileKey, power: PowerSetting) {
        self.profile = profile
        rhythm = PollingRhythm(power: power)
    }

    /// One of the mailboxes.
    struct Mailbox {
        let epoch: Epoch
        let location: MailboxID
    }

    // MARK: Which mailboxes

    /// Begins with what the store holds.
    mutating func load(_ turn: inout Turn) {
        _ = updateMailboxes(turn.now.utc)
        unopened.load(turn.view.unopenedMail())
    }

    /// What the change of epochs means.
    enum EpochChange {
        case none
        /// There are other mailboxes than before: all are being looked into.
        case epochHasBegun
    }

    /// Follows the change of epochs. While the clock is in doubt the mailboxes of before it was are the best guess.
    mutating func followEpochs(_ turn: inout Turn) -> EpochChange {
        guard mailboxes.isEmpty || turn.clock.isUsable, updateMailboxes(turn.now.utc) else { return .none }
        turn.mark(.epochBegan)
        acceptDeliveries(&turn)
        watch(&turn)
        resumePolling(after: .zero, &turn)
        return .epochHasBegun
    }

    /// Has mailboxes of exactly the epochs for which mail may wait; returns whether that was a change. What is under way
    /// for one that goes ends by itself.
    private mutating func updateMailboxes(_ now: UnixTime) -> Bool {
        let range = OwnMailbox.epochs(now)
        let epochs = (range.lowerBound.number...range.upperBound.number).map { Epoch(number: $0) }
        guard mailboxes.map(\.epoch) != epochs else { return false }
        mailboxes = epochs.map { epoch in
            mailboxes.first { $0.epoch == epoch } ?? OwnMailbox(epoch: epoch, profile: profile)
        }
        return true
    }

    /// Tells the node which mailboxes' envelopes it may accept straight from senders.
    func acceptDeliveries(_ turn: inout Turn) {
        let accepted = turn.endpointReaders == .nobody ? [] : mailboxes.map(\.location)
        turn.command(.acceptDeliveries(for: accepted))
    }

    /// Has buddies announce what comes into the mailboxes that senders use now.
    private mutating func watch(_ turn: inout Turn) {
        let now = turn.now.utc
        let epochs = [-Collecting.epochMargin, 0, Collecting.epochMargin].map { now.advanced(bySeconds: $0).epoch }
        let present = mailboxes.filter { epochs.contains($0.epoch) }
        guard present.map(\.epoch) != watched else { return }
        watched = present.map(\.epoch)
        turn.command(.watch(present.map(\.location)))
    }

    private func index(_ epoch: Epoch) -> Int? { mailboxes.firstIndex { $0.epoch == epoch } }

    /// The mailbox at a location.
    func mailbox(at location: MailboxID) -> Mailbox? {
        mailboxes.first { $0.location == location }.map { Mailbox(epoch: $0.epoch, location: location) }
    }

    /// The mailbox that a command under way is collecting from.
    func mailbox(collectedBy command: CommandID, at location: MailboxID, _ errands: Errands) -> Mailbox? {
        guard let mailbox = mailbox(at: location) else { return nil }
        let errand = errands[command]
        return errand == .collect(mailbox.epoch) || errand == .receive(mailbox.epoch) ? mailbox : nil
    }

    // MARK: When

    /// Has every mailbox looked into that isn't at present.
    func resumePolling(after delay: Duration, _ turn: inout Turn) {
        guard turn.isJoined else { return }
        for mailbox in mailboxes where !turn.errands.isUnderWay(.collect(mailbox.epoch)) {
            turn.schedule(.poll(mailbox.epoch), in: delay)
        }
    }

    /// The clock can be used again: what was not of its time may be of this one's.
    mutating func clockHasRecovered(_ turn: inout Turn) {
        for index in mailboxes.indices { mailboxes[index].forgetUndated() }
        resumePolling(after: .zero, &turn)
    }

    /// The network is another. A collection under way may wait for answers that can't come any more: it begins again.
    mutating func startOver(_ turn: inout Turn) {
        rhythm.hurry(now: turn.now.monotonic)
        for mailbox in mailboxes { turn.cancel(.collect(mailbox.epoch)) }
        resumePolling(after: .zero, &turn)
    }

    // MARK: Looking

    /// It is time to look into a mailbox.
    mutating func lookIsDue(into epoch: Epoch, _ turn: inout Turn) {
        guard let index = index(epoch) else { return }
        let patience = rhythm.patience(now: turn.now.monotonic)
        if turn.errands.isUnderWay(.collect(epoch)) {
            guard patience != nil, !mailboxes[index].hasFound else { return }
            turn.mark(.lookReplaced)
            turn.cancel(.collect(epoch))
        }
        if turn.clock.isUsable || watched.isEmpty { watch(&turn) }
        if let patience { turn.schedule(.poll(epoch), in: patience) }
        let isGlance =
            patience == nil
            && mailboxes[index].mayGlance(
                announcers: isPresent(epoch) ? rhythm.announcers : nil, now: turn.now.monotonic)
        mailboxes[index].beginLook(asGlance: isGlance, now: turn.now.monotonic)
        let (mailbox, key) = (mailboxes[index].location, mailboxes[index].signer.key)
        if isGlance { turn.mark(.fewBuddiesAsked) } else { unopened.beginLook(into: epoch) }
        turn.command(
            isGlance ? .glance(mailbox: mailbox, key: key) : .collect(mailbox: mailbox, key: key), for: .collect(epoch))
    }

    /// Whether senders use a mailbox now. By the epochs of the mailboxes, not by the clock: that may be wrong by now.
    private func isPresent(_ epoch: Epoch) -> Bool {
        mailboxes.dropLast().last?.epoch == epoch || watched.contains(epoch)
    }

    /// A buddy wants a proof that the requester is the owner.
    func buddyChallenges(
        _ command: CommandID, _ challenge: ChallengeID, _ location: MailboxID, _ channelBinding: [UInt8],
        _ responder: NodeID, _ turn: inout Turn
    ) {
        var signature: Signature?
        if let mailbox = mailbox(collectedBy: command, at: location, turn.errands), let index = index(mailbox.epoch),
            let binding = Digest512(channelBinding)
        {
            signature = mailboxes[index].signer.sign(
                SignedBytes.authorize(location, channelBinding: binding, responder: responder))
        }
        turn.answer(command, .authorize(challenge: challenge, signature: signature))
    }

    /// The offered envelopes that are not ignored at present.
    func worthALook(_ envelopes: [EnvelopeID], in mailbox: Mailbox, now: Instant) -> [EnvelopeID] {
        guard let index = index(mailbox.epoch) else { return [] }
        return envelopes.filter { !mailboxes[index].ignores($0, now) }
    }

    /// Asks for what is new, as far as there is `room` for it.
    mutating func ask(
        for envelopes: [EnvelopeID], in mailbox: Mailbox, room: Int, by command: CommandID, _ turn: inout Turn
    ) {
        guard let index = index(mailbox.epoch) else { return }
        let bound = min(room, turn.buggifies(.fewerWanted) ? 1 : Limits.envelopesPerMailbox)
        var wanted: [EnvelopeID] = []
        for envelope in envelopes where unopened.offered(envelope, now: turn.now.monotonic) != .waits {
            guard wanted.count < bound else {
                mailboxes[index].observeLeftSome()
                break
            }
            wanted.append(envelope)
        }
        if !wanted.isEmpty { mailboxes[index].observeFound() }
        turn.answer(command, .fetch(wanted))
    }

    /// What an envelope that was fetched says of this person's data.
    enum Finding {
        case nothing
        /// Somebody accepted has sealed what can't be opened here, and this is the first time that it is fetched.
        case dataMayBeOlder
    }

    /// An envelope was fetched, and was opened or wasn't.
    mutating func envelopeFetched(
        _ envelope: EnvelopeID, from mailbox: Mailbox, _ outcome: OpenOutcome, size: Int, _ turn: inout Turn
    ) -> Finding {
        guard let index = index(mailbox.epoch) else { return .nothing }
        let later = turn.now.monotonic + OwnMailbox.patience
        switch outcome {
        case .underWay: break
        case .notNow: mailboxes[index].observeUntaken()
        case .done(let day), .discarded(let day): discard(envelope, expiry: day, in: mailbox.epoch, &turn)
        case .useless(let day):
            envelopeWasOpened(envelope, &turn)
            discard(envelope, expiry: day, in: mailbox.epoch, &turn)
        case .unopened(let day, let isEvidence):
            let entry = UnopenedEntry(
                envelope: envelope, mailbox: mailbox.epoch, expiry: day, size: size, since: turn.now.utc)
            switch unopened.remember(entry, now: turn.now.monotonic) {
            case .remembered:
                turn.mark(.unopenedRemembered)
                turn.view.putUnopened(entry)
            case .full:
                turn.mark(.unopenedFull)
                mailboxes[index].ignore(envelope, until: later)
            }
            if isEvidence, turn.view.putEvidence(envelope, expiry: day) { return .dataMayBeOlder }
        case .undated: mailboxes[index].ignoreUndated(envelope, until: later)
        }
        return .nothing
    }

    /// A look has ended. The tally is nil where it could not even begin.
    mutating func collectFinished(_ command: CommandID, _ tally: Tally?, _ turn: inout Turn) {
        if case .receive(let epoch)? = turn.errands[command] {
            turn.end(command)
            return receiveFinished(epoch, wasDone: tally.map { $0.done == $0.found } ?? false, &turn)
        }
        guard case .collect(let epoch)? = turn.errands[command] else { return }
        turn.end(command)
        let index = index(epoch)
        // Most of its buddies listed all that they hold: what none of them offered waits there no longer.
        if let tally, tally.done * 2 > tally.found, index.map({ !mailboxes[$0].isGlance }) ?? true {
            turn.view.removeUnopened(unopened.endLook(into: epoch))
        }
        guard let index else { return }
        mailboxes[index].endLook(tally ?? Tally(), announcers: rhythm.announcers)
        var pause = interval(after: mailboxes[index], turn)
        if mailboxes[index].hasLeftSome, mailboxes[index].hasFound { pause = Collecting.pauseBetweenParts }
        if turn.buggifies(.lookSoon) { pause = .milliseconds(100) }
        turn.schedule(.poll(epoch), in: turn.jitter.jittered(pause))
    }

    /// How long after a look the next is due, at most.
    private func interval(after mailbox: OwnMailbox, _ turn: borrowing Turn) -> Duration {
        guard isPresent(mailbox.epoch) else {
            return mailbox.isToSettle ? PollingRhythm.seldom : PollingRhythm.interval(of: mailbox.epoch, turn.now.utc)
        }
        let isHurried = mailbox.isToLookSoon || mailbox.announcers.doubted > 0
        return rhythm.interval(
            announcedLooks: isHurried ? 0 : mailbox.announcedLooks, now: turn.now.monotonic)
    }

    // MARK: What buddies announce

    /// How many buddies announce what comes into the mailbox of the present epoch.
    var announcers: Int { mailboxes.dropLast().last?.announcers.count ?? 0 }

    /// Something has come into one of the mailboxes.
    mutating func mailWasAnnounced(in location: MailboxID, _ turn: inout Turn) {
        guard let mailbox = mailbox(at: location), let index = index(mailbox.epoch) else { return }
        guard !turn.errands.isUnderWay(.receive(mailbox.epoch)) else {
            turn.mark(.announcedAgain)
            mailboxes[index].observeAnnouncedAgain()
            return turn.hasten(.stall(mailbox.epoch), in: Collecting.moment)
        }
        mailboxes[index].beginReceiving()
        let signer = mailboxes[index].signer
        turn.command(.collectAnnounced(mailbox: location, key: signer.key), for: .receive(mailbox.epoch))
    }

    /// What was announced has been fetched, or can't be.
    private mutating func receiveFinished(_ epoch: Epoch, wasDone: Bool, _ turn: inout Turn) {
        guard let index = index(epoch) else { return }
        turn.unschedule(.stall(epoch))
        if !wasDone { mailboxes[index].observeUntaken() }
        if mailboxes[index].hasLeftSome, mailboxes[index].hasFound {
            turn.hasten(.poll(epoch), in: Collecting.pauseBetweenParts)
        } else if mailboxes[index].isToLookSoon {
            lookSoon(into: epoch, &turn)
        }
        if mailboxes[index].isAnnouncedAgain { mailWasAnnounced(in: mailboxes[index].location, &turn) }
    }

    /// A buddy that announces much and gives it slowly mustn't hold up what others have announced: a look finds it.
    mutating func fetchStalls(in epoch: Epoch, _ turn: inout Turn) {
        guard let index = index(epoch), turn.errands.isUnderWay(.receive(epoch)) else { return }
        mailboxes[index].observeUntaken()
        lookSoon(into: epoch, &turn)
    }

    /// No buddy that was asked gave an envelope.
    mutating func envelopeUnavailable(_ command: CommandID, in location: MailboxID, _ turn: inout Turn) {
        guard let mailbox = mailbox(collectedBy: command, at: location, turn.errands), let index = index(mailbox.epoch)
        else { return }
        mailboxes[index].observeUntaken()
    }

    /// These buddies announce what comes into a mailbox. One that is lost is replaced by the next look, which is due soon then; as is one that
    /// gives a new proof to a buddy that wants it.
    mutating func announcersChanged(to announcers: Announcers, in location: MailboxID, _ turn: inout Turn) {
        guard let mailbox = mailbox(at: location), let index = index(mailbox.epoch) else { return }
        let wasToLookSoon = mailboxes[index].isToLookSoon
        let change = mailboxes[index].setAnnouncers(announcers, wanted: rhythm.announcers)
        guard change != .none, !wasToLookSoon, !turn.errands.isUnderWay(.collect(mailbox.epoch)) else { return }
        turn.mark(change == .loss ? .lookHurriedByLoss : .lookHurriedByDoubt)
        lookSoon(into: mailbox.epoch, &turn)
    }

    /// In a moment, but not sooner after the last look than where nothing is announced: buddies that agree and go at once mustn't
    /// cause one look after the other.
    private mutating func lookSoon(into epoch: Epoch, _ turn: inout Turn) {
        let (now, last) = (turn.now.monotonic, index(epoch).flatMap { mailboxes[$0].lookedAt })
        let pause = last.map { rhythm.interval(now: now) - (now - $0) } ?? .zero
        turn.hasten(.poll(epoch), in: turn.jitter.jittered(max(pause, Collecting.moment)))
    }

    // MARK: What can't be opened

    /// An envelope has been opened, or is useless. If it couldn't be opened before, that is forgotten in the batch in which it is
    /// taken in.
    mutating func envelopeWasOpened(_ envelope: EnvelopeID, _ turn: inout Turn) {
        guard let entry = unopened.remove(envelope) else { return }
        turn.mark(.unopenedEndsAtLast)
        turn.view.removeUnopened([entry])
    }

    /// Forgets what can't be opened and is kept by no buddy any more.
    mutating func forgetExpired(by time: UnixTime, _ turn: inout Turn) {
        turn.view.removeUnopened(unopened.removeExpired(before: time.envelopeDays.lowerBound))
        turn.view.forgetEvidence(before: time.envelopeDays.lowerBound)
    }

    /// Throws away all that can't be opened; returns what that was.
    mutating func removeUnopened(_ turn: inout Turn) -> [UnopenedEntry] {
        let entries = unopened.removeAll()
        turn.view.removeUnopened(entries)
        return entries
    }

    // MARK: Discarding

    /// Has the buddies told soon that an envelope is done, together with others; the same one not again for a while.
    mutating func discard(_ envelope: EnvelopeID, expiry: Day, in epoch: Epoch, _ turn: inout Turn) {
        guard let index = index(epoch) else { return }
        mailboxes[index].ignore(envelope, until: turn.now.monotonic + OwnMailbox.patience)
        mailboxes[index].queueTombstone(for: envelope, expiry: expiry)
        guard !turn.errands.isUnderWay(.discard(epoch)), !turn.agenda.contains(.discard(epoch)) else { return }
        turn.schedule(.discard(epoch), in: turn.isLeaving ? .zero : OwnMailbox.gathering)
    }

    /// Tells the buddies of a mailbox which envelopes are done.
    mutating func discardIsDue(in epoch: Epoch, _ turn: inout Turn) {
        guard let index = index(epoch), !turn.errands.isUnderWay(.discard(epoch)),
            !mailboxes[index].tombstones.isEmpty
        else { return }
        let tombstones = mailboxes[index].removeTombstones()
        let mailbox = mailboxes[index]
        turn.command(
            .discard(mailbox: mailbox.location, key: mailbox.signer.key, tombstones: tombstones), for: .discard(epoch))
    }

    /// The buddies were told. Whatever fell short is offered again, and then discarded again.
    mutating func discardFinished(_ command: CommandID, _ turn: inout Turn) {
        guard case .discard(let epoch)? = turn.errands[command] else { return }
        turn.end(command)
        discardIsDue(in: epoch, &turn)
    }

    /// Whether buddies are to hear of envelopes that are done.
    func owesBuddies(_ errands: Errands) -> Bool {
        mailboxes.contains { !$0.tombstones.isEmpty || errands.isUnderWay(.discard($0.epoch)) }
    }

    /// Tells all buddies now what they are to hear.
    mutating func hurry(_ turn: inout Turn) {
        for mailbox in mailboxes { discardIsDue(in: mailbox.epoch, &turn) }
    }
}
