import Basics
import Conversations
import Exchange

/// Looking up what peers have published.
///
/// A record lies in the present epoch where its owner has been online in this one or the last, so that this epoch is asked
/// first, alone. Only where it has none are the others asked, all at once: the two before it, whose records are still valid,
/// for owners who have been away for long, and the next for a reader whose clock is behind.
extension PeerAgent {
    /// How long nobody is asked again about the other epochs after all said that there is nothing: owners who come back
    /// publish in the present one.
    private static let furtherPause = Duration.seconds(3_600)

    /// The epochs other than the present one in which a usable record may lie.
    private static func furtherEpochs(_ present: Epoch) -> [Epoch] {
        [-1, -2, 1].map { present.advanced(by: $0) }
    }

    /// Finds a peer's record for a parcel: one found lately, or by lookups that all parcels to this peer share.
    mutating func findRecord(of peer: PeerID, for parcel: MessageID, _ now: Now, _ outbox: inout PeerOutbox) {
        var entry = records[peer]
        if let record = entry.record, let foundAt = entry.foundAt, record.validUntil > now.utc,
            now.monotonic - foundAt < (record.contacts.isEmpty ? Limits.recordCacheTimeAway : Limits.recordCacheTime)
        {
            return recordFound(record, for: parcel, now, &outbox)
        }
        entry.waiting.append(parcel)
        if entry.lookups.isEmpty {
            entry.looksFurther = false
            entry.wasAnswered = false
            lookUp([now.utc.epoch], &entry, now, &outbox)
        } else {
            records[peer] = entry
        }
    }

    /// Asks for the records of epochs. Where none can be asked for, the parcels that wait are told.
    private mutating func lookUp(
        _ epochs: [Epoch], _ entry: inout RecordCache.Entry, _ now: Now, _ outbox: inout PeerOutbox
    ) {
        for epoch in epochs {
            guard let key = entry.peer.blindedKey(for: .record, epoch: epoch, suite: suite) else { continue }
            let command = errands.begin(.record(entry.peer))
            entry.lookups.append((command, epoch))
            outbox.commands.append((command, .fetchRecord(at: key.location)))
        }
        records[entry.peer] = entry
        if entry.lookups.isEmpty { endLookup(&entry, now, &outbox) }
    }

    /// Tells the parcels that wait what was found, or is remembered.
    private mutating func endLookup(_ entry: inout RecordCache.Entry, _ now: Now, _ outbox: inout PeerOutbox) {
        for lookup in entry.lookups {
            errands.end(lookup.command)
            outbox.commands.append((errands.unanswered(), .cancel(lookup.command)))
        }
        entry.lookups = []
        let waiting = entry.waiting
        entry.waiting = []
        records[entry.peer] = entry
        let usable = entry.record.flatMap { $0.validUntil > now.utc ? $0 : nil }
        for parcel in waiting { recordFound(usable, for: parcel, now, &outbox) }
    }

    mutating func recordFetched(
        _ command: CommandID, _ bytes: [UInt8]?, answered: Int, _ now: Now, _ outbox: inout PeerOutbox
    ) {
        guard case .record(let peer)? = errands[command] else { return }
        errands.end(command)
        var entry = records[peer]
        guard let index = entry.lookups.firstIndex(where: { $0.command == command }) else { return }
        let epoch = entry.lookups.remove(at: index).epoch
        if answered > 0 { entry.wasAnswered = true }
        if let bytes,
            let record = try? PeerRecord(verifying: bytes, of: peer, epoch: epoch, suite: suite, now: now.utc)
        {
            entry.record = record
            entry.foundAt = now.monotonic
            entry.missedFurtherAt = nil
            hurrySuperseded(by: record, now)
            return endLookup(&entry, now, &outbox)
        }
        if entry.looksFurther {
            // One that nobody answered proves nothing.
            entry.missedFurtherAt = answered > 0 ? entry.missedFurtherAt : nil
            guard entry.lookups.isEmpty else {
                records[peer] = entry
                return
            }
            endLookup(&entry, now, &outbox)
        } else if answered > 0, entry.missedFurtherAt.map({ now.monotonic - $0 >= PeerAgent.furtherPause }) ?? true {
            entry.looksFurther = true
            entry.missedFurtherAt = now.monotonic
            lookUp(PeerAgent.furtherEpochs(epoch), &entry, now, &outbox)
        } else {
            endLookup(&entry, now, &outbox)
        }
    }
}
