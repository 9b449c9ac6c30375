import Basics
import Conversations
import Cryptography
import Exchange
import Storage
import Wire

/// Publishes this person's records, and the policies of their mailboxes: first it reads what is there, then it makes new
/// prekeys and sequence numbers durable, then it brings the records to their places.
struct Publishing {
    private let profile: ProfileKey
    private let suite: CipherSuite
    private var publication = Publication()
    private var secondCopy = SecondCopy()
    /// The prekeys with which mail may still arrive.
    private(set) var prekeys = PrekeyRing()
    /// What was read of how this person's data went on, by this copy of them or another; until all is read.
    private var found = FoundContinuity()
    /// Whether this start of the program was counted.
    private var isStartCounted = false

    init(profile: ProfileKey, suite: CipherSuite) {
        self.profile = profile
        self.suite = suite
    }

    /// When another copy of this profile was seen to publish; nil where none was lately.
    var sighting: SecondCopySighting? { secondCopy.sighting }

    // MARK: What happens

    /// Begins with what the store holds, and publishes after a pause if the node has joined.
    mutating func load(pause: Duration, _ turn: inout Turn) {
        prekeys = turn.view.prekeyRing(suite)
        publication = Publication(contact: publication.contact)
        secondCopy = turn.view.secondCopy()
        found = FoundContinuity()
        isStartCounted = false
        turn.stand(in: turn.view.continuity().generation, isNewest: false)
        if turn.isJoined { turn.schedule(.publish, in: pause) }
    }

    mutating func nodeHasJoined(_ turn: inout Turn) {
        publication.resetInterval()
        // A record that names no endpoint would send its first readers to the mailbox for as long as they remember it.
        turn.schedule(.publish, in: publication.contact == nil ? Publication.patience : .zero)
    }

    /// Others reach this person's node somewhere else than before, or nowhere.
    mutating func nodeIsReached(at contact: Contact?, _ turn: inout Turn) {
        if publication.changeContact(to: contact), turn.isJoined { turn.schedule(.publish, in: .zero) }
    }

    /// The clock can be used.
    func clockIsUsable(_ turn: inout Turn) {
        if turn.isJoined, publication.isWaitingForClock { turn.schedule(.publish, in: .zero) }
    }

    /// A new epoch has begun. There is mostly no hurry: its record has been out for days, unless the machine slept.
    func epochHasBegun(_ turn: inout Turn) {
        if turn.isJoined, !publication.covers(turn.now.utc.epoch) { turn.schedule(.publish, in: .zero) }
    }

    /// The network is another.
    mutating func startOver(_ turn: inout Turn) { turn.schedule(.publish, in: publication.startOver()) }

    /// Forgets the prekeys with which nothing can arrive any more.
    mutating func forgetPrekeys(by time: UnixTime, _ turn: inout Turn) {
        for prekey in prekeys.removeOutdated(today: time.day) {
            turn.view.remove(.profile, ProfileTable.prekeyKey(prekey.day))
        }
    }

    /// It is time to publish.
    mutating func isDue(_ turn: inout Turn) {
        if goesOnByMail(turn) {
            goOn(by: FoundContinuity(), &turn)
            publication.setOutdated()
        }
        // The epochs that are, or will be, published: the records of the past are not to be replaced.
        let epochs = [turn.now.utc.epoch, turn.now.utc.epoch.advanced(by: 1)]
        switch publication.begin(isClockUsable: turn.clock.isUsable, reads: epochs.count) {
        case .waitForClock:
            turn.mark(.publishingWaitsForClock)
            turn.steps.add(.publicationWaits, of: nil)
        case .waitForEnd:
            turn.mark(.publishingDueUnderWay)
            turn.hasten(.publish, in: publication.interval)
        case .read:
            scheduleNext(&turn)
            for epoch in epochs {
                turn.command(.fetchRecord(at: location(of: epoch)), for: .readOwnRecord(epoch))
            }
        case .write:
            scheduleNext(&turn)
            writeRecords(&turn)
        }
    }

    private mutating func scheduleNext(_ turn: inout Turn) {
        turn.schedule(.publish, in: turn.jitter.jittered(publication.takeInterval()))
    }

    private func location(of epoch: Epoch) -> Location { profile.blinded(for: .record, epoch: epoch).location }

    // MARK: Reading before writing

