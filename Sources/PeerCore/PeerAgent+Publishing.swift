import Basics
import Conversations
import Cryptography
import Exchange
import Wire

/// Publishing this person's records: first reading what is there, then making prekeys and sequence numbers durable where
/// they are new, then bringing them to their places.
extension PeerAgent {
    /// Others reach this person's node somewhere else than before, or nowhere.
    mutating func publish(contact: Contact?, _ now: Now) {
        guard publication.contact != contact else { return }
        publication.contact = contact
        publication.isOutdated = true
        publication.startOver()
        if isJoined { agenda.set(.publish, at: now.monotonic) }
    }

    mutating func publish(_ now: Now, _ outbox: inout PeerOutbox) {
        publication.isWaitingForClock = !clock.isUsable
        guard clock.isUsable else { return steps.add(.publicationWaits, of: nil) }
        guard publication.underWay == 0, !publication.isBeingWritten else {
            // Once more, as soon as this has ended.
            publication.isOutdated = true
            return
        }
        agenda.set(.publish, at: now.monotonic + jitter.jittered(publication.takeInterval()))
        if publication.hasRead { writeRecords(now, &outbox) } else { readOwnRecords(now, &outbox) }
    }

    // MARK: Reading before writing

    /// Asks for the own records of the epochs that are, or will be, published: those of the past are nobody's to replace.
    private mutating func readOwnRecords(_ now: Now, _ outbox: inout PeerOutbox) {
        publication.hasRead = true
        for epoch in [now.utc.epoch, now.utc.epoch.advanced(by: 1)] {
            publication.underWay += 1
            let location = profile.blinded(for: .record, epoch: epoch).location
            outbox.commands.append((errands.begin(.readOwnRecord(epoch)), .fetchRecord(at: location)))
        }
    }

    /// Takes over a sequence number that is higher than the last one known here: this data directory is an old copy, or
    /// another copy of it runs as well.
    mutating func ownRecordFetched(
        _ command: CommandID, _ bytes: [UInt8]?, answered: Int, _ now: Now, _ outbox: inout PeerOutbox
    ) {
        guard case .readOwnRecord(let epoch)? = errands[command] else { return }
        errands.end(command)
        publication.underWay -= 1
        // Where nobody answered there is nobody to publish to either; the next attempt begins here again.
        if answered == 0 { publication.hasRead = false }
        let location = profile.blinded(for: .record, epoch: epoch).location
        if let bytes, let record = SignedRecord.verified(bytes, at: location, now: now.utc, suite: suite) {
            watchForSecondCopy(record, bytes, epoch, now)
            publication.highestSequence = max(publication.highestSequence, record.sequence)
        }
        if publication.underWay == 0 { writeRecords(now, &outbox) }
    }

    // MARK: Writing

    private mutating func writeRecords(_ now: Now, _ outbox: inout PeerOutbox) {
        let epochs = Publication.epochs(now.utc, of: profile)
        guard !publication.isCurrent(epochs, now.utc) else { return publishBuiltRecords(&outbox) }
        let ticket = buildRecords(epochs, now)
        publication.isOutdated = false
        publication.isBeingWritten = true
        awaited.append((ticket, .publish))
    }

    private mutating func buildRecords(_ epochs: [Epoch], _ now: Now) -> Ticket {
        let last = max(view.number(.profile, ProfileTable.sequence), publication.highestSequence)
        // At least the time, in case that nobody who answered had the newest. A clock that was ahead does no harm: from a
        // number of the future it goes on by one.
        let sequence = max(
            last.addingReportingOverflow(1).overflow ? last : last + 1, UInt64(clamping: now.utc.seconds))
        let ticket = view.putNumber(.profile, ProfileTable.sequence, sequence)
        publication.records = epochs.map { epoch in
            let validUntil = Publication.validUntil(epoch, now.utc)
            let bytes = PeerRecord.publish(
                profile, suite: suite, epoch: epoch, prekey: prekey(of: epoch),
                contacts: publication.contact.map { [$0] } ?? [], sequence: sequence, validUntil: validUntil,
                generator: &secrets)
            return Publication.Record(epoch: epoch, bytes: bytes, validUntil: validUntil)
        }
        // The prekeys were put before or after in the same batch: one commit makes all durable.
        return ticket
    }

    private mutating func prekey(of epoch: Epoch) -> Prekey {
        if let prekey = prekeys[epoch] { return prekey }
        let prekey = Prekey(epoch: epoch, secret: secrets.secretKey())
        prekeys.insert(prekey)
        unopenedMail.retryAll()
        view.put(.profile, ProfileTable.prekeyKey(epoch), prekey.secret.exposedBytes.array)
        return prekey
    }

    /// Publishes the records, whose prekeys are durable.
    mutating func publishBuiltRecords(_ outbox: inout PeerOutbox) {
        publication.isBeingWritten = false
        publication.hasFallenShort = false
        for record in publication.records {
            let command = errands.begin(.publish(record.epoch))
            publication.underWay += 1
            let location = profile.blinded(for: .record, epoch: record.epoch).location
            outbox.commands.append((command, .publishRecord(at: location, record: record.bytes)))
        }
    }

    mutating func recordPublished(_ command: CommandID, _ tally: Tally, _ now: Now) {
        guard case .publish? = errands[command] else { return }
        errands.end(command)
        publication.underWay -= 1
        steps.add(.published(tally), of: nil)
        if !tally.hasQuorum { publication.hasFallenShort = true }
        // Somebody holds a higher sequence number of ours that nobody told of when it was read: read again.
        if tally.refusal == .stale {
            publication.isOutdated = true
            publication.hasRead = false
        }
        guard publication.underWay == 0 else { return }
        publication.failures = publication.hasFallenShort ? publication.failures + 1 : 0
        if publication.hasFallenShort {
            let longest = tally.found == 0 ? Backoff.whileAlone : Backoff.longest
            let delay = Backoff.afterFailures(publication.failures, upTo: longest, &jitter)
            agenda.set(.publish, at: now.monotonic + delay)
        } else if publication.isOutdated {
            agenda.set(.publish, at: now.monotonic)
        } else {
            forgetSecondCopy(now)
        }
    }
}
