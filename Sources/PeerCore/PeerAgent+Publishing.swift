import Basics
import Conversations
import Cryptography
import Exchange

/// What this person publishes for those who write to them: a record for this epoch and one for the next.
struct Publication {
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
    /// Publishing that has not ended, and whether any of it fell short.
    var underWay = 0
    var hasFallenShort = false
    var failures = 0

    /// Times it was published since the node joined, or was reachable elsewhere.
    private var times = 0

    init(contact: Contact? = nil) { self.contact = contact }

    /// The node knows others than before, or is known elsewhere: soon it will know better.
    mutating func startOver() { times = 0 }

    /// How long until it is published again, counting this time: ever longer.
    mutating func takeInterval() -> Duration {
        times += 1
        return min(Publication.firstInterval * (1 << (2 * min(times - 1, 8))), Publication.longestInterval)
    }

    /// Nodes come and go: what they keep is refreshed while many of those that got it are still there.
    private static let longestInterval = Duration.seconds(1_200)
    /// A node that has just joined knows few others yet, and may not have found the closest.
    private static let firstInterval = Duration.seconds(15)
    /// How long a node that has just joined waits to hear from others where it can be reached.
    static let patience = Duration.seconds(2)
    /// A record's time is extended when this much is to be gained.
    static let extensionSeconds = UnixTime.secondsPerDay

    /// The time up to which a record for an epoch may be used, if built now.
    static func validUntil(_ epoch: Epoch, _ now: UnixTime) -> UnixTime {
        let lifetime = Int64(Limits.recordDays) * UnixTime.secondsPerDay
        return min(epoch.start.advanced(bySeconds: lifetime), now.advanced(bySeconds: lifetime))
    }

    /// Whether the records are still those that would be built now.
    func isCurrent(_ now: UnixTime) -> Bool {
        !isOutdated && records.map(\.epoch) == [now.epoch, now.epoch.advanced(by: 1)]
            && records.allSatisfy {
                Publication.validUntil($0.epoch, now).seconds - $0.validUntil.seconds < Publication.extensionSeconds
            }
    }
}

extension PeerAgent {
    /// Others reach this person's node somewhere else than before.
    mutating func publish(contact: Contact, _ now: Now) {
        guard publication.contact != contact else { return }
        publication.contact = contact
        publication.isOutdated = true
        publication.startOver()
        if isJoined { agenda.set(.publish, at: now.monotonic) }
    }

    /// Publishes, first building the records and making their prekeys and sequence numbers durable where they are new.
    mutating func publish(_ now: Now, _ outbox: inout PeerOutbox) {
        guard publication.underWay == 0, !publication.isBeingWritten else {
            // Once more, as soon as this has ended.
            publication.isOutdated = true
            return
        }
        agenda.set(.publish, at: now.monotonic + jitter.jittered(publication.takeInterval()))
        guard !publication.isCurrent(now.utc) else { return publishBuiltRecords(&outbox) }
        let ticket = buildRecords(now)
        publication.isOutdated = false
        publication.isBeingWritten = true
        awaited.append((ticket, .publish))
    }

    private mutating func buildRecords(_ now: Now) -> Ticket {
        let last = view.number(.profile, ProfileTable.sequence)
        // By the clock, so that a restored copy of the data directory doesn't fall behind what is published already.
        let sequence = max(last &+ 1, UInt64(clamping: now.utc.seconds))
        let ticket = view.putNumber(.profile, ProfileTable.sequence, sequence)
        publication.records = [now.utc.epoch, now.utc.epoch.advanced(by: 1)].map { epoch in
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
        if !tally.hasQuorum { publication.hasFallenShort = true }
        // Somebody holds a higher sequence number of ours, from a clock that was ahead: the next one is higher.
        if tally.refusal == .stale { publication.isOutdated = true }
        guard publication.underWay == 0 else { return }
        publication.failures = publication.hasFallenShort ? publication.failures + 1 : 0
        if publication.hasFallenShort {
            let longest = tally.found == 0 ? Backoff.whileAlone : Backoff.longest
            let delay = Backoff.afterFailures(publication.failures, upTo: longest, &jitter)
            agenda.set(.publish, at: now.monotonic + delay)
        } else if publication.isOutdated {
            agenda.set(.publish, at: now.monotonic)
        }
    }
}
