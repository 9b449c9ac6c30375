import Basics
import Conversations
import Cryptography
import Exchange
import Storage
import Wire

/// Publishing this person's records: first reading what is there, then making prekeys and sequence numbers durable where
/// they are new, then bringing them to their places.
extension PeerAgent {
    /// Others reach this person's node somewhere else than before, or nowhere.
    mutating func publish(contact: Contact?, _ now: Now) {
        if publication.changeContact(to: contact), isJoined { agenda.set(.publish, at: now.monotonic) }
    }

    mutating func publish(_ now: Now, _ outbox: inout PeerOutbox) {
        // The epochs that are, or will be, published: the records of the past are nobody's to replace.
        let epochs = [now.utc.epoch, now.utc.epoch.advanced(by: 1)]
        switch publication.begin(isClockUsable: clock.isUsable, reads: epochs.count) {
        case .waitForClock: steps.add(.publicationWaits, of: nil)
        case .waitForEnd: break
        case .read:
            setNextPublication(now)
            readOwnRecords(epochs, &outbox)
        case .write:
            setNextPublication(now)
            writeRecords(now, &outbox)
        }
    }

    private mutating func setNextPublication(_ now: Now) {
        agenda.set(.publish, at: now.monotonic + jitter.jittered(publication.takeInterval()))
    }

    // MARK: Reading before writing

    private mutating func readOwnRecords(_ epochs: [Epoch], _ outbox: inout PeerOutbox) {
        for epoch in epochs {
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
        let location = profile.blinded(for: .record, epoch: epoch).location
        var sequence: UInt64?
        if let bytes, let record = SignedRecord.verified(bytes, at: location, now: now.utc, suite: suite) {
            watchForSecondCopy(record, bytes, epoch, now)
            sequence = record.sequence
        }
        if publication.recordRead(answered: answered, sequence: sequence) { writeRecords(now, &outbox) }
    }

    // MARK: Writing

    private mutating func writeRecords(_ now: Now, _ outbox: inout PeerOutbox) {
        guard let epochs = publication.epochsToBuild(now.utc, of: profile) else { return publishBuiltRecords(&outbox) }
        awaited.append((buildRecords(epochs, now), .publish))
    }

    private mutating func buildRecords(_ epochs: [Epoch], _ now: Now) -> Ticket {
        let last = max(view.number(.profile, ProfileTable.sequence), publication.highestSequence)
        // At least the time, in case that nobody who answered had the newest. A clock that was ahead does no harm: from a
        // number of the future it goes on by one.
        let sequence = max(
            last.addingReportingOverflow(1).overflow ? last : last + 1, UInt64(clamping: now.utc.seconds))
        let ticket = view.putNumber(.profile, ProfileTable.sequence, sequence)
        var records: [Publication.Record] = []
        for epoch in epochs {
            let validUntil = Publication.validUntil(epoch, now.utc)
            let bytes = PeerRecord.publish(
                profile, suite: suite, epoch: epoch, prekey: prekey(of: epoch),
                contacts: publication.contact.map { [$0] } ?? [], sequence: sequence, validUntil: validUntil,
                generator: &secrets)
            records.append(Publication.Record(epoch: epoch, bytes: bytes, validUntil: validUntil))
        }
        publication.built(records)
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
        for record in publication.publish() {
            let command = errands.begin(.publish(record.epoch))
            let location = profile.blinded(for: .record, epoch: record.epoch).location
            outbox.commands.append((command, .publishRecord(at: location, record: record.bytes)))
        }
    }

    mutating func recordPublished(_ command: CommandID, _ tally: Tally, _ now: Now) {
        guard case .publish? = errands[command] else { return }
        errands.end(command)
        steps.add(.published(tally), of: nil)
        switch publication.recordPublished(tally) {
        case .goesOn: break
        case .fellShort(let times, let isAlone):
            let longest = isAlone ? Backoff.whileAlone : Backoff.longest
            agenda.set(.publish, at: now.monotonic + Backoff.afterFailures(times, upTo: longest, &jitter))
        case .outdated: agenda.set(.publish, at: now.monotonic)
        case .done: forgetSecondCopy(now)
        }
    }
}