    /// Takes over a sequence number that is higher than the last one known here: this data directory is an old copy, or
    /// another copy of it runs as well.
    mutating func ownRecordFetched(
        _ command: CommandID, _ bytes: [UInt8]?, answered: Int, _ turn: inout Turn
    ) {
        guard case .readOwnRecord(let epoch)? = turn.errands[command] else { return }
        turn.end(command)
        var sequence: UInt64?
        if let bytes,
            let record = SignedRecord.verified(bytes, at: location(of: epoch), now: turn.now.utc, suite: suite)
        {
            watchForSecondCopy(record, bytes, epoch, &turn)
            sequence = record.sequence
            found.read(own(bytes, epoch, turn.now.utc)?.continuity)
        }
        if answered > 0 { found.isAnswered = true }
        guard publication.recordRead(answered: answered, sequence: sequence) else { return }
        if found.isAnswered { goOn(by: found, &turn) }
        found = FoundContinuity()
        writeRecords(&turn)
    }

    /// Somebody accepted has sealed what can't be opened here: their data are an older copy, or these are. Once others know of the next
    /// generation, neither side seals in a session of before.
    mutating func dataMayBeOlder(_ turn: inout Turn) {
        // Until then senders may not have heard of the present generation, which explains it.
        guard generationSeconds(turn) >= Limits.generationUnheardSeconds else { return }
        turn.view.put(.profile, ProfileTable.unopenedMail, [])
        if goesOnByMail(turn) { turn.schedule(.publish, in: .zero) }
    }

    /// How old the present generation is.
    private func generationSeconds(_ turn: Turn) -> UInt64 {
        let begunAt = UnixTime(seconds: Int64(clamping: turn.view.number(.profile, ProfileTable.generationBegun)))
        return turn.now.utc.seconds(since: begunAt).magnitude
    }

    /// Whether the next generation is to begin because of mail.
    private func goesOnByMail(_ turn: Turn) -> Bool {
        isStartCounted && turn.view.contains(.profile, ProfileTable.unopenedMail)
            && generationSeconds(turn) >= Limits.generationPauseSeconds
    }

    /// Counts this start, and begins a new generation where these data may not be the newest.
    private mutating func goOn(by found: FoundContinuity, _ turn: inout Turn) {
        let known = turn.view.continuity()
        let isStart = !isStartCounted
        isStartCounted = true
        let hasUnopenedMail = goesOnByMail(turn)
        guard let next = found.next(after: known, isStart: isStart, hasUnopenedMail: hasUnopenedMail) else { return }
        if next.generation != known.generation {
            turn.mark(hasUnopenedMail ? .generationBegunByMail : .olderCopyGoesOn)
            turn.view.putNumber(.profile, ProfileTable.generationBegun, UInt64(clamping: turn.now.utc.seconds))
            turn.view.remove(.profile, ProfileTable.unopenedMail)
        }
        if next != known { turn.view.putContinuity(next) }
        turn.stand(in: next.generation, isNewest: true)
    }

    private func own(_ bytes: [UInt8], _ epoch: Epoch, _ now: UnixTime) -> PeerRecord? {
        try? PeerRecord(verifying: bytes, of: profile.peerID, epoch: epoch, suite: suite, now: now)
    }

    /// A verified record was read at a location of this person's own key.
    private mutating func watchForSecondCopy(
        _ record: SignedRecord, _ bytes: [UInt8], _ epoch: Epoch, _ turn: inout Turn
    ) {
        let last = SecondCopy.Published(
            sequence: turn.view.number(.profile, ProfileTable.sequence),
            bytes: publication.records.first { $0.epoch == epoch }?.bytes)
        let now = turn.now.utc
        guard SecondCopy.isForeign(record, bytes, to: last, isOwnPrekey: isOwnPrekey(in: bytes, epoch, now)) else {
            return
        }
        turn.mark(.secondCopySeen)
        found.isForeign = true
        secondCopy.seen(at: now)
        if let sighting { turn.view.put(.profile, ProfileTable.secondCopy, sighting.encoded) }
    }

    /// Whether a record names the prekey that is held here for its epoch.
    private func isOwnPrekey(in bytes: [UInt8], _ epoch: Epoch, _ now: UnixTime) -> Bool {
        guard let record = own(bytes, epoch, now), let prekey = prekeys[record.prekeyDay] else { return false }
        return prekey.publicKey == record.prekey
    }

    // MARK: Writing

