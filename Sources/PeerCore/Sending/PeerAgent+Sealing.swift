import Basics
import Conversations
import Exchange

/// Sealing anew what the recipient can't open any more, or has not confirmed: to what they publish now.
extension PeerAgent {
    /// Decides what becomes of an envelope when its recipient's present record is known.
    mutating func isToBeSealedAnew(_ id: MessageID, _ record: PeerRecord?, _ now: Now) -> Bool {
        guard let record, var entry = pendingMessages[id]?.entry, var sealing = entry.sealing else { return false }
        let outcome = sealing.judge(record, isStored: entry.state == .stored, now: now.utc)
        if outcome == .watch {
            entry.sealing = sealing
            entry.deposits = 0
            pendingMessages[id]?.entry = entry
            view.putOutboxEntry(id, entry)
        }
        return outcome == .sealAnew
    }

    /// A peer's record has come: what was sealed to a prekey that it replaces doesn't wait for its time.
    mutating func hurrySuperseded(by record: PeerRecord, _ now: Now) {
        let superseded = pendingMessages.values.filter { pending in
            guard pending.entry.to == record.peer, pending.phase == .resting, var sealing = pending.entry.sealing,
                sealing.isSuperseded(by: record)
            else { return false }
            return sealing.judge(record, isStored: false, now: now.utc) == .sealAnew
        }
        for pending in superseded.sorted(by: { $0.entry.sequence < $1.entry.sequence }) { becomeReady(pending.id) }
    }
}

extension OutboxEntry {
    /// It was sealed for the mailbox of an epoch, for the first time or anew.
    mutating func wasSealed(to record: PeerRecord, in epoch: Epoch, at now: UnixTime) {
        self.epoch = epoch
        guard sealing != nil else {
            sealing = Sealing(record, at: now)
            return
        }
        sealing?.sealedAnew(to: record, at: now)
        storedAt = nil
        deposits = 0
    }

    /// What a deposit that has ended says of the envelope: `stored n of k` is what is known now.
    mutating func learn(_ tally: Tally, isCollected: Bool, _ now: UnixTime) {
        guard kind == .message, state.isUnderWay else { return }
        if isCollected {
            sealing?.collected(at: now)
            state = .collected
            via = .mailbox
            reason = "It was fetched from the mailbox, but not confirmed; it is sent anew if no receipt comes."
        } else if state == .stored, !tally.hasQuorum, tally.found > 0 {
            buddies = tally.done
            of = tally.found
            reason = Failure(tally).sentence
        }
    }
}
