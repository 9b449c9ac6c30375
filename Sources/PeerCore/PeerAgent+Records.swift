import Basics
import Conversations
import Exchange

/// Looking up what peers have published.
extension PeerAgent {
    /// Finds a peer's record for a parcel: one found lately, or by a lookup that all parcels to this peer share.
    mutating func findRecord(of peer: PeerID, for parcel: MessageID, _ now: Now, _ outbox: inout PeerOutbox) {
        var entry = records[peer]
        if let record = entry.record, let foundAt = entry.foundAt, record.validUntil > now.utc,
            now.monotonic - foundAt < (record.contacts.isEmpty ? Limits.recordCacheTimeAway : Limits.recordCacheTime)
        {
            return recordFound(record, for: parcel, now, &outbox)
        }
        entry.waiting.append(parcel)
        if entry.lookup == nil {
            let epoch = now.utc.epoch
            entry.epochsLeft = [epoch, epoch.advanced(by: -1), epoch.advanced(by: -2)]
            lookUp(&entry, now, &outbox)
        } else {
            records[peer] = entry
        }
    }

    /// Asks for the record of the next epoch, or tells the parcels that wait when there is none left to ask for.
    private mutating func lookUp(_ entry: inout RecordCache.Entry, _ now: Now, _ outbox: inout PeerOutbox) {
        if let epoch = entry.epochsLeft.first,
            let key = entry.peer.blindedKey(for: .record, epoch: epoch, suite: suite)
        {
            let command = errands.begin(.record(entry.peer))
            entry.lookup = command
            outbox.commands.append((command, .fetchRecord(at: key.location)))
            records[entry.peer] = entry
        } else {
            let waiting = entry.waiting
            entry.waiting = []
            entry.lookup = nil
            records[entry.peer] = entry
            let usable = entry.record.flatMap { $0.validUntil > now.utc ? $0 : nil }
            for parcel in waiting { recordFound(usable, for: parcel, now, &outbox) }
        }
    }

    mutating func recordFetched(
        _ command: CommandID, _ bytes: [UInt8]?, answered: Int, _ now: Now, _ outbox: inout PeerOutbox
    ) {
        guard case .record(let peer)? = errands[command] else { return }
        errands.end(command)
        var entry = records[peer]
        guard entry.lookup == command, let epoch = entry.epochsLeft.first else { return }
        entry.epochsLeft.removeFirst()
        entry.wasAnswered = answered > 0
        if let bytes,
            let record = try? PeerRecord(verifying: bytes, of: peer, epoch: epoch, suite: suite, now: now.utc)
        {
            entry.record = record
            entry.foundAt = now.monotonic
            entry.epochsLeft = []
        } else if answered == 0 {
            // Nobody could be asked, and nobody could be about the other epochs.
            entry.epochsLeft = []
        }
        lookUp(&entry, now, &outbox)
    }
}
