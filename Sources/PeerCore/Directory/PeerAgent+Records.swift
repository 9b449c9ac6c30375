import Basics
import Conversations
import Exchange

/// Looking up what peers have published: `RecordLookup` says whom to ask, and this asks.
extension PeerAgent {
    /// Finds a peer's record for a pending message: one found lately, or by lookups that all messages to this peer share.
    mutating func findRecord(of peer: PeerID, for pending: MessageID, _ now: Now, _ outbox: inout PeerOutbox) {
        var lookup = records[peer]
        switch lookup.request(for: pending, now: now) {
        case .found(let record): recordFound(record, for: pending, now, &outbox)
        case .look(let epoch): ask([epoch], &lookup, now, &outbox)
        case .wait: records[peer] = lookup
        }
    }

    /// Asks for the records of epochs. Where none can be asked for, the messages that wait are told.
    private mutating func ask(
        _ epochs: [Epoch], _ lookup: inout RecordLookup, _ now: Now, _ outbox: inout PeerOutbox
    ) {
        for epoch in epochs {
            guard let key = lookup.peer.blindedKey(for: .record, epoch: epoch, suite: suite) else { continue }
            outbox.commands.append((errands.begin(.record(lookup.peer, epoch)), .fetchRecord(at: key.location)))
            lookup.began(epoch)
        }
        records[lookup.peer] = lookup
        if !lookup.isUnderWay { endLookup(&lookup, now, &outbox) }
    }

    /// Tells the messages that wait what was found, or is remembered.
    private mutating func endLookup(_ lookup: inout RecordLookup, _ now: Now, _ outbox: inout PeerOutbox) {
        let (epochs, waiting) = lookup.end()
        for epoch in epochs { errands.cancel(.record(lookup.peer, epoch), &outbox) }
        records[lookup.peer] = lookup
        let usable = lookup.record.flatMap { $0.validUntil > now.utc ? $0 : nil }
        for pending in waiting { recordFound(usable, for: pending, now, &outbox) }
    }

    mutating func recordFetched(
        _ command: CommandID, _ bytes: [UInt8]?, answered: Int, _ now: Now, _ outbox: inout PeerOutbox
    ) {
        guard case .record(let peer, let epoch)? = errands[command] else { return }
        errands.end(command)
        var lookup = records[peer]
        let record = bytes.flatMap {
            try? PeerRecord(verifying: $0, of: peer, epoch: epoch, suite: suite, now: now.utc)
        }
        let progress = lookup.answer(of: epoch, record, answered: answered, now: now.monotonic)
        if let record { hurrySuperseded(by: record, now) }
        switch progress {
        case .goesOn: records[peer] = lookup
        case .lookFurther(let epochs): ask(epochs, &lookup, now, &outbox)
        case .over: endLookup(&lookup, now, &outbox)
        }
    }
}