    private mutating func writeRecords(_ turn: inout Turn) {
        guard let epochs = publication.epochsToBuild(turn.now.utc, of: profile) else {
            return bringRecords(&turn)
        }
        buildRecords(epochs, &turn)
    }

    private mutating func buildRecords(_ epochs: [Epoch], _ turn: inout Turn) {
        let known = turn.view.number(.profile, ProfileTable.sequence)
        if publication.highestSequence > known { turn.mark(.higherSequenceFound) }
        let last = max(known, publication.highestSequence)
        // At least the time, in case no node that answered had the newest. A clock that was ahead does no harm: from a
        // number of the future it goes on by one.
        let sequence = max(
            last.addingReportingOverflow(1).overflow ? last : last + 1, UInt64(clamping: turn.now.utc.seconds))
        let ticket = turn.view.putNumber(.profile, ProfileTable.sequence, sequence)
        var records: [Publication.Record] = []
        let prekey = prekey(&turn)
        let continuity = turn.view.continuity()
        for epoch in epochs {
            let validUntil = Publication.validUntil(epoch, turn.now.utc)
            let bytes = PeerRecord.publish(
                profile, suite: suite, epoch: epoch, prekey: prekey, continuity: continuity,
                contacts: publication.contact.map { [$0] } ?? [], for: turn.endpointReaders, sequence: sequence,
                validUntil: validUntil, generator: &turn.secrets)
            let policy = MailboxPolicy(
                deliveryKeys: [DeliverySecret(of: profile).signer(in: epoch, suite: suite).publicKey]
            ).encode(sequence: sequence, validUntil: validUntil, signer: profile.blinded(for: .mailbox, epoch: epoch))
            records.append(
                Publication.Record(
                    epoch: epoch, day: prekey.day, bytes: bytes, policy: policy, validUntil: validUntil))
        }
        publication.built(records, under: sequence)
        // The prekey was put before in the same batch: one commit makes all durable.
        turn.after(ticket, .ownRecords)
    }

    /// The prekey of this day.
    private mutating func prekey(_ turn: inout Turn) -> Prekey {
        let day = turn.now.utc.day
        if let prekey = prekeys[day] { return prekey }
        let prekey = Prekey(day: day, suite: suite, generator: &turn.secrets)
        prekeys.insert(prekey)
        turn.view.putPrekey(prekey)
        return prekey
    }

    /// What others need in order to use the new records is durable: they may not be published before.
    mutating func recordsAreDurable(_ turn: inout Turn) { bringRecords(&turn) }

    private mutating func bringRecords(_ turn: inout Turn) {
        switch publication.publish(isWatched: sighting != nil, now: turn.now) {
        case .check(let record):
            turn.mark(.publicationChecked)
            turn.command(
                .checkRecord(at: location(of: record.epoch), record: record.bytes), for: .publish(record.epoch))
        case .all(let records, let withPolicies):
            for record in records {
                turn.command(
                    .publishRecord(at: location(of: record.epoch), record: record.bytes), for: .publish(record.epoch))
                guard withPolicies else { continue }
                let mailbox = profile.blinded(for: .mailbox, epoch: record.epoch).location
                turn.command(.publishRecord(at: mailbox, record: record.policy), for: .publish(record.epoch))
            }
        }
    }

    /// A record or a policy was brought to its keepers.
    mutating func recordPublished(_ command: CommandID, _ tally: Tally, _ turn: inout Turn) {
        guard case .publish? = turn.errands[command] else { return }
        turn.end(command)
        turn.steps.add(.published(tally), of: nil)
        switch publication.recordPublished(tally, now: turn.now.monotonic) {
        case .goesOn: break
        case .fellShort(let times, let isAlone):
            turn.mark(isAlone ? .publishingFindsNobody : .publishingFellShort)
            let longest = isAlone ? Backoff.whileAlone : Backoff.longest
            turn.schedule(.publish, in: Backoff.afterFailures(times, upTo: longest, &turn.jitter))
        case .refusedWithoutProof: turn.mark(.publicationRefusedWithoutProof)
        case .outdated:
            turn.mark(.publishedOutdated)
            turn.schedule(.publish, in: .zero)
        case .lacking:
            turn.mark(.publicationLacking)
            turn.schedule(.publish, in: .zero)
        case .done:
            // No node held newer ones.
            guard turn.clock.isUsable, secondCopy.publishedUndisturbed(at: turn.now.utc) else { return }
            turn.view.remove(.profile, ProfileTable.secondCopy)
        }
    }
}
